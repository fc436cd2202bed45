"""What was measured of a network's structures is read from its manifest, and refused where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import STRUCTURES
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle
from augderm.reader.structure_figures import structure_figures, validation_of
from support.bundles import write_manifest, write_toy_bundle

MEASURED = {"auc": 0.88, "images": 187, "positive": 110, "map_from": 1.25, "area_correlation": 0.54}


def manifest(**changes: Any) -> dict[str, Any]:
    return {"figures": {"structures": {"globules": MEASURED | changes}}}


def test_a_manifest_without_figures_validates_nothing() -> None:
    assert structure_figures({}) == {}
    validation = validation_of({}, "globules")
    assert validation.words == "not validated"
    assert validation.auc is None


def test_figures_are_said_in_words_and_numbers() -> None:
    found = structure_figures(manifest())
    validation = validation_of(found, "globules")
    assert (validation.auc, validation.images, validation.positive) == (0.88, 187, 110)
    assert validation.area_correlation == 0.54
    assert validation.area_images == 110
    assert "not validated" not in validation.words
    assert validation_of(found, "streaks").words == "not validated"


def test_a_map_that_says_not_where_is_said_to_be_not_validated() -> None:
    found = structure_figures(manifest(map_from=None, area_correlation=None))
    assert "where it is: not validated" in found["globules"].validation.words
    assert found["globules"].validation.area_images is None


@pytest.mark.parametrize(
    "changes",
    [
        {"auc": 1.1},
        {"auc": float("nan")},
        {"positive": 0},
        {"positive": 187},
        {"map_from": None},
        {"area_correlation": None},
        {"area_correlation": 2.0},
        {"map_from": float("inf")},
    ],
)
def test_a_figure_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelMismatch, match="structure_places"):
        structure_figures(manifest(**changes))


@pytest.mark.parametrize(
    "figures",
    [
        {"structures": {"warts": MEASURED}},
        {"structures": {"globules": {"auc": 0.9}}},
        {"structures": [1]},
        [],
    ],
)
def test_a_bundle_with_broken_figures_is_refused(figures: Any, tmp_path: Path) -> None:
    folder = write_toy_bundle(tmp_path / "bundle")
    write_manifest(folder, figures=figures)
    with pytest.raises(ModelMismatch, match="bundle"):
        load_bundle(folder)


def test_the_shipped_bundle_says_how_well_it_knows_each_structure() -> None:
    found = load_bundle(DEFAULT_BUNDLE).structure_figures
    assert tuple(found) == STRUCTURES
    # Only a map that agreed with the experts' areas may show a place.
    assert [name for name, one in found.items() if one.map_from is not None] == ["pigment_network"]
