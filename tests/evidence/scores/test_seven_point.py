"""The 7-point checklist: all 128 inputs in both versions, and what the machine claims."""

from __future__ import annotations

import itertools

import pytest

from augderm.domain.taxonomy import CHECKLIST
from augderm.evidence.scores.rule import Finding, ScoreRule, score_from
from augderm.evidence.scores.seen import Seen
from augderm.evidence.scores.seven_point import (
    CRITERION_OF,
    SEVEN_POINT,
    SEVEN_POINT_REVISED,
    findings,
    points,
)

MAJOR = {"atypical_network", "blue_whitish_veil", "atypical_vascular_pattern"}
MINOR = {"irregular_streaks", "irregular_dots_globules", "irregular_blotches", "regression_structures"}


@pytest.mark.parametrize(("rule", "major", "limit"), [(SEVEN_POINT, 2, 3), (SEVEN_POINT_REVISED, 1, 1)])
def test_all_128_inputs_have_their_total_and_verdict(rule: ScoreRule, major: int, limit: int) -> None:
    names = [item.name for item in rule.items]
    assert set(names) == MAJOR | MINOR
    inputs = [
        {name for name, there in zip(names, present, strict=True) if there}
        for present in itertools.product((0, 1), repeat=7)
    ]
    assert len(inputs) == 128
    verdicts = set()
    for present in inputs:
        score = score_from(rule, {n: Finding(int(n in present), int(n in present), "seen") for n in names})
        points = major * len(present & MAJOR) + len(present & MINOR)
        assert score.total == points
        assert score.verdict == ("suspicious" if points >= limit else "not_suspicious")
        verdicts.add(score.verdict)
    assert len(verdicts) == 2


def test_one_major_criterion_is_not_enough_in_1998_and_is_in_the_revised_one() -> None:
    known = {name: Finding(int(name == "atypical_network"), int(name == "atypical_network"), "seen")
             for name in MAJOR | MINOR}  # fmt: skip
    assert score_from(SEVEN_POINT, known).verdict == "not_suspicious"
    assert score_from(SEVEN_POINT_REVISED, known).verdict == "suspicious"


def test_a_structure_that_is_there_makes_no_criterion_present() -> None:
    there = findings(Seen(None, {"pigment_network": 0.99, "globules": 0.99, "streaks": 0.99}))
    assert {(finding.lowest, finding.highest) for finding in there.values()} == {(0, 1)}
    assert "does not tell whether it is atypical" in there["atypical_network"].evidence
    assert "> 0.99" not in there["atypical_network"].evidence
    assert "0.99 (present)" in there["atypical_network"].evidence


def test_a_structure_that_is_absent_makes_its_criterion_absent() -> None:
    gone = findings(Seen(None, {"pigment_network": 0.003, "globules": 0.1, "streaks": 0.11}))
    assert {name for name, finding in gone.items() if finding.highest == 0} == {
        "atypical_network",
        "irregular_dots_globules",
    }
    assert "< 0.01 (absent)" in gone["atypical_network"].evidence


def test_what_the_machine_cannot_measure_is_left_out() -> None:
    assert findings(Seen(None, {"pigment_network": None})) == {}


def even(**changes: dict[str, float]) -> dict[str, dict[str, float] | None]:
    """Every criterion as likely absent, but for the changed ones."""
    found: dict[str, dict[str, float] | None] = {
        criterion: {name: 0.8 if name == "absent" else 0.2 / (len(names) - 1) for name in names}
        for criterion, names in CHECKLIST.items()
    }
    return found | changes


def test_a_checklist_that_is_told_sets_all_seven_items_by_the_likeliest_category() -> None:
    told = even(
        pigment_network={"absent": 0.1, "typical": 0.3, "atypical": 0.6},
        blue_whitish_veil={"absent": 0.45, "present": 0.55},
        streaks={"absent": 0.3, "regular": 0.4, "irregular": 0.3},
    )
    score = score_from(SEVEN_POINT, findings(Seen(None, {"streaks": 0.01}, told)))
    assert {item.name: item.value for item in score.items} == dict.fromkeys(MAJOR | MINOR, 0) | {
        "atypical_network": 1,
        "blue_whitish_veil": 1,
    }
    assert {item.set_by for item in score.items} == {"machine"}
    assert score.total == 4
    assert score.verdict == "suspicious"
    network = score.item("atypical_network")
    assert network.evidence == ("Pigment network, likeliest first: atypical 0.60, typical 0.30, absent 0.10.")
    assert network.measure == "checklist.pigment_network"


def test_a_criterion_that_is_not_told_stays_as_its_structure_leaves_it() -> None:
    told = even() | {"streaks": None, "vascular_structures": None}
    score = score_from(SEVEN_POINT, findings(Seen(None, {"streaks": 0.5}, told)))
    open_ = {item.name for item in score.items if item.set_by == "nobody"}
    assert open_ == {"irregular_streaks", "atypical_vascular_pattern"}
    assert score.verdict == "undecided"


@pytest.mark.parametrize(("rule", "most"), [(SEVEN_POINT, 10), (SEVEN_POINT_REVISED, 7)])
def test_points_are_those_of_the_scores(rule: ScoreRule, most: int) -> None:
    assert set(CRITERION_OF.values()) == set(CHECKLIST)
    for categories in itertools.product(*CHECKLIST.values()):
        named = dict(zip(CHECKLIST, categories, strict=True))
        told = {
            criterion: {name: float(name == category) for name in CHECKLIST[criterion]}
            for criterion, category in named.items()
        }
        assert points(named, rule) == score_from(rule, findings(Seen(None, {}, told))).total
    assert points({criterion: names[-1] for criterion, names in CHECKLIST.items()}, rule) == most
    assert points({}, rule) == 0
