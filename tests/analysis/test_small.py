"""One photograph reduced and converted once: measures are those of the photograph itself."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.analysis.border import outline
from augderm.analysis.color import to_lab
from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.measures import measure_lesion
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.analysis.quality import check_quality
from augderm.analysis.small import SMALL_SIDE_PX, Small


def test_it_is_the_photograph_reduced_and_its_colours() -> None:
    drawn = draw_phantom(PhantomSpec())
    small = Small.of(drawn.pixels)
    assert small.size == (SMALL_SIDE_PX, round(SMALL_SIDE_PX * drawn.mask.shape[0] / drawn.mask.shape[1]))
    assert small.factor == pytest.approx(SMALL_SIDE_PX / drawn.mask.shape[1])
    np.testing.assert_array_equal(small.lab, to_lab(small.pixels))
    assert small.lab is small.lab


def test_what_is_small_stays_as_it_is() -> None:
    pixels = np.zeros((90, 120, 3), np.uint8)
    assert Small.of(pixels).pixels is pixels
    assert Small.of(pixels).factor == 1


def test_measures_and_quality_are_the_same_with_one_made_already() -> None:
    drawn = draw_phantom(PhantomSpec(hairs=8))
    small, edge = Small.of(drawn.pixels), outline(drawn.mask)
    view = view_lesion(small, drawn.mask)
    assert measure_lesion(drawn.pixels, drawn.mask, edge, view=view) == measure_lesion(
        drawn.pixels, drawn.mask, edge
    )
    given = check_quality(drawn.pixels, 450, touches_frame=None, notes=(), small=small)
    assert given == check_quality(drawn.pixels, 450, touches_frame=None, notes=())
