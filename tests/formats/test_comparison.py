"""A comparison's outer forms: JSON by its schema, and the page."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import pytest

from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, draw_skin, photograph
from augderm.analysis.phantom import PhantomSpec
from augderm.domain.capture import Capture
from augderm.domain.followup import Change, Comparison
from augderm.followup import compare
from augderm.formats.assessment_json import SCHEMA_FILE as ASSESSMENT_SCHEMA
from augderm.formats.comparison_json import SCHEMA_FILE, comparison_json
from augderm.formats.report.followup import change_text, finding_of, report_comparison, view_visit


@pytest.fixture(scope="module")
def done() -> Comparison:
    """One follow-up that is compared, and one of other skin that is not."""
    lesion = PhantomSpec(hairs=3)
    skin, other = draw_skin(SkinSpec(lesion=lesion)), draw_skin(SkinSpec(lesion=lesion, seed=4))
    found = compare(
        photograph(skin, VisitSpec()).pixels,
        [photograph(skin, VisitSpec(turn_deg=70, seed=1)).pixels, photograph(other, VisitSpec()).pixels],
        novelty_limit=math.inf,
    )
    assert [bool(each.reason) for each in found.follow_ups] == [False, True]
    return found


def test_the_json_keeps_to_its_schema_and_the_reads_to_theirs(done: Comparison) -> None:
    written = json.loads(json.dumps(comparison_json(done), allow_nan=False))
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(written, schema)
    reads = json.loads(ASSESSMENT_SCHEMA.read_text(encoding="utf-8"))
    for read in (written["baseline"], *(each["assessment"] for each in written["follow_ups"])):
        jsonschema.validate(read, reads)
    assert written["follow_ups"][0]["compared"] is True
    assert written["follow_ups"][1]["changes"] == {}
    advice = written["follow_ups"][0]["advice"]
    assert advice["recall"]["kind"] in ("visit", "photograph")
    assert schema["$defs"]["advice"] == reads["properties"]["advice"]
    hollow = dict(written, follow_ups=[dict(written["follow_ups"][0], advice={})])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(hollow, schema)
    broken = dict(written, follow_ups=[dict(written["follow_ups"][1], compared=True)])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_the_page_has_every_view_without_script_or_request(done: Comparison) -> None:
    page = report_comparison(done, synthetic=True)
    for view in ("beside", "flicker", "slider", "then", "now", "difference"):
        assert f'id="{view}-1"' in page
        assert f'id="{view}-2"' not in page  # of what was not compared there are no pictures
    assert "<script" not in page
    assert "http" not in page.split("</style>")[1].replace("http-equiv", "")
    assert "Synthetic phantom" in page
    assert "Not a medical device" in page
    assert "Not compared" in page
    assert "too few points in common" in page
    assert page.count("<h3>Advice:") == 2
    assert "this rests on the photograph alone" in page
    # Each picture once: the page of many visits must stay a page.
    assert page.count("data:image/jpeg") == 2


def test_foreign_names_cannot_act_on_the_page(done: Comparison) -> None:
    evil = replace(
        done.baseline, image="<script>alert(1)</script>\u202e.png", capture=Capture(patient="<b>P</b>")
    )
    page = report_comparison(replace(done, baseline=evil))
    assert "<script" not in page
    assert "<b>P</b>" not in page
    assert "\u202e" not in page


def test_changes_are_worded_with_sign_and_unit() -> None:
    grown = Change("area", "size", "ratio", "px2", 100.0, 125.0, 0.25, 0.05, "changed")
    assert change_text(grown) == "+25.0\u202f%"
    share = Change("colour_red", "colour", "difference", "share", 0.3, 0.1, -0.2, 0.03, "changed")
    assert change_text(share) == "−20.0\u202fpoints"
    odds = Change(
        "malignancy", "probability", "log_odds", "probability", 0.2, 0.3, math.log(1.7), 1.0, "changed"
    )
    assert "1.7" in change_text(odds)
    assert change_text(replace(grown, change=None, verdict="not_determined", reason="x")) == "not determined"


def test_what_was_not_determined_is_never_called_unchanged(done: Comparison) -> None:
    first = done.follow_ups[0]
    nothing = tuple(
        replace(change, change=None, verdict="not_determined", reason="Cut by the frame.")
        for change in first.changes
    )
    sizes = tuple(
        open_ if open_.group == "size" else change
        for open_, change in zip(nothing, first.changes, strict=True)
    )
    assert "Nothing" in finding_of(replace(first, changes=nothing))
    partly = replace(first, changes=sizes)
    assert "not determined, all or in part: size" in finding_of(partly)
    assert view_visit(1, partly).grade != "same"
    page = report_comparison(replace(done, follow_ups=(replace(first, changes=nothing),)), synthetic=True)
    assert "Nothing of it could be compared" in page
    assert "No change" not in page
