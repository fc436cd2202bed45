"""Where structures are, drawn and in words: nothing is claimed that was not measured."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augderm.domain.assessment import Assessment
from augderm.domain.structures import DESCRIPTIVE, NOT_VALIDATED, StructureFinding
from augderm.domain.taxonomy import STRUCTURES
from augderm.formats.report import report_html
from augderm.formats.report.located import NAMES, STYLES, place_text, view_located
from augderm.formats.report.presence import view_presence
from support.pages import text_of
from support.reports import abstained, assessment_of, clinical, with_findings

LESION = np.hypot(*(np.mgrid[:200, :300] - np.array([[[100]], [[150]]]))) < 80


def finding(mask: np.ndarray, share: float = 0.1) -> StructureFinding:
    return StructureFinding("blotch", "image analysis", True, share, NOT_VALIDATED, mask=mask)


def test_each_located_structure_has_a_layer_of_the_photograph_s_size_and_a_legend() -> None:
    assessment = with_findings()
    located = view_located(assessment)
    assert located
    assert assessment.pictures
    assert [row.name for row in located.rows] == [
        "Pigment network", "Dots and globules", "Possible blue-whitish veil",
    ]  # fmt: skip
    height, width = assessment.pictures.mask.shape
    for row in located.rows:
        with Image.open(io.BytesIO(row.layer)) as layer:
            assert layer.size == (width, height)
            assert np.asarray(layer.convert("RGBA"))[..., 3].any()
        assert row.descriptive
        assert row.source in ("the network", "image analysis")
    network, spots, veil = located.rows
    assert "41" in network.where
    assert network.validation.endswith(
        "area rank correlation 0.53 with the experts’ in 63 images that have it"
    )
    assert "AUC 0.88 (110 of 187 images have it)" in network.validation
    assert spots.where.startswith("12 spots")
    assert veil.validation.startswith("Not validated")


def test_absent_and_not_told_are_two_things() -> None:
    located = view_located(with_findings())
    assert located
    assert "peppering" in located.not_located
    assert "streaks" not in located.not_located
    assert located.not_looked_for == "globules and dots (network), streaks"


@pytest.mark.parametrize("assessment", [assessment_of(), abstained(with_findings(), "Blurred."), clinical()])
def test_without_findings_nothing_is_said_of_places(assessment: Assessment) -> None:
    bare = replace(assessment, findings=())
    assert view_located(bare) is None
    assert "Where structures are" not in text_of(report_html(bare))


def test_an_abstained_read_shows_no_structure() -> None:
    page = report_html(abstained(with_findings(), "Blurred."))
    assert "Where structures are" not in page
    assert "Pigment network" not in page


def test_no_two_structures_are_drawn_alike_even_without_colour_vision() -> None:
    assert set(STYLES) == set(NAMES) == {*DESCRIPTIVE, *STRUCTURES}
    for (one, style), (other, second) in combinations(STYLES.items(), 2):
        assert style != second, (one, other)
        if (style.fill, style.dash) == (second.fill, second.dash):
            # The same pattern: lightness must tell them apart.
            assert abs(_lightness(style.rgb) - _lightness(second.rgb)) > 25, (one, other)


def _lightness(rgb: tuple[int, int, int]) -> float:
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


@settings(max_examples=40)
@given(st.integers(1, 12))
def test_a_place_to_one_side_is_told_by_the_clock(hour: int) -> None:
    angle = 2 * math.pi * hour / 12
    rows, columns = np.mgrid[:200, :300]
    mask = np.hypot(rows - 100 + 50 * math.cos(angle), columns - 150 - 50 * math.sin(angle)) < 15
    assert place_text(finding(mask), LESION) == f"towards {hour} o’clock"


def test_a_place_in_the_middle_and_one_all_over_have_no_hour() -> None:
    rows, columns = np.mgrid[:200, :300]
    away = np.hypot(rows - 100, columns - 150)
    assert place_text(finding(away < 30), LESION) == "in its centre"
    assert place_text(finding(LESION & (away > 55)), LESION) == "around its edge"
    assert place_text(finding(LESION & (rows % 20 == 0)), LESION) == "spread over it"
    assert place_text(finding(LESION & (columns > 120), share=0.7), LESION) == "over most of it"


def test_sizes_are_in_millimetres_where_a_scale_is_known() -> None:
    assert "0.18" in spots_of(0.03)
    assert "mm wide" in spots_of(0.03)
    assert "px wide" in spots_of(None)


def spots_of(mm_per_px: float | None) -> str:
    measured = replace(with_findings(), measures=assessment_of(mm_per_px=mm_per_px).measures)
    located = view_located(measured)
    assert located
    return next(row.where for row in located.rows if row.name == "Dots and globules")


def test_each_probability_says_how_well_it_was_measured() -> None:
    notes = {row.name: row.note for row in view_presence(with_findings()).structures}
    assert notes["Pigment network"] == "reticular lines; AUC 0.88 (110 of 187 images have it)"
    assert notes["Streaks"].endswith("not validated")


def test_the_page_stays_small_with_all_layers(tmp_path: Path) -> None:
    assert len(report_html(with_findings()).encode()) < 400_000
