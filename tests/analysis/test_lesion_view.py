"""A lesion is reduced once for all that look at it, and does not get lost in that."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.analysis.border import outline
from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.measures import measure_lesion
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.analysis.small import SMALL_SIDE_PX, Small


def test_a_view_has_the_lesion_s_share_of_the_image() -> None:
    phantom = draw_phantom(PhantomSpec(width_px=800, height_px=600))
    view = view_lesion(Small.of(phantom.pixels), phantom.mask)
    assert view.lab.shape == (300, SMALL_SIDE_PX, 3)
    assert view.factor == 0.5
    assert view.inside.mean() == pytest.approx(phantom.mask.mean(), rel=0.01)
    assert view.cover.mean() == pytest.approx(phantom.mask.mean(), rel=0.01)


def test_a_lesion_of_one_pixel_is_kept() -> None:
    pixels = np.full((900, 1200, 3), 180, np.uint8)
    mask = np.zeros((900, 1200), bool)
    mask[450, 600] = True
    assert view_lesion(Small.of(pixels), mask).inside.any()


def test_hair_hides_a_share_of_the_lesion() -> None:
    bare, hairy = (draw_phantom(PhantomSpec(hairs=hairs)) for hairs in (0, 12))
    assert view_lesion(Small.of(bare.pixels), bare.mask).hidden_share < 0.01
    assert view_lesion(Small.of(hairy.pixels), hairy.mask).hidden_share > 0.02


def test_a_view_made_before_gives_the_same_measures() -> None:
    phantom = draw_phantom(PhantomSpec(hairs=5))
    edge = outline(phantom.mask)
    view = view_lesion(Small.of(phantom.pixels), phantom.mask)
    alone = measure_lesion(phantom.pixels, phantom.mask, edge)
    assert measure_lesion(phantom.pixels, phantom.mask, edge, view=view) == alone
