"""A comparison of overviews in its outer forms: JSON by its schema, and the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import numpy as np
import pytest

from augderm.domain.capture import Capture
from augderm.domain.overview import (
    LoneLesion,
    Overview,
    OverviewComparison,
    OverviewRegistration,
    SameLesion,
    SkinLesion,
)
from augderm.formats.overview_json import SCHEMA_FILE, overview_json
from augderm.formats.report.overview import finding_of, lesion_rows, report_overview, size_text
from support.pages import text_of


def photograph(name: str, day: str) -> Overview:
    lesions = tuple(SkinLesion(100.0 * i + 50, 80.0, 12.0, 0.3, listed=True) for i in range(5))
    pixels = np.full((100, 300, 3), 180, np.uint8)
    return Overview(name, None, 600, 200, Capture(taken_on=day), 1.0, lesions, pixels=pixels)


@pytest.fixture
def found() -> OverviewComparison:
    """One in both, one grown, one new, one missing, and one of either that is not judged."""
    return OverviewComparison(
        baseline=photograph("before.jpg", "2026-01-02"),
        follow_up=photograph("after.jpg", "2026-04-02"),
        reason="",
        days=90,
        registration=OverviewRegistration(12, 0.9, 0.7, 1.02, 11.0, -20.0),
        same=(
            SameLesion(0, 0, 0.5, 1.01, 1.2, "within", others_near=True),
            SameLesion(1, 1, 0.5, 1.5, 1.2, "larger", others_near=False),
        ),
        baseline_only=(LoneLesion(2, (250.0, 80.0), 4.0, None), LoneLesion(3, (700.0, 80.0), 4.0, "outside")),
        follow_up_only=(
            LoneLesion(3, (350.0, 80.0), 4.0, None),
            LoneLesion(4, (450.0, 80.0), 4.0, "covered"),
        ),
        repeatability="none",
    )


@pytest.fixture
def refused(found: OverviewComparison) -> OverviewComparison:
    return replace(
        found, reason="Other persons.", registration=None, same=(), baseline_only=(), follow_up_only=()
    )


def test_the_json_keeps_to_its_schema(found: OverviewComparison, refused: OverviewComparison) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for each in (found, refused):
        written = json.loads(json.dumps(overview_json(each), allow_nan=False))
        jsonschema.validate(written, schema)
        assert "Not validated on photographs of patients" in written["not_validated"]
    written = overview_json(found)
    assert [each["lesion"] for each in written["new"]] == [3]
    assert [each["lesion"] for each in written["missing"]] == [2]
    assert written["not_judged"]["baseline"][0]["unjudged"] == "outside"
    with pytest.raises(jsonschema.ValidationError):  # what was not compared has nothing new
        jsonschema.validate(dict(overview_json(refused), new=written["new"]), schema)
    with pytest.raises(jsonschema.ValidationError):  # what is not judged is not new
        jsonschema.validate(dict(written, new=written["not_judged"]["follow_up"]), schema)


def test_what_is_said_first_counts_every_kind(found: OverviewComparison, refused: OverviewComparison) -> None:
    assert finding_of(found) == "1 new, 1 missing, 1 changed in size, 1 others in both, 2 not judged"
    assert finding_of(refused) == "Not compared"
    assert size_text(found.same[1]).startswith("Larger: +50")
    open_size = size_text(replace(found.same[1], size="not_determined"))
    assert open_size.startswith("not determined: +50")
    assert "too few lesions" in open_size
    assert "repeatable" not in open_size


def test_the_page_marks_every_lesion_without_script_or_request(found: OverviewComparison) -> None:
    page = report_overview(found, synthetic=True)
    assert "<script" not in page
    assert "http" not in page.split("</style>")[1].replace("http-equiv", "")
    words = text_of(page)
    for part in ("Not validated on photographs of patients", "Not a medical device", "Synthetic phantom"):
        assert part in words
    labels = re.findall(r"<text [^>]*>([^<]+)</text>", page)
    # Each photograph has its own marks, and where what is new or missing would lie in it.
    assert sorted(labels) == sorted(["1", "1", "2", "2", "N1", "N1", "M1", "M1", "B1", "F1"])
    assert "not in the frame" in words
    assert "covered in the other photograph" in words
    assert page.startswith("<!doctype html>")


def test_a_refused_page_calls_nothing_new(refused: OverviewComparison) -> None:
    page = report_overview(refused)
    assert "Not compared" in page
    assert "Other persons." in page
    assert '<g class="mark new">' not in page.split("</main>")[0].split('class="pair"')[1]
    assert not any(lesion_rows(refused).values())


def test_foreign_names_cannot_act_on_the_page(found: OverviewComparison) -> None:
    evil = replace(found.baseline, image="<script>alert(1)</script>\u202e.png")
    page = report_overview(replace(found, baseline=evil))
    assert "<script" not in page
    assert "\u202e" not in page
