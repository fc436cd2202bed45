"""The questionnaire: what is refused, what is flagged, and that unknown is never taken as no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import (
    LESION_QUESTIONS,
    PERSON_QUESTIONS,
    QUESTIONS,
    Anamnesis,
    LesionStory,
    Person,
    contradictions,
)
from augderm.domain.errors import InvalidAnamnesis
from support.answers import ANAMNESES


def test_unless_answered_everything_is_unknown() -> None:
    nothing = Anamnesis()
    assert {getattr(nothing.person, name) for name in PERSON_QUESTIONS} == {None}
    assert {getattr(nothing.lesion, name) for name in LESION_QUESTIONS} == {None}
    assert contradictions(nothing) == ()


def test_the_parts_share_no_name() -> None:
    assert len(QUESTIONS) == 1 + len(PERSON_QUESTIONS) + len(LESION_QUESTIONS)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Person, {"age_years": -1}),
        (Person, {"age_years": 121}),
        (Person, {"skin_type": 0}),
        (Person, {"skin_type": 7}),
        (Person, {"skin_type": 2.5}),
        (Person, {"small_moles_on_back": -1}),
        (Person, {"sex": "m"}),
        (Person, {"pregnant": "no"}),
        (LesionStory, {"diameter_mm": 0}),
        (LesionStory, {"diameter_mm": -4.0}),
        (LesionStory, {"known_for_months": -1}),
        (LesionStory, {"onset": "2026-02-30"}),
        (LesionStory, {"worry": "x" * 2001}),
        (LesionStory, {"site": "moon"}),
    ],
)
def test_an_answer_that_cannot_be_is_refused_by_name(kind: type, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnamnesis, match=f"^{next(iter(wrong))} is "):
        kind(**wrong)


def test_onset_and_duration_together_are_refused() -> None:
    with pytest.raises(InvalidAnamnesis, match="give one of them"):
        LesionStory(onset="2020", known_for_months=3)


@pytest.mark.parametrize(
    ("onset", "answered_on", "refused"),
    [
        ("2026", "2026-03-01", False),
        ("2026-03", "2026-03-01", False),
        ("2026-03-01", "2026-03-01", False),
        ("2026-03-02", "2026-03-01", True),
        ("2026-04", "2026-03-01", True),
        ("2027", "2026-12-31", True),
        ("2026-12", "2026", False),
        (None, "2026", False),
        ("2030", None, False),
    ],
)
def test_an_onset_after_the_answers_is_refused(
    onset: str | None, answered_on: str | None, refused: bool
) -> None:
    def told() -> Anamnesis:
        return Anamnesis(answered_on=answered_on, lesion=LesionStory(onset=onset))

    if refused:
        with pytest.raises(InvalidAnamnesis, match=f"onset is {onset}, after answered_on"):
            told()
    else:
        told()


def test_what_lies_after_today_is_refused_by_name() -> None:
    told = Anamnesis(lesion=LesionStory(onset="2026-11-26"))
    told.refuse_after("2026-11-26")
    with pytest.raises(InvalidAnamnesis, match=r"onset is 2026-11-26, after today, 2026-11-25"):
        told.refuse_after("2026-11-25")
    with pytest.raises(InvalidAnamnesis, match="answered_on is 2027"):
        Anamnesis(answered_on="2027").refuse_after("2026-11-25")


@pytest.mark.parametrize(
    ("person", "lesion", "answered_on", "named"),
    [
        ({"sex": "male", "pregnant": True}, {}, None, {("sex", "pregnant")}),
        ({"age_years": 9, "pregnant": True}, {}, None, {("age_years", "pregnant")}),
        ({"age_years": 61, "pregnant": True}, {}, None, {("age_years", "pregnant")}),
        ({"age_years": 2}, {"known_for_months": 37}, None, {("age_years", "known_for_months")}),
        ({"age_years": 2}, {"onset": "2019"}, "2026", {("age_years", "onset")}),
        ({}, {"growth": "slow", "change_in_size": False}, None, {("change_in_size", "growth")}),
        ({}, {"itch": True, "sensation_changed": False}, None, {("itch", "sensation_changed")}),
    ],
)
def test_answers_that_contradict_each_other_are_flagged_by_name(
    person: dict[str, Any], lesion: dict[str, Any], answered_on: str | None, named: set[tuple[str, str]]
) -> None:
    told = Anamnesis(answered_on=answered_on, person=Person(**person), lesion=LesionStory(**lesion))
    found = contradictions(told)
    assert {each.answers for each in found} == named
    assert all(each.sentence.endswith(".") for each in found)


@pytest.mark.parametrize(
    ("person", "lesion"),
    [
        ({"sex": "male", "pregnant": False}, {}),
        ({"sex": "male"}, {}),
        ({"sex": "other", "pregnant": True, "age_years": 30}, {}),
        ({"age_years": 2}, {"known_for_months": 30}),
        ({"age_years": 2}, {"onset": "2019"}),
        ({}, {"growth": "none", "change_in_size": True}),
        ({}, {"growth": "rapid"}),
        ({}, {"itch": False, "sensation_changed": True}),
    ],
)
def test_answers_that_may_be_true_together_are_not_flagged(
    person: dict[str, Any], lesion: dict[str, Any]
) -> None:
    assert contradictions(Anamnesis(person=Person(**person), lesion=LesionStory(**lesion))) == ()


@given(ANAMNESES, st.data())
def test_an_answer_that_becomes_unknown_contradicts_nothing(told: Anamnesis, data: st.DataObject) -> None:
    before = {each.answers for each in contradictions(told)}
    name = data.draw(st.sampled_from(sorted(PERSON_QUESTIONS | LESION_QUESTIONS)))
    part = "person" if name in PERSON_QUESTIONS else "lesion"
    less = replace(told, **{part: replace(getattr(told, part), **{name: None})})
    after = {each.answers for each in contradictions(less)}
    assert after == {answers for answers in before if name not in answers}
