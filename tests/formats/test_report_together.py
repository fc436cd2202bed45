"""The report and the JSON show every part of the joined probability, its sum, and what it is worth."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings

from augderm.domain.anamnesis import Anamnesis, LesionStory, Person
from augderm.domain.assessment import Assessment, ModelName
from augderm.domain.together import Gain
from augderm.evidence.anamnesis import with_anamnesis
from augderm.evidence.together import Weights, join, shipped_weights
from augderm.formats.assessment_json import SCHEMA_FILE, to_json_object
from augderm.formats.report.content import report_content
from augderm.formats.report.html import report_html
from augderm.formats.report.pdf import report_pdf
from augderm.formats.report.together import TogetherView, view_together
from support.answers import ANAMNESES
from support.reports import MODEL, assessment_of, failed

VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
FIGURES = {"auc": (0.0098, 0.0002, 0.0179), "log_loss": (0.015, -0.003, 0.026)}
FIGURES |= {"brier": (0.005, 0.001, 0.009), "ece": (0.001, -0.011, 0.015)}
WEIGHTS = Weights(
    model=MODEL,
    age_years=((20.0, -2.0), (85.0, 0.7)),
    sex=None,
    site={"head_and_neck": 0.3, "trunk": 0.1, "upper_extremity": -0.1, "lower_extremity": -0.2},
    gain=Gain(2000, 350, FIGURES, {"There": Gain(100, 10, FIGURES)}),  # type: ignore[arg-type]
)
TOLD = Anamnesis(
    person=Person(age_years=20, sex="male", melanoma_in_family=True),
    lesion=LesionStory(site="face", itch=False, worry="<b>it grows</b>"),
)


@cache
def image() -> Assessment:
    """Drawn and measured once."""
    return assessment_of()


def joined(told: Anamnesis = TOLD, weights: Weights = WEIGHTS) -> Assessment:
    read = with_anamnesis(image(), told)
    return replace(read, together=join(read, told, weights))


def view_of(read: Assessment) -> TogetherView:
    assert read.together
    return view_together(read.together, read.malignancy)


def test_every_part_stands_in_the_table_and_the_sum_below() -> None:
    view = report_content(joined()).together
    assert view
    # logit(0.47) = -0.120; -0.120 - 2 + 0.3 = -1.820; 1 / (1 + e^1.820) = 0.139
    assert view.figure == "14\u202f%"
    assert "of the image alone it is 47\u202f%" in view.sentence
    assert [(row.label, row.answer, row.log_odds) for row in view.rows] == [
        ("Image", "as the network reads it", "\u22120.12"),
        ("Age", "20", "\u22122.00"),
        ("Sex", "male", "0.00"),
        ("Site", "face", "+0.30"),
        ("Together", "", "\u22121.82"),
    ]
    assert [row.odds for row in view.rows[1:]] == [
        "odds × 0.135",
        "Weighed beside the rest, and not shown to gain anything; it adds nothing.",
        "odds × 1.35",
        "probability 14\u202f%",
    ]


def test_what_is_not_in_the_number_is_named_beside_it() -> None:
    seen = view_of(joined())
    assert seen.beside == "Not in the number, for want of data: melanoma in the family (yes) and itch (no)."


def test_an_unknown_answer_is_called_unknown() -> None:
    seen = view_of(joined(Anamnesis()))
    assert [row.answer for row in seen.rows[1:4]] == ["unknown"] * 3
    assert all("unknown adds nothing" in row.odds for row in seen.rows[1:4])
    assert seen.beside == ""


@pytest.mark.parametrize(("low", "words"), [(-0.003, "was not shown to help"), (0.003, "was shown to help")])
def test_the_gain_is_told_with_its_interval_whether_it_helps_or_not(low: float, words: str) -> None:
    figures: Any = {**FIGURES, "log_loss": (0.015, low, 0.026)}
    source = {"Here": Gain(1900, 340, figures), "There": Gain(100, 10, FIGURES)}  # type: ignore[arg-type]
    view = view_of(joined(weights=replace(WEIGHTS, gain=Gain(2000, 350, figures, source))))
    assert view.gain.startswith(f"Joining age and site to the image {words}: ")
    here = "shown" if low > 0 else "not shown"
    assert view.gain.endswith(
        f"It was {here} within Here (1900 images, 340 malignant) and not shown within There "
        "(100 images, 10 malignant)."
    )
    assert "2000 held-back images (350 malignant)" in view.gain
    assert "rose by 0.0098 (0.0002 to 0.0179)" in view.gain


@pytest.mark.parametrize(
    "told",
    [
        Anamnesis(),
        Anamnesis(person=Person(sex="male", melanoma_in_family=True)),  # sex gains nothing
        Anamnesis(lesion=LesionStory(site="palm_or_sole")),  # no data
    ],
)
def test_where_nothing_but_the_image_is_in_the_sum_no_gain_is_claimed(told: Anamnesis) -> None:
    seen = view_of(joined(told))
    assert seen.rows[0].log_odds == seen.rows[-1].log_odds
    assert seen.gain == ""


def test_the_note_names_the_young_of_whom_too_little_is_known() -> None:
    ages = shipped_weights().age_years
    assert ages
    assert f"People of {ages[0][0]:g} and younger all get the same" in view_of(joined()).note


def test_page_and_paper_show_it() -> None:
    assessment = joined()
    page = " ".join(report_html(assessment).split())
    document = pypdfium2.PdfDocument(report_pdf(assessment))
    text = " ".join(" ".join(sheet.get_textpage().get_text_range() for sheet in document).split())
    for words in (
        "Image, age, sex and site together",
        "odds × 0.135",
        "was not shown to help",
        "Together",
    ):
        assert words in page
        assert words in text


def test_where_nothing_is_joined_page_and_paper_say_why_and_claim_no_gain() -> None:
    other = replace(WEIGHTS, model=ModelName("other", "2.0", "ef" * 32))
    assessment = joined(weights=other)
    page = " ".join(report_html(assessment).split())
    document = pypdfium2.PdfDocument(report_pdf(assessment))
    text = " ".join(" ".join(sheet.get_textpage().get_text_range() for sheet in document).split())
    for words in ("Not given. Age, sex and site were weighed for other 2.0", "weigh them anew"):
        assert words in page
        assert words in text
    assert "shown to help" not in page
    view = view_together(join(failed(), TOLD, WEIGHTS), None)
    assert (view.figure, view.rows, view.gain) == ("", (), "")


@settings(max_examples=20)
@given(ANAMNESES)
def test_any_answers_fit_the_published_schema(told: Anamnesis) -> None:
    VALIDATOR.validate(json.loads(json.dumps(to_json_object(joined(told)))))


def test_the_json_holds_what_adds_up_and_the_schema_refuses_what_does_not() -> None:
    written = json.loads(json.dumps(to_json_object(joined())))
    found = written["anamnesis"]["together"]
    assert found["contributions"]["age_years"] == {"answer": "20", "log_odds": -2.0, "reason": ""}
    assert found["beside"] == {"melanoma_in_family": "yes", "itch": "no", "worry": "<b>it grows</b>"}
    assert found["gain"]["auc"] == {"value": 0.0098, "low": 0.0002, "high": 0.0179}
    assert found["gain"]["shown"] is False
    assert found["gain"]["by_source"] == {"There": {"shown": False, "images": 100, "malignant": 10}}
    changes: list[dict[str, Any]] = [
        {"probability": None},
        {"reason": "because"},
        {"probability": 1.2},
        {"gain": None},
        {"contributions": {}},
        {"contributions": {"image": found["contributions"]["image"]}},
    ]
    for change in changes:
        wrong = copy.deepcopy(written)
        wrong["anamnesis"]["together"].update(change)
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(wrong)


def test_an_assessment_written_before_there_was_a_joined_probability_still_fits() -> None:
    written = json.loads(json.dumps(to_json_object(joined())))
    del written["anamnesis"]["together"]
    VALIDATOR.validate(written)
