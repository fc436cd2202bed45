"""An ulceration is raw, structureless and sharply bordered; what lacks one of these is none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from augderm.analysis.structures.coarse import Coarse
from augderm.analysis.structures.find import VALIDATION
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.analysis.structures.ulceration import ulceration
from support.lesions import BROWN, SIDE, SKIN, Lesion
from support.views import view_of

RAW = (50.0, 32.0, 40.0)
YS, XS = np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2
AWAY = np.hypot(XS + 20, YS - 10)
"""From the middle of what is planted."""


def share(lesion: Lesion) -> float:
    """Of the lesion that is located."""
    field = lesion_field(view_of(lesion.pixels(), lesion.mask))
    return field.share(ulceration(Coarse.of(field)))


def patch(
    radius: float = 45.0,
    colour: tuple[float, float, float] = RAW,
    edge_px: float = 1.0,
    on: tuple[float, float, float] = BROWN,
) -> Lesion:
    lesion = Lesion(on)
    cover = np.clip((radius - AWAY) / edge_px + 0.5, 0, 1)[..., None]
    lesion.lab = lesion.lab * (1 - cover) + cover * np.array(colour)
    return lesion


@pytest.mark.parametrize("colour", [RAW, (55.0, 24.0, 44.0), (50.0, 30.0, 32.0)])
def test_raw_patches_from_red_orange_to_yellow_brown_are_located(colour: tuple[float, float, float]) -> None:
    assert share(patch(colour=colour)) == pytest.approx((45 / 130) ** 2, rel=0.2)


@pytest.mark.parametrize(
    "colour", [(60.0, 17.0, 25.0), (30.0, 14.0, 14.0), (50.0, 40.0, 22.0), (80.0, 4.0, 6.0), (18.0, 4.0, 5.0)]
)
def test_browns_pure_red_white_and_black_are_not_raw(colour: tuple[float, float, float]) -> None:
    assert share(patch(colour=colour)) == 0


def test_it_is_located_within_the_limits_that_are_stated() -> None:
    words = VALIDATION["ulceration"].words
    assert "from 3 % of the lesion, 15 a* and 18 b* over the skin on" in words
    assert "not where its edge is 12 pixels of 400 wide" in words
    light_brown, least = (60.0, 17.0, 25.0), (53.0, SKIN[1] + 15.2, SKIN[2] + 18.2)
    assert share(patch(radius=26.0, colour=least, on=light_brown)) > 0
    assert share(patch(colour=(53.0, SKIN[1] + 12.0, SKIN[2] + 15.0), on=light_brown)) == 0
    assert share(patch(edge_px=9.0, on=light_brown)) > 0
    assert share(patch(edge_px=12.0, on=light_brown)) == 0


def test_what_has_structure_is_not_located() -> None:
    lesion = patch()
    relief = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(SIDE, SIDE)), 1.5)
    lesion.lab[..., 0] += 9 * relief / relief.std() * (AWAY < 45)
    assert share(patch()) > 0
    assert share(lesion) == 0


def test_gloss_on_it_is_no_hole_in_it() -> None:
    lesion = patch()
    for x, y in ((-30.0, 0.0), (-8.0, 18.0)):
        lesion.disc(x, y, 5.0, (96.0, 1.0, 2.0))
    assert share(lesion) == pytest.approx(share(patch()), rel=0.03)


def test_a_small_one_is_not_located() -> None:
    assert share(patch(radius=18.0)) == 0
