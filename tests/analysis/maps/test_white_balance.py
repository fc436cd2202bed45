"""White balance from the skin: the lamp's hue goes, the luminance stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.color import to_lab
from augderm.analysis.maps.optical_density import srgb_levels
from augderm.analysis.maps.white_balance import LUMINANCE, balanced, skin_light
from augderm.analysis.phantom import SKIN_LAB

LIGHT = np.random.default_rng(2).uniform(0.1, 0.5, (20, 20, 3)).astype(np.float32)
SKIN = np.zeros((20, 20), bool)
SKIN[:8] = True
gain = st.floats(0.5, 2)


@settings(max_examples=25)
@given(gain, gain, gain)
def test_the_hue_of_the_lamp_is_taken_out(red: float, green: float, blue: float) -> None:
    plain = balanced(LIGHT, skin_light(LIGHT, SKIN))
    lit = (LIGHT * np.array([red, green, blue])).astype(np.float32)
    found = balanced(lit, skin_light(lit, SKIN))
    ratio = found / plain
    assert ratio == pytest.approx(np.full_like(ratio, ratio.mean()), rel=1e-3)


def test_the_skin_gets_the_reference_hue_at_its_own_luminance() -> None:
    skin = np.array([0.3, 0.3, 0.4], np.float32)
    found = balanced(np.broadcast_to(skin, (4, 4, 3)), skin)
    assert float((found @ LUMINANCE)[0, 0]) == pytest.approx(float(skin @ LUMINANCE), rel=1e-3)
    _, a, b = to_lab(srgb_levels(found))[0, 0]
    assert b / a == pytest.approx(SKIN_LAB[2] / SKIN_LAB[1], rel=0.1)


def test_the_skins_light_is_its_median_so_a_hair_does_not_count() -> None:
    light = np.full((10, 10, 3), 0.4, np.float32)
    light[0] = 0.01
    assert skin_light(light, np.ones((10, 10), bool)) == pytest.approx([0.4] * 3)
