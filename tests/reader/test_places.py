"""A structure is shown where its map speaks, only where it is likely and the map was measured to work."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.domain.structures import LIKELY
from augderm.reader.places import read_places
from augderm.reader.structure_figures import StructureFigures

FIGURES = {"pigment_network": StructureFigures(0.88, 187, 110, 1.0, 0.54)}
LESION = np.zeros((60, 80), bool)
LESION[10:50, 10:70] = True


def maps(top: float = 3.0) -> NDArray[np.float32]:
    """Speaks in the left half alone."""
    grid = np.full((1, 6, 8), -2.0, np.float32)
    grid[:, :, :4] = top
    return grid


def test_a_likely_structure_is_located_where_its_map_speaks_within_the_lesion() -> None:
    (found,) = read_places({"pigment_network": 0.8}, maps(), LESION, FIGURES)
    assert found.located
    assert found.source == "network"
    assert found.share == pytest.approx(0.5, abs=0.05)
    assert not (found.mask & ~LESION).any()
    assert not found.mask[:, 45:].any()
    assert found.mask[15:45, 12:35].all()
    assert found.validation.area_correlation == 0.54


def test_a_map_alone_claims_nothing() -> None:
    (found,) = read_places({"pigment_network": LIKELY - 0.01}, maps(9.0), LESION, FIGURES)
    assert (found.located, found.share, found.box) == (False, 0.0, None)


def test_a_likely_structure_that_no_place_speaks_for_is_not_located() -> None:
    (found,) = read_places({"pigment_network": 0.9}, maps(0.5), LESION, FIGURES)
    assert (found.located, found.share) == (False, 0.0)


@pytest.mark.parametrize("figures", [{}, {"pigment_network": StructureFigures(0.8, 187, 44, None, None)}])
def test_a_map_that_was_not_measured_to_say_where_is_not_shown(figures: dict[str, StructureFigures]) -> None:
    (found,) = read_places({"pigment_network": 0.99}, maps(), LESION, figures)
    assert (found.located, found.share, found.mask.size) == (None, None, 0)
    assert "not validated" in found.validation.words


def test_a_structure_without_calibration_has_no_place() -> None:
    (found,) = read_places({"pigment_network": None}, maps(), LESION, FIGURES)
    assert found.located is None


@settings(max_examples=30)
@given(st.floats(0.5, 1), st.floats(-5, 5), st.floats(-5, 5))
def test_a_map_that_speaks_more_never_locates_less(probability: float, one: float, other: float) -> None:
    shares = []
    for top in sorted((one, other)):
        (found,) = read_places({"pigment_network": probability}, maps(top), LESION, FIGURES)
        assert found.share is not None
        shares.append(found.share)
    assert shares == sorted(shares)
