"""The quick median."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from augderm.analysis.middle import median_of


@given(arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(-150, 150, width=32)))
def test_it_is_numpys_median(values: np.ndarray) -> None:
    before = values.copy()
    assert median_of(values) == np.median(values)
    np.testing.assert_array_equal(values, before)
