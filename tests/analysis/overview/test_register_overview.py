"""Clouds of lesions are laid onto each other whichever way they are turned, and strangers are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.overview.register import MIN_LESIONS, register
from support.overviews import cloud_of, scattered, turned


@settings(max_examples=6)
@given(st.integers(0, 10_000), st.floats(-180, 180), st.floats(0.75, 1.15))
def test_any_turn_and_scale_is_found(seed: int, degrees: float, scale: float) -> None:
    at = scattered(seed)
    there = turned(at, degrees, scale) + np.random.default_rng(seed).normal(0, 0.3, at.shape)
    found = register(cloud_of(at), cloud_of(there))
    assert found.to_baseline is not None, found.reason
    assert found.points == len(at)
    assert found.scale == pytest.approx(1 / scale, rel=0.02)
    assert (found.turn_deg + degrees + 180) % 360 - 180 == pytest.approx(0, abs=1.5)
    assert np.hypot(*(found.to_baseline(there) - at).T).max() < 2


@pytest.mark.parametrize("seed", range(4))
def test_lesions_of_another_person_are_refused_with_a_remedy(seed: int) -> None:
    found = register(cloud_of(scattered(seed)), cloud_of(scattered(seed + 500)))
    assert found.to_baseline is None
    assert found.log_chance > 0
    assert "different persons" in found.reason
    assert "photograph the whole region again" in found.reason


def test_too_few_lesions_are_refused_by_number() -> None:
    few = scattered(1, MIN_LESIONS - 1)
    found = register(cloud_of(scattered(1)), cloud_of(few))
    assert found.to_baseline is None
    assert f"Only {MIN_LESIONS - 1} pigmented lesions were found in the follow-up" in found.reason


def test_a_mirrored_photograph_is_refused() -> None:
    at = scattered(3)
    assert register(cloud_of(at), cloud_of(at * [-1, 1] + [1000, 0])).to_baseline is None


def test_one_in_five_new_and_missing_does_not_hinder() -> None:
    at = scattered(8, 36)
    found = register(cloud_of(at[:30]), cloud_of(turned(at[6:], 25)))
    assert found.points == 24
