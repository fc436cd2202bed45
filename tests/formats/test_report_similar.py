"""Similar cases as JSON and as a page: complete, self-contained, and deaf to hostile text."""

from __future__ import annotations

import json

import pytest

from augderm.analysis.neighbours import class_shares, disagreements, sentence
from augderm.domain.assessment import LIMIT_OF_USE, Assessment, ModelName
from augderm.domain.similar import LibraryFacts, Neighbour, Similar
from augderm.formats.report import content
from augderm.formats.report.similar import report_similar
from augderm.formats.similar_json import similar_json
from support.libraries import case, webp
from support.pages import tags_of, text_of
from support.reports import assessment_of, failed

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}\u202e"
FACTS = LibraryFacts(
    name="cases",
    cases=200,
    diagnoses={"nv": 150, "mel": 50},
    model=ModelName("toy", "1", "ab" * 32),
    sources=("HAM10000. Licence: CC BY-NC 4.0.",),
    exact=True,
)


def answer(codes: str = "nv nv mel nv nv scc", **changes: str) -> Similar:
    read = assessment_of()
    assert read.diagnosis is not None
    cases = [
        case(n, code=None if code == "scc" else code, malignant=code in {"mel", "scc"}, **changes)
        for n, code in enumerate(codes.split())
    ]
    return Similar(
        read,
        FACTS,
        neighbours=tuple(Neighbour(found, 0.01 * (n + 1), webp(n)) for n, found in enumerate(cases)),
        shares=class_shares(cases, read.diagnosis.probabilities),
        warnings=tuple(
            map(sentence, disagreements(cases, read.diagnosis.probabilities, read.diagnosis.prediction_set))
        ),
        notes=("One note.",),
    )


def test_it_does_not_make_the_maps_that_it_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(assessment: Assessment) -> None:
        raise AssertionError("maps were made")

    monkeypatch.setattr(content, "view_maps", refuse)
    assert "Parameter maps" not in report_similar(answer())


def test_the_page_shows_image_cases_distances_confirmation_shares_and_sources() -> None:
    page = report_similar(answer())
    images = [attributes["src"] or "" for tag, attributes in tags_of(page) if tag == "img"]
    assert sum(image.startswith("data:image/webp;base64,") for image in images) == 6
    assert sum(image.startswith("data:image/jpeg;base64,") for image in images) == 1
    text = text_of(page)
    for shown in (
        "1. Melanocytic nevus",
        "Distance 0.0100",
        "Confirmed by: histopathology",
        "4 (67 %)",
        "75 %",
        "Outside of the seven diagnoses",
        "HAM10000. Licence: CC BY-NC 4.0.",
        "200 (all compared)",
        "One note.",
        LIMIT_OF_USE,
    ):
        assert shown in text, shown


def test_a_disagreement_stands_before_everything_else() -> None:
    text = text_of(report_similar(answer("vasc vasc vasc vasc vasc vasc")))
    assert text.index("Similar cases and network disagree") < text.index("The image")
    assert "disagree" not in text_of(report_similar(Similar(assessment_of(), FACTS)))


@pytest.mark.parametrize("similar", [answer(), Similar(failed(), FACTS, reason="It is broken.")])
def test_the_page_is_one_file_without_script_or_request(similar: Similar) -> None:
    page = report_similar(similar)
    for tag, attributes in tags_of(page):
        assert tag not in {"script", "iframe", "object", "embed", "form", "base"}
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert "url(" not in page
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page


def test_hostile_text_is_shown_and_does_nothing() -> None:
    clean = tags_of(report_similar(answer()))
    strange = answer(
        image=HOSTILE, dataset=HOSTILE, diagnosis=HOSTILE, confirmed_by=HOSTILE, sex=HOSTILE, site=HOSTILE
    )
    page = report_similar(strange)
    assert [tag for tag, _ in tags_of(page)] == [tag for tag, _ in clean]
    assert "\u202e" not in page
    assert "{{ 7*7 }}" in text_of(page)


def test_without_similar_cases_the_page_says_why() -> None:
    text = text_of(
        report_similar(Similar(assessment_of(), FACTS, reason="No similar cases are shown. Too unlike."))
    )
    assert "Nothing is shown as similar" in text
    assert "Too unlike." in text
    assert "nearest first" not in text


def test_the_json_holds_the_same_and_the_whole_assessment() -> None:
    similar = answer()
    value = json.loads(json.dumps(similar_json(similar), allow_nan=False))
    assert value["schema"] == "augderm.similar/1"
    assert value["assessment"]["schema"] == "augderm.assessment/1"
    assert [n["distance"] for n in value["neighbours"]] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05, 0.06])
    assert value["neighbours"][2]["confirmed_by"] == "histopathology"
    assert "thumbnail" not in value["neighbours"][0]
    assert sum(share["share"] for share in value["shares"]) == pytest.approx(1)
    assert value["library"]["exact"] is True
