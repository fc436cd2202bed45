"""Combs: the period of even marks, its uncertainty, and refusal of what is not even."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.comb import fit_comb
from augderm.analysis.ticks import Marks


def marks_at(places: NDArray[Any], along: float, lengths: NDArray[Any] | float = 10.0) -> Marks:
    """Marks at right angles to a line through (100, 80)."""
    count = len(places)
    return Marks(
        100 + places * math.cos(along),
        80 + places * math.sin(along),
        np.broadcast_to(lengths, count).astype(float),
        np.full(count, along + math.pi / 2),
        np.full(count, 50.0),
    )


@settings(max_examples=60)
@given(st.floats(5, 50), st.integers(8, 40), st.floats(-math.pi, math.pi), st.integers(0, 10**6))
def test_the_period_is_found_within_its_uncertainty(
    period: float, count: int, along: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    places = np.arange(count) * period + rng.normal(0, 0.2, count)
    comb = fit_comb(marks_at(rng.permutation(places), along), along)
    assert comb
    assert comb.ticks == count
    assert abs(comb.period_px - period) < 5 * comb.period_uncertainty_px
    assert comb.period_uncertainty_px < 0.02 * period


@pytest.mark.parametrize("every", [2, 5, 10])
def test_the_rule_of_the_longer_ticks_is_found(every: int) -> None:
    numbers = np.arange(30)
    lengths = np.where((numbers - 1) % every == 0, 16.0, 9.0)
    comb = fit_comb(marks_at(numbers * 9.0, 0.3, lengths), 0.3)
    assert comb
    assert comb.longer_every == every


@pytest.mark.parametrize("every", [1, 3, 4, 7, 100])
def test_no_other_rule_is_taken(every: int) -> None:
    numbers = np.arange(29)
    lengths = np.where(numbers % every == 0, 16.0, 9.0)
    comb = fit_comb(marks_at(numbers * 9.0, 0.0, lengths), 0.0)
    assert comb
    assert comb.longer_every is None


def test_two_lengths_of_longer_ticks_mean_the_same_as_one() -> None:
    numbers = np.arange(41)
    lengths = np.select([numbers % 10 == 0, numbers % 5 == 0], [18.0, 12.0], 6.0)
    comb = fit_comb(marks_at(numbers * 6.0, 0.0, lengths), 0.0)
    assert comb
    assert comb.longer_every == 5


def test_missing_ticks_and_a_stray_leave_the_period() -> None:
    places = np.append(np.delete(np.arange(20) * 12.0, [3, 9, 10]), 65.0)
    comb = fit_comb(marks_at(places, 0.0), 0.0)
    assert comb
    assert comb.period_px == pytest.approx(12.0, rel=0.01)
    assert comb.ticks == 17


def test_scattered_marks_are_no_comb() -> None:
    for seed in range(60):
        places = np.random.default_rng(seed).uniform(0, 300, 16)
        comb = fit_comb(marks_at(places, 0.0), 0.0)
        # A few may stand evenly by chance, never as many as a ruler has.
        assert comb is None or comb.ticks < 16


def test_too_few_marks_are_no_comb() -> None:
    assert fit_comb(marks_at(np.arange(5) * 10.0, 0.0), 0.0) is None
    assert fit_comb(marks_at(np.zeros(0), 0.0), 0.0) is None
