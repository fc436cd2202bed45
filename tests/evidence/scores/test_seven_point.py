"""The 7-point checklist: all 128 inputs in both versions, and what the machine claims."""

from __future__ import annotations

import itertools

import pytest

from augderm.evidence.scores.rule import Finding, ScoreRule, score_from
from augderm.evidence.scores.seen import Seen
from augderm.evidence.scores.seven_point import SEVEN_POINT, SEVEN_POINT_REVISED, findings

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
