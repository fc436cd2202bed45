"""The report shows what was told, what was not, and what contradicts itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pypdfium2  # type: ignore[import-untyped]
from hypothesis import given, settings

from augderm.domain.anamnesis import LESION_QUESTIONS, PERSON_QUESTIONS, Anamnesis, LesionStory, Person
from augderm.evidence.advice.default import default_policy
from augderm.evidence.anamnesis import with_anamnesis
from augderm.evidence.lesion_story import STORY_RULES
from augderm.formats.anamnesis_json import anamnesis_schema
from augderm.formats.assessment_json import SCHEMA_FILE, to_json_object
from augderm.formats.report.anamnesis import view_anamnesis
from augderm.formats.report.content import report_content
from augderm.formats.report.html import report_html
from augderm.formats.report.pdf import report_pdf
from augderm.second_read import judged
from support.answers import ANAMNESES, MAN
from support.reports import assessment_of, failed

TOLD = Anamnesis(
    answered_on="2026-11-25",
    person=Person(age_years=54, sex="male", ancestry="non_hispanic_white", pregnant=True, skin_type=2),
    lesion=LesionStory(site="palm_or_sole", itch=False, diameter_mm=7.5, worry="<b>it\u202e grows</b>"),
)
SCHEMA = json.loads(SCHEMA_FILE.read_text())


@given(ANAMNESES)
def test_every_question_is_either_answered_or_named_as_not_answered(told: Anamnesis) -> None:
    for part, questions in zip(view_anamnesis(told).parts, (PERSON_QUESTIONS, LESION_QUESTIONS), strict=True):
        shown = [row.label for row in part.rows]
        open_ = part.not_answered.split("; ") if part.not_answered else []
        assert sorted(shown + open_) == sorted(question.words for question in questions.values())
        assert all(row.value.strip() for row in part.rows)


def test_answers_are_worded_with_their_units() -> None:
    person, lesion = view_anamnesis(TOLD).parts
    assert {row.label: row.value for row in person.rows} == {
        "Age": "54\u202fyears",
        "Sex": "male",
        "Ancestry": "non-Hispanic white",
        "Skin type (Fitzpatrick)": "2",
        "Pregnant": "yes",
    }
    assert {row.label: row.value for row in lesion.rows} == {
        "Site": "palm or sole",
        "Itch": "no",
        "Diameter": "7.5\u202fmm",
        "Why the patient worries": "<b>it\\u202e grows</b>",
    }


def test_page_and_paper_show_it_and_escape_what_the_patient_said() -> None:
    assessment = replace(assessment_of(), anamnesis=TOLD)
    page = report_html(assessment)
    assert "The sex is male, and the answer to pregnant is yes." in page
    assert "&lt;b&gt;it\\u202e grows&lt;/b&gt;" in page
    document = pypdfium2.PdfDocument(report_pdf(assessment))
    text = " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())
    for words in ("Answered on 2026-11-25", "palm or sole", "<b>it\\u202e grows</b>", "neither is built on"):
        assert words in text


def test_without_an_anamnesis_there_is_no_section() -> None:
    assert report_content(assessment_of()).anamnesis is None
    assert 'id="anamnesis"' not in report_html(assessment_of())


def test_it_is_shown_where_the_image_could_not_be_read() -> None:
    assert 'id="anamnesis"' in report_html(replace(failed(), anamnesis=TOLD))


def test_the_two_published_schemas_hold_the_same_questions() -> None:
    def answers(schema: dict[str, Any]) -> list[Any]:
        parts = schema["properties"]
        return [parts["answered_on"], *(parts[part]["properties"] for part in ("person", "lesion"))]

    (_, told) = SCHEMA["properties"]["anamnesis"]["anyOf"]
    assert answers(told["properties"]["answers"]) == answers(anamnesis_schema())


def test_the_person_s_risk_is_shown_with_its_factors_or_with_the_reason_why_not() -> None:
    given_ = report_html(with_anamnesis(assessment_of(), Anamnesis(person=MAN)))
    assert "Risk of a first melanoma within 5 years" in given_
    assert "complexion (light) 1.767" in given_
    assert "0.3\u202f%" in given_
    refused = report_html(with_anamnesis(assessment_of(), Anamnesis(person=replace(MAN, region=None))))
    assert "Not given. Not answered: region of the United States" in refused
    assert "1.767" not in refused


def test_the_lesion_s_story_is_shown_with_what_is_open_on_page_and_paper() -> None:
    told = Anamnesis(lesion=LesionStory(elevated=True, firm=True, growth="rapid", irregular_shape=True))
    assessment = with_anamnesis(assessment_of(), told)
    page = report_html(assessment)
    document = pypdfium2.PdfDocument(report_pdf(assessment))
    text = " ".join(" ".join(sheet.get_textpage().get_text_range() for sheet in document).split())
    for words in ("4 to 10 points", "3 of 3", "excise without delay", "Told: growth rapid."):
        assert words in " ".join(page.split())
        assert words in text


@settings(max_examples=20)
@given(ANAMNESES)
def test_what_follows_from_any_answers_fits_the_published_schema(told: Anamnesis) -> None:
    written = to_json_object(judged(failed(), default_policy(), told))
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(written)))
    assert set(written["anamnesis"]["story"]) == set(STORY_RULES)
    assert (written["anamnesis"]["risk"]["probability"] is None) == bool(
        written["anamnesis"]["risk"]["reason"]
    )


def test_the_answers_change_nothing_of_what_the_image_says() -> None:
    before, after = assessment_of(), with_anamnesis(assessment_of(), TOLD)
    assert replace(after, anamnesis=None, risk=None, story={}, together=None) == before
    assert with_anamnesis(before, None) is before
