"""Two visits under one light."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.analysis.followup.colour import relit, skin_ring
from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, draw_skin, photograph
from support.visits import sight_of


@pytest.mark.parametrize("light", [(0.8, 0.9, 1.0), (1.05, 0.95, 0.85)])
def test_light_and_its_slope_are_taken_out(light: tuple[float, float, float]) -> None:
    skin = draw_skin(SkinSpec())
    one = photograph(skin, VisitSpec())
    other = photograph(skin, VisitSpec(light=light, falloff=0.2, seed=1))
    mask = sight_of(one).mask
    ring = skin_ring(one.pixels, other.pixels, mask, np.ones_like(mask))
    found = relit(one.pixels, other.pixels, ring)
    assert found is not None
    levels, factors = found
    before, after = (np.abs(each.astype(float) - one.pixels)[mask].mean() for each in (other.pixels, levels))
    assert before > 10
    assert after < 4  # noise of 2 levels in either
    assert (factors > 1).tolist() == [value * 0.9 < 1 for value in light]


def test_too_little_skin_gives_no_light() -> None:
    one = photograph(draw_skin(SkinSpec()), VisitSpec())
    assert relit(one.pixels, one.pixels, np.zeros(one.pixels.shape[:2], bool)) is None
