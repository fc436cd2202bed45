"""A shift is found to a fraction of a pixel, and not believed between unlike pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.maps.registration import MAX_SHIFT, Shift, find_shift, moved_by, moved_variance


def relief(seed: int, side: int = 96) -> NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(size=(side, side))
    return ndimage.gaussian_filter(noise, 2).astype(np.float32)


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, -4), (-1.3, 2.6), (0.4, 0.2)])
def test_a_known_shift_is_found_to_a_tenth_of_a_pixel(down: float, right: float) -> None:
    fixed = relief(1)
    found = find_shift(fixed, ndimage.shift(fixed, (-down, -right), order=3, mode="nearest"))
    assert (found.down_px, found.right_px) == pytest.approx((down, right), abs=0.1)
    assert found.believed
    assert found.agreement > 0.9


def test_the_contrast_may_fade_and_turn_over() -> None:
    fixed = relief(1)
    found = find_shift(fixed, 5 - 0.2 * ndimage.shift(fixed, (-2, 1), order=3, mode="nearest"))
    assert (found.down_px, found.right_px) == pytest.approx((2, -1), abs=0.1)
    assert found.believed


def test_unlike_pictures_are_not_laid_on_each_other() -> None:
    assert not any(find_shift(relief(seed), relief(seed + 100)).believed for seed in range(8))


def test_a_flat_picture_agrees_with_nothing() -> None:
    found = find_shift(relief(1), np.full((96, 96), np.nan, np.float32))
    assert found.agreement == 0
    assert not found.believed


def test_a_shift_beyond_the_limit_is_not_believed() -> None:
    fixed = relief(1)
    far = 2 * MAX_SHIFT * 96
    assert not find_shift(fixed, np.roll(fixed, -round(far), axis=0)).believed


def test_what_was_not_photographed_is_not_known_after_a_move() -> None:
    moved = moved_by(np.ones((8, 8, 3), np.float32), Shift(2, -1, 1, believed=True))
    assert np.isnan(moved[:2]).all()
    assert np.isnan(moved[:, -1]).all()
    assert (moved[2:, :-1] == 1).all()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -3), (0.5, 0), (-1.3, 2.6), (-0.05, 0.95)])
def test_the_variance_after_a_move_is_what_the_move_leaves_of_the_noise(down: float, right: float) -> None:
    noise = np.random.default_rng(0).normal(0, 2, (200, 200)).astype(np.float32)
    shift = Shift(down, right, 1.0, believed=True)
    moved = moved_by(noise, shift)
    told = moved_variance(np.full_like(noise, 4), shift)
    assert np.array_equal(np.isnan(told), np.isnan(moved))
    assert np.nanmean(told) == pytest.approx(np.nanvar(moved), rel=0.03)
