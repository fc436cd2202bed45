"""The lesion's story: every completion of the answers lies within the bounds, and unknown is never no."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import Anamnesis, LesionStory, contradictions
from augderm.domain.assessment import Measures, Scale
from augderm.domain.scores import Score
from augderm.evidence.lesion_story import STORY_RULES, read_story
from support.answers import LESIONS
from support.reports import assessment_of

NICE_ANSWERS: dict[str, tuple[Any, Any, int]] = {
    "change_in_size": (False, True, 2),
    "irregular_shape": (False, True, 2),
    "irregular_colour": (False, True, 2),
    "diameter_mm": (6.99, 7.0, 1),
    "inflamed": (False, True, 1),
    "oozing": (False, True, 1),
    "sensation_changed": (False, True, 1),
}
"""What says no and yes to each item, and its points."""


def nice(measures: Measures | None = None, /, **answers: Any) -> Score:
    return read_story(Anamnesis(lesion=LesionStory(**answers)), measures)["nice_seven_point"]


def efg(**answers: Any) -> Score:
    return read_story(Anamnesis(lesion=LesionStory(**answers)))["efg"]


def measured(mm: float, uncertainty: float = 0.0, touches_frame: float = 0.0) -> Measures:
    measures = assessment_of(mm_per_px=0.03).measures
    assert measures
    scale = Scale(mm / measures.long_axis_px, uncertainty * mm / measures.long_axis_px, "ruler")
    return replace(measures, scale=scale, touches_frame=touches_frame)


def test_all_128_inputs_have_their_total_and_verdict() -> None:
    for present in itertools.product((0, 1), repeat=7):
        answers = {name: NICE_ANSWERS[name][there] for name, there in zip(NICE_ANSWERS, present, strict=True)}
        points = sum(there * NICE_ANSWERS[name][2] for name, there in zip(NICE_ANSWERS, present, strict=True))
        score = nice(**answers)
        assert score.total == points
        assert score.verdict == ("suspicious" if points >= 3 else "not_suspicious")
        assert {item.set_by for item in score.items} == {"person"}


def test_all_27_inputs_of_efg_have_their_verdict() -> None:
    yes, no, unknown = "suspicious", "not_suspicious", "undecided"
    for elevated, firm, growth in itertools.product((True, False, None), (True, False, None), (*"yn", None)):
        told = {"y": "rapid", "n": "none", None: None}[growth]
        known = (elevated, firm, {"y": True, "n": False, None: None}[growth])
        expected = no if False in known else unknown if None in known else yes
        assert efg(elevated=elevated, firm=firm, growth=told).verdict == expected


def test_without_answers_everything_is_open() -> None:
    for score in read_story(Anamnesis()).values():
        assert (score.total, score.verdict) == (None, "undecided")
        assert {item.set_by for item in score.items} == {"nobody"}
        assert {item.evidence for item in score.items} == {"Not answered."}


@given(st.dictionaries(st.sampled_from(sorted(NICE_ANSWERS)), st.integers(0, 1)))
def test_every_completion_lies_within_the_bounds_and_both_are_reached(known: dict[str, int]) -> None:
    def told(present: dict[str, int]) -> Score:
        return nice(**{name: NICE_ANSWERS[name][there] for name, there in present.items()})

    score = told(known)
    open_ = [name for name in NICE_ANSWERS if name not in known]
    whole = [
        told({**known, **dict(zip(open_, rest, strict=True))})
        for rest in itertools.product((0, 1), repeat=len(open_))
    ]
    totals: list[Any] = [each.total for each in whole]
    assert (score.lowest, score.highest) == (min(totals), max(totals))
    verdicts = {each.verdict for each in whole}
    assert {score.mildest, score.gravest} == verdicts
    assert score.verdict == (verdicts.pop() if len(verdicts) == 1 else "undecided")


@given(LESIONS, st.data())
def test_an_answer_that_becomes_unknown_never_narrows_the_bounds(
    lesion: LesionStory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([*NICE_ANSWERS, "itch", "growth", "elevated", "firm", "bleeding"]))
    less = replace(lesion, **{name: None})
    # Where it contradicted another, that one counts again.
    if any(name in each.answers for each in contradictions(Anamnesis(lesion=lesion))):
        return
    for rule in STORY_RULES:
        before = read_story(Anamnesis(lesion=lesion))[rule]
        after = read_story(Anamnesis(lesion=less))[rule]
        assert after.lowest <= before.lowest
        assert before.highest <= after.highest


@pytest.mark.parametrize(
    ("answers", "item", "value"),
    [
        ({"growth": "slow"}, "change_in_size", 1),
        ({"growth": "none"}, "change_in_size", None),
        ({"growth": "none", "change_in_size": True}, "change_in_size", 1),
        ({"growth": "rapid", "change_in_size": False}, "change_in_size", None),
        ({"change_in_shape": True, "change_in_colour": True}, "irregular_shape", None),
        ({"itch": True}, "sensation_changed", 1),
        ({"itch": False}, "sensation_changed", None),
        ({"itch": True, "sensation_changed": False}, "sensation_changed", None),
        ({"bleeding": True}, "oozing", None),
        ({"ulcerated": True}, "oozing", None),
    ],
)
def test_an_answer_says_no_more_than_it_says(answers: dict[str, Any], item: str, value: int | None) -> None:
    assert nice(**answers).item(item).value == value


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        ({"growth": "slow"}, 1),
        ({"growth": "none"}, 0),
        ({"change_in_size": False}, 0),
        ({"change_in_size": True}, None),
        ({"growth": "rapid", "change_in_size": False}, None),
    ],
)
def test_growing_follows_from_growth_and_not_from_any_change(
    answers: dict[str, Any], value: int | None
) -> None:
    assert efg(**answers).item("growing").value == value


def test_a_contradicted_answer_is_told_and_left_open() -> None:
    item = efg(growth="rapid", change_in_size=False).item("growing")
    assert (item.lowest, item.highest, item.set_by) == (0, 1, "nobody")
    assert item.evidence == "Told: growth rapid; change in size no. The answers contradict each other."


@pytest.mark.parametrize(
    ("measures", "bounds"),
    [
        (measured(7.0), (1, 1)),
        (measured(6.9), (0, 0)),
        (measured(7.2, 0.02), (0, 1)),
        (measured(6.8, 0.02), (0, 1)),
        (measured(7.3, 0.02), (1, 1)),
        (measured(6.7, 0.02), (0, 0)),
        (measured(3.0, touches_frame=0.1), (0, 1)),
        (measured(8.0, touches_frame=0.1), (1, 1)),
    ],
)
def test_a_measured_diameter_counts_within_its_uncertainty(
    measures: Measures, bounds: tuple[int, int]
) -> None:
    item = nice(measures).item("diameter")
    assert (item.lowest, item.highest) == bounds
    assert item.set_by == ("nobody" if bounds == (0, 1) else "machine")
    assert item.evidence.startswith("Measured: ")
    assert item.measure == "measures.long_axis_mm"


def test_the_told_diameter_counts_before_the_measured_one() -> None:
    item = nice(measured(9.0), diameter_mm=4).item("diameter")
    assert (item.value, item.set_by, item.evidence) == (0, "person", "Told: diameter 4 mm.")


def test_without_a_scale_no_diameter_is_claimed() -> None:
    assert nice(assessment_of().measures).item("diameter").value is None


def test_major_features_weigh_two_and_minor_one() -> None:
    weights = [item.weight for item in STORY_RULES["nice_seven_point"].items]
    assert weights == [Decimal(2)] * 3 + [Decimal(1)] * 4
