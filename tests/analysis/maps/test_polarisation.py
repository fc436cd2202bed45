"""Pairs: what shines under polarised light is positive, what the surface mirrors negative."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from augderm.analysis.maps.optical_density import linear_light, srgb_levels
from augderm.analysis.maps.polarisation import polarisation_maps
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.errors import InvalidImage

PHANTOM = draw_phantom(
    PhantomSpec(width_px=200, height_px=150, long_axis_px=90, short_axis_px=70, hairs=4, noise=1.0)
)
PIXELS, LESION = PHANTOM.pixels, PHANTOM.mask
SPOT = (slice(70, 80), slice(90, 105))


def brighter(pixels: NDArray[np.uint8], where: tuple[slice, slice]) -> NDArray[np.uint8]:
    changed = pixels.copy()
    changed[where] = np.minimum(255, changed[where].astype(int) + 60)
    return changed


def test_a_shiny_white_structure_is_positive_where_it_is() -> None:
    maps = polarisation_maps(brighter(PIXELS, SPOT), PIXELS, LESION)
    values = maps.maps[0].values
    assert np.nanmean(values[SPOT]) > 10
    share = SPOT_PIXELS / LESION.sum()
    assert maps.facts["brighter_polarised_share"] == pytest.approx(share, rel=0.1)
    assert maps.facts["brighter_non_polarised_share"] == 0
    outside = values.copy()
    outside[SPOT] = 0
    assert np.nanmax(np.abs(outside)) < 5


SPOT_PIXELS = 10 * 15


def test_surface_scale_is_negative() -> None:
    maps = polarisation_maps(PIXELS, brighter(PIXELS, SPOT), LESION)
    assert np.nanmean(maps.maps[0].values[SPOT]) < -10
    assert maps.facts["brighter_polarised_share"] == 0


def test_a_moved_picture_is_laid_back() -> None:
    moved = np.roll(PIXELS, (3, -4), (0, 1))
    maps = polarisation_maps(brighter(PIXELS, SPOT), moved, LESION)
    assert (maps.facts["down_px"], maps.facts["right_px"]) == pytest.approx((-3, 4), abs=0.1)
    assert np.nanmean(maps.maps[0].values[SPOT]) > 10
    assert np.isnan(maps.maps[0].values[:, 0]).all()


def test_another_lamp_and_its_fall_do_not_count() -> None:
    slope = np.linspace(1.0, 0.6, 200)[None, :, None] * np.array([0.9, 0.8, 0.7])
    other = srgb_levels((linear_light(PIXELS) * slope).astype(np.float32))
    maps = polarisation_maps(PIXELS, other, LESION)
    assert np.nanmean(np.abs(maps.maps[0].values[LESION])) < 2


def test_another_lesion_is_refused() -> None:
    other = draw_phantom(
        PhantomSpec(
            width_px=200, height_px=150, center=(0.35, 0.6), long_axis_px=50, short_axis_px=45, seed=9
        )
    )
    with pytest.raises(InvalidImage, match="do not fit on each other"):
        polarisation_maps(PIXELS, other.pixels, LESION)


def test_another_size_is_refused() -> None:
    with pytest.raises(InvalidImage, match="200 x 150 and 200 x 149"):
        polarisation_maps(PIXELS, PIXELS[:-1], LESION)
