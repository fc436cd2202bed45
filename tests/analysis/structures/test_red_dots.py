"""Red dots are vessels where blood makes them dark, and not where pigment does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augderm.analysis.structures.blobs import Blobs
from augderm.analysis.structures.coarse import Coarse
from augderm.analysis.structures.lesion_field import lesion_field
from augderm.analysis.structures.lines import linear_vessels
from augderm.analysis.structures.red_dots import dotted_vessels
from support.lesions import BROWN, Lesion
from support.views import view_of

GRID = [(x, y) for x in range(-80, 81, 40) for y in range(-80, 81, 40) if math.hypot(x, y) < 100]
RISE = 14.0


def red_dots(lesion: Lesion) -> Blobs:
    coarse = Coarse.of(lesion_field(view_of(lesion.pixels(), lesion.mask)))
    return dotted_vessels(coarse, linear_vessels(coarse.field))


def dotted(radius: float, rise: float, fall: float) -> Lesion:
    """Dots of so much more a* and so much less L* than the brown around them."""
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, radius, (BROWN[0] - fall, BROWN[1] + rise, BROWN[2]))
    return lesion


@pytest.mark.parametrize("radius", [2.0, 3.0, 4.0])
def test_dots_of_blood_are_found_each_at_its_place(radius: float) -> None:
    found = red_dots(dotted(radius, RISE, RISE))
    assert len(found) == len(GRID)
    middle = 200.0 - 58  # the field begins 12 pixels outside of the lesion of radius 130
    for x, y in GRID:
        assert np.hypot(found.x - middle - x, found.y - middle - y).min() < 1.5


@pytest.mark.parametrize("fall", [2 * RISE, 3 * RISE])
def test_dots_that_lose_more_light_than_blood_takes_are_pigment(fall: float) -> None:
    assert len(red_dots(dotted(3.0, RISE, RISE))) == len(GRID)
    assert len(red_dots(dotted(3.0, RISE, fall))) == 0


def test_faint_dots_and_lacunae_are_not_named() -> None:
    assert len(red_dots(dotted(2.0, 4.0, 4.0))) == 0
    assert len(red_dots(dotted(9.0, RISE, RISE))) == 0


def test_neither_the_edge_of_a_red_area_nor_a_line_has_dots() -> None:
    area, lines = Lesion(), Lesion()
    area.disc(-30, 20, 25, (50.0, 40.0, 22.0))
    for turn in range(5):
        angle, x, y = 0.3 + turn * 0.6, 50 * math.cos(turn * 1.3), 50 * math.sin(turn * 1.3)
        dx, dy = 15 * math.cos(angle), 15 * math.sin(angle)
        lines.line((x - dx, y - dy), (x + dx, y + dy), 3, (48.0, 36.0, 24.0))
    assert len(red_dots(area)) == 0
    assert len(red_dots(lines)) == 0
