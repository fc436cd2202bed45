"""The limits of size never fall below those that were set, and allow for what all lesions of a pair share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.analysis.overview.repeatability import MIN_PAIRS, repeatability, widened

LEAST = np.array([0.2, 0.0645])
logs = st.lists(st.floats(-1, 1), max_size=40).map(np.array)


@given(logs)
def test_limits_are_at_least_those_set_and_the_shift_of_all(ratios: np.ndarray) -> None:
    limits = widened(LEAST, ratios)
    assert (limits >= LEAST).all()
    assert not len(ratios) or (limits >= abs(np.median(ratios))).all()
    assert widened(LEAST, -ratios) == pytest.approx(limits)


def test_nothing_measured_widens_nothing() -> None:
    assert widened(LEAST, np.zeros(0)) is LEAST


@pytest.mark.parametrize("count", [1, MIN_PAIRS - 1])
def test_the_shift_of_few_is_added_and_their_spread_not_trusted(count: int) -> None:
    assert widened(LEAST, np.full(count, -0.1)) == pytest.approx(LEAST + 0.1)


def test_the_limits_that_come_with_the_package_are_one_pixel_and_say_so() -> None:
    known = repeatability()
    assert known.limits == pytest.approx(np.log1p(1 / np.array(known.diameters_px)), rel=5e-3)
    assert "one pixel of diameter, our own choice" in known.basis
