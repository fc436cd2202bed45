"""The anamnesis in the advice: what was answered counts, and unknown fires nothing and silences nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from augderm.domain.advice import BANDS
from augderm.domain.anamnesis import LESION_QUESTIONS, Anamnesis, LesionStory, contradictions
from augderm.domain.assessment import Assessment
from augderm.evidence.advice import NOTHING_TOLD, StoryFacts, story_facts
from augderm.second_read import judged
from support.advice import DEFAULT, read_of, unread
from support.answers import ANAMNESES

READ = read_of(0.0)


def told(**answers: Any) -> Assessment:
    """A harmless photograph of a lesion of which this was told."""
    return judged(READ, DEFAULT, Anamnesis(lesion=LesionStory(**answers)))


def fired(read: Assessment) -> set[str]:
    assert read.advice
    return {rule.name for rule in read.advice.rules}


def band(read: Assessment) -> str:
    assert read.advice
    return read.advice.band


@pytest.mark.parametrize(
    ("answers", "facts"),
    [
        ({"elevated": True, "firm": False}, {"elevated": True, "firm": False}),
        ({"ulcerated": True}, {"ulcerated": True}),
        ({"ulcerated": False}, {"ulcerated": False}),
        (
            {"growth": "rapid"},
            {"growing": True, "rapid_growth": True, "ng12_lowest": 2, "ng12_highest": 10},
        ),
        (
            {"growth": "slow"},
            {"growing": True, "rapid_growth": False, "ng12_lowest": 2, "ng12_highest": 10},
        ),
        ({"growth": "none"}, {"growing": False, "rapid_growth": False}),
        ({"change_in_size": False}, {"growing": False, "ng12_lowest": 0, "ng12_highest": 8}),
        (
            {"change_in_size": False, "change_in_colour": False, "change_in_shape": False},
            {"growing": False, "changing": False, "ng12_lowest": 0, "ng12_highest": 8},
        ),
        ({"diameter_mm": 7.0, "oozing": False}, {"ng12_lowest": 1, "ng12_highest": 9}),
        ({"site": "back", "worry": "it grows"}, {}),
        ({"bleeding": True}, {"bleeding": True}),
        ({"change_in_colour": True}, {"changing": True}),
        ({"change_in_colour": False, "change_in_shape": False}, {}),
    ],
)
def test_each_answer_reaches_its_facts_and_no_other(answers: dict[str, Any], facts: dict[str, Any]) -> None:
    assert story_facts(told(**answers)) == StoryFacts(**facts)


def test_where_nobody_asked_and_where_nobody_answered_nothing_is_known() -> None:
    assert story_facts(READ) == NOTHING_TOLD
    silent = told()
    assert story_facts(silent) == NOTHING_TOLD
    assert silent.advice == judged(READ, DEFAULT).advice


@pytest.mark.parametrize("read", [READ, unread("abstained"), unread("failed")])
@pytest.mark.parametrize(
    ("answers", "flag"),
    [
        ({"elevated": True, "firm": True, "growth": "slow"}, "efg"),
        ({"growth": "rapid"}, "rapid_growth"),
        ({"ulcerated": True}, "ulcerated"),
    ],
)
def test_a_red_flag_that_was_told_makes_it_urgent_whatever_was_seen(
    read: Assessment, answers: dict[str, Any], flag: str
) -> None:
    assert band(judged(read, DEFAULT)) != "urgent"
    flagged = judged(read, DEFAULT, Anamnesis(lesion=LesionStory(**answers)))
    assert flagged.advice
    assert flagged.advice.band == "urgent"
    assert (flagged.advice.rules[0].name, flagged.advice.rules[0].red_flag) == (flag, True)


def test_three_points_of_ng12_make_it_urgent_and_two_with_five_open_do_not() -> None:
    assert band(told(irregular_shape=True, inflamed=True)) == "urgent"
    two = told(irregular_shape=True)
    assert band(two) == "reassure"
    assert two.advice
    assert "ng12_suspicious" in two.advice.unknown


@pytest.mark.parametrize(
    "answers", [{"bleeding": True}, {"change_in_shape": True}, {"change_in_colour": True}]
)
def test_a_lesion_that_is_told_to_bleed_or_change_is_not_reassured(answers: dict[str, Any]) -> None:
    assert band(told(**answers)) == "soon"


def test_answers_that_contradict_each_other_are_unknown_to_the_advice() -> None:
    read = told(elevated=True, firm=True, growth="rapid", change_in_size=False)
    facts = story_facts(read)
    assert (facts.growing, facts.rapid_growth) == (None, None)
    assert (facts.elevated, facts.firm) == (True, True)
    assert read.advice
    assert {"efg", "rapid_growth"} <= set(read.advice.unknown)
    assert fired(read) == fired(judged(READ, DEFAULT)) | {"contradicted"}
    assert band(read) == "soon"


@given(
    st.sampled_from([READ, read_of(0.3, "mel"), unread("abstained"), unread("failed")]),
    ANAMNESES,
    st.sampled_from(sorted(LESION_QUESTIONS)),
)
def test_an_answer_that_is_forgotten_fires_nothing_and_silences_nothing_else(
    read: Assessment, anamnesis: Anamnesis, forgotten: str
) -> None:
    # Without one of two that contradict each other the other counts again.
    assume(not contradictions(anamnesis))
    less_told = replace(anamnesis, lesion=replace(anamnesis.lesion, **{forgotten: None}))
    whole, less, none = (judged(read, DEFAULT, each) for each in (anamnesis, less_told, None))
    assert fired(none) <= fired(less) <= fired(whole)
    assert BANDS.index(band(none)) >= BANDS.index(band(less)) >= BANDS.index(band(whole))
    lost = {rule.fact for rule in whole.advice.rules if rule.name not in fired(less)}  # type: ignore[union-attr]
    assert not lost or getattr(anamnesis.lesion, forgotten) is not None
    assert lost <= {"efg", "rapid_growth", "ulcerated", "bleeding", "changing", "ng12_suspicious"}
