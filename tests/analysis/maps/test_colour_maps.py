"""Colour photographs: browner is more melanin, redder more haemoglobin, the lamp does not count."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.maps.colour_maps import colour_maps, colour_spectra, unmix_colour
from augderm.analysis.maps.optical_density import linear_light, srgb_levels
from augderm.analysis.maps.parameter_map import ParameterMaps
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.errors import InvalidImage

SIDE = 120
SPEC = {"width_px": SIDE, "height_px": SIDE, "long_axis_px": 50.0, "short_axis_px": 40.0}
SKIN = np.array([0.6, 0.4, 0.3], np.float32)


@cache
def drawn(colour: str) -> ParameterMaps:
    phantom = draw_phantom(PhantomSpec(colours=((colour, 1.0),), **SPEC))  # type: ignore[arg-type]
    return colour_maps(phantom.pixels, phantom.mask)


def mean(maps: ParameterMaps, name: str) -> float:
    found = next(each for each in maps.maps if each.name == name)
    return float(np.nanmean(found.values[maps.lesion]))


def absorbing(melanin: float, haemoglobin: float) -> NDArray[np.float32]:
    """Skin (h, w, 3) with a disc that absorbs more, in linear light."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    inside = (np.hypot(x, y) < 22)[..., None]
    density = colour_spectra() @ np.array([melanin, haemoglobin])
    light: NDArray[np.float32] = (SKIN * 10 ** -(density * inside)).astype(np.float32)
    return light


def disc() -> NDArray[np.bool_]:
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    inside: NDArray[np.bool_] = np.hypot(x, y) < 22
    return inside


def test_a_darker_brown_has_more_melanin() -> None:
    assert mean(drawn("dark_brown"), "melanin") > mean(drawn("light_brown"), "melanin") + 0.2


def test_a_red_patch_has_more_haemoglobin_than_a_brown_one() -> None:
    red, brown = mean(drawn("red"), "haemoglobin"), mean(drawn("light_brown"), "haemoglobin")
    assert red > brown + 0.1
    assert red > mean(drawn("red"), "melanin")


def test_blue_grey_fits_neither_and_shows_in_the_residual() -> None:
    assert mean(drawn("blue_grey"), "residual") > 3 * mean(drawn("light_brown"), "residual")


def test_the_skin_around_is_zero() -> None:
    maps = drawn("dark_brown")
    for found in maps.maps[:2]:
        assert np.nanmedian(found.values[maps.skin]) == pytest.approx(0, abs=0.03)


@settings(max_examples=25)
@given(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.3, 1.5))
def test_known_amounts_come_back_whatever_the_gain_of_the_light(
    melanin: float, haemoglobin: float, gain: float
) -> None:
    light = absorbing(melanin, haemoglobin)
    lit = (gain * light).astype(np.float32)
    found = unmix_colour(lit, (gain * SKIN).astype(np.float32))
    centre = found.amounts[:, SIDE // 2, SIDE // 2]
    assert centre == pytest.approx([melanin, haemoglobin], abs=2e-3)
    assert found.amounts[:, 0, 0] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize("gains", [(0.7, 0.7, 0.7), (0.9, 0.8, 1.1)])
def test_a_dimmer_or_tinted_lamp_changes_a_photograph_by_its_rounding_only(
    gains: tuple[float, float, float],
) -> None:
    light = absorbing(0.3, 0.2)
    plain = colour_maps(srgb_levels(light), disc())
    lit = colour_maps(srgb_levels((light * np.array(gains)).astype(np.float32)), disc())
    for name in ("melanin", "haemoglobin"):
        assert mean(lit, name) == pytest.approx(mean(plain, name), abs=0.02)
    assert mean(plain, "melanin") == pytest.approx(0.3, abs=0.02)
    assert mean(plain, "haemoglobin") == pytest.approx(0.2, abs=0.02)


def test_light_that_falls_to_one_side_is_flattened() -> None:
    slope = np.linspace(1.0, 0.5, SIDE, dtype=np.float32)[None, :, None]
    maps = colour_maps(srgb_levels(absorbing(0.3, 0.2) * slope), disc())
    assert mean(maps, "melanin") == pytest.approx(0.3, abs=0.03)
    assert maps.facts["light_fall"] == pytest.approx(2, rel=0.15)
    skin = maps.pictures["balanced"][maps.skin].astype(float)
    assert skin.std(axis=0).max() < 4


def test_what_the_lens_does_not_show_is_not_known() -> None:
    phantom = draw_phantom(PhantomSpec(dark_corners=True, **SPEC))  # type: ignore[arg-type]
    maps = colour_maps(phantom.pixels, phantom.mask)
    assert all(np.isnan(found.values[0, 0]) for found in maps.maps)


def test_levels_that_were_cut_off_are_told() -> None:
    maps = colour_maps(srgb_levels(absorbing(0.3, 0.2) * np.float32(2)), disc())
    assert any("highest level" in note for note in maps.notes)


def test_skin_without_blue_light_is_refused_with_the_remedy() -> None:
    pixels = srgb_levels(absorbing(0.3, 0.2))
    pixels[..., 2] = 0
    with pytest.raises(InvalidImage, match="white light"):
        colour_maps(pixels, disc())


def test_a_lesion_that_fills_the_frame_is_refused() -> None:
    with pytest.raises(InvalidImage, match="margin of skin"):
        colour_maps(srgb_levels(absorbing(0.3, 0.2)), np.ones((SIDE, SIDE), bool))


def test_each_direction_has_a_mean_of_1_and_melanin_rises_to_the_blue() -> None:
    spectra = colour_spectra()
    assert spectra.mean(axis=0) == pytest.approx([1, 1])
    assert (np.diff(spectra[:, 0]) > 0).all()
    # Haemoglobin is strongest in the green: that is why it is red.
    assert spectra[:, 1].argmax() == 1


def test_linear_light_of_the_phantom_is_what_was_drawn() -> None:
    light = absorbing(0.3, 0.2)
    assert linear_light(srgb_levels(light)) == pytest.approx(light, abs=0.004)
