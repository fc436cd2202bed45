"""Levels to reflectance to optical density."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.maps.optical_density import linear_light, optical_density, reflectance, srgb_levels
from augderm.domain.errors import InvalidImage

RNG = np.random.default_rng(1)
LEVELS = RNG.uniform(0.1, 0.8, (3, 12, 10)).astype(np.float32)


def test_every_srgb_level_comes_back_from_linear_light() -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)
    assert np.array_equal(srgb_levels(linear_light(levels)), levels)
    assert linear_light(levels)[188, 0] == pytest.approx(0.5029, abs=1e-3)


@settings(max_examples=25)
@given(st.floats(0.05, 20), st.floats(0, 0.05))
def test_gain_and_dark_level_of_the_camera_cancel(gain: float, dark_level: float) -> None:
    flat = np.linspace(0.5, 1, 10, dtype=np.float32) * np.ones_like(LEVELS)
    dark = np.full_like(LEVELS, dark_level)
    plain = reflectance(LEVELS * flat, None, flat)
    camera = reflectance(gain * LEVELS * flat + dark, dark, gain * flat + dark)
    assert camera == pytest.approx(plain, rel=1e-3)
    assert plain == pytest.approx(LEVELS, rel=1e-4)


def test_a_tenth_of_the_light_is_an_optical_density_of_1() -> None:
    found = optical_density(np.array([1, 0.1, 0.01, 0, -1, np.nan], np.float32))
    assert found[:3] == pytest.approx([0, 1, 2], abs=1e-5)
    assert np.isnan(found[3:]).all()


def test_without_a_flat_a_gain_is_cancelled_too() -> None:
    assert reflectance(7 * LEVELS, None, None) == pytest.approx(reflectance(LEVELS, None, None), rel=1e-5)


def test_a_flat_of_zeros_is_refused_with_the_remedy() -> None:
    flat = np.ones_like(LEVELS)
    flat[1] = 0
    with pytest.raises(InvalidImage, match=r"flat of plane 2 .* 100 % .*white standard"):
        reflectance(LEVELS, None, flat)


def test_a_flat_as_dark_as_the_dark_is_refused() -> None:
    with pytest.raises(InvalidImage, match="no brighter than the dark"):
        reflectance(LEVELS, np.ones_like(LEVELS), np.ones_like(LEVELS))


def test_a_dead_pixel_of_the_flat_is_not_known_and_nothing_else() -> None:
    flat = np.ones_like(LEVELS)
    flat[1, 3, 4] = 0
    found = reflectance(LEVELS, None, flat)
    assert np.isnan(found[1, 3, 4])
    assert np.isfinite(np.delete(found.ravel(), 1 * 120 + 34)).all()


def test_a_plane_without_light_or_saturated_all_over_is_refused() -> None:
    for value, word in ((0.0, "no light"), (np.nan, "saturated")):
        planes = LEVELS.copy()
        planes[2] = value
        with pytest.raises(InvalidImage, match=f"Plane 3 .*{word}"):
            reflectance(planes, None, None)
