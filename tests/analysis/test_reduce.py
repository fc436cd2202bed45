"""Images at the size at which they are measured."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from augderm.analysis.reduce import reduce_to


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 200))
def test_no_side_is_longer_than_wanted_none_vanishes_and_nothing_is_enlarged(
    width: int, height: int, longest: int
) -> None:
    reduced, factor = reduce_to(np.zeros((height, width, 3), np.uint8), longest)
    assert max(reduced.shape[:2]) == min(max(width, height), longest)
    assert min(reduced.shape[:2]) >= 1
    assert factor == min(1.0, longest / max(width, height))


def test_colours_are_averaged_not_picked() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    reduced, _ = reduce_to(stripes, 16)
    assert abs(float(reduced.mean()) - 100) < 3
    assert float(reduced.std()) < 15
