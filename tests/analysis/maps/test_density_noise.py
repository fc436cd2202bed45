"""The noise of each pixel is told from the pictures, whatever the light and the camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.maps.density_noise import density_variance

SIDE = 128
Y, X = np.mgrid[:SIDE, :SIDE] / SIDE


def camera(read: float, shot: float, share: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Light that falls to a tenth from left to right, with a dark disc, and its true variance."""
    light = 10 ** -(X + 0.5 * (np.hypot(Y - 0.5, X - 0.5) < 0.2))
    variance = read**2 + shot**2 * light + (share * light) ** 2
    noisy = light + np.random.default_rng(3).normal(0, np.sqrt(variance))
    return noisy.astype(np.float32), variance / light**2 / np.log(10) ** 2


@settings(max_examples=15)
@given(st.sampled_from([0, 3e-4, 1e-3]), st.sampled_from([0, 1e-3, 4e-3]), st.floats(0.003, 0.03))
def test_read_out_shot_and_relative_noise_are_told_at_every_level(
    read: float, shot: float, share: float
) -> None:
    light, truth = camera(read, shot, share)
    found = density_variance(-np.log10(light)[None], light[None])[0]
    for columns in np.array_split(np.arange(SIDE), 4):
        ratio = np.sqrt(found[:, columns].mean() / truth[:, columns].mean())
        assert ratio == pytest.approx(1, abs=0.2)


def test_the_unit_of_the_light_does_not_matter() -> None:
    light, _ = camera(1e-3, 2e-3, 0.01)
    density = -np.log10(light)[None]
    assert density_variance(density, 60_000 * light[None]) == pytest.approx(
        density_variance(density, light[None]), rel=1e-2
    )


def test_a_slope_and_an_edge_are_no_noise() -> None:
    density = (X + (Y > 0.5)).astype(np.float32)[None]
    assert density_variance(density, 10**-density).max() < 1e-9


def test_hairs_and_the_outline_of_a_lesion_are_left_out() -> None:
    light, truth = camera(0, 0, 0.01)
    light[np.abs(Y - 0.3 - 0.2 * X) < 0.01] *= 0.2
    found = density_variance(-np.log10(light)[None], light[None])[0]
    assert np.sqrt(np.median(found) / np.median(truth)) == pytest.approx(1, abs=0.25)


def test_unknown_pixels_stay_unknown_and_spoil_no_other() -> None:
    light, truth = camera(0, 0, 0.01)
    light[10:20, 10:20] = np.nan
    found = density_variance(-np.log10(light)[None], light[None])[0]
    assert np.array_equal(np.isnan(found), np.isnan(light))
    assert np.sqrt(np.nanmedian(found) / np.median(truth)) == pytest.approx(1, abs=0.15)


def test_a_plane_of_which_hardly_anything_is_known_has_no_noise_told() -> None:
    density = np.full((1, 20, 20), np.nan, np.float32)
    density[0, 5:8, 5:8] = 0.3
    found = density_variance(density, np.ones_like(density))
    assert np.array_equal(np.isnan(found), np.isnan(density))
    assert (found[0, 5:8, 5:8] == 0).all()
