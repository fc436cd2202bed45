"""Marks show what they mark: the skin between them stays visible, and no two styles look the same."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.marks import CASING, COLOUR, Dash, Fill, Style, draw_marks

YELLOW = (240, 228, 66)
AREA = np.zeros((120, 160), bool)
AREA[20:100, 30:130] = True
STYLES = [Style(YELLOW, fill, dash) for fill in get_args(Fill) for dash in get_args(Dash)]


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_large_area_stays_mostly_visible_and_is_outlined(style: Style) -> None:
    drawn = draw_marks(AREA, style)
    assert (drawn[24:96, 34:126] == 0).mean() > 0.4
    assert (drawn[17:20, 30:130] == COLOUR).any()
    assert not drawn[:14].any()
    assert {int(level) for level in np.unique(drawn)} == {0, CASING, COLOUR}


def test_styles_differ_without_their_colour() -> None:
    drawn = [draw_marks(AREA, style) for style in STYLES]
    for one, other in combinations(drawn, 2):
        assert (one != other).mean() > 0.01


def test_what_a_ring_points_at_stays_free() -> None:
    spot = np.zeros((40, 40), bool)
    spot[18:22, 18:22] = True
    drawn = draw_marks(spot, Style(YELLOW, ""))
    assert not drawn[18:22, 18:22].any()
    assert (drawn == COLOUR).any()


@settings(max_examples=40)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from(STYLES), st.integers(0, 99))
def test_any_mask_can_be_drawn(height: int, width: int, style: Style, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.2
    drawn = draw_marks(mask, style)
    assert drawn.shape == mask.shape
    assert drawn.any() <= mask.any()
