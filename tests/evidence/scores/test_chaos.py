"""Chaos and clues: all 1,024 inputs, and what structures exclude."""

from __future__ import annotations

import itertools

import pytest

from augderm.evidence.scores.chaos import CHAOS, findings
from augderm.evidence.scores.rule import Finding, score_from
from augderm.evidence.scores.seen import Seen
from support.reports import assessment_of

NAMES = [item.name for item in CHAOS.items]


def test_all_1024_inputs_have_their_verdict() -> None:
    assert NAMES[0] == "chaos"
    assert len(NAMES) == 1 + 9
    suspicious = 0
    for values in itertools.product((0, 1), repeat=10):
        score = score_from(CHAOS, {n: Finding(v, v, "seen") for n, v in zip(NAMES, values, strict=True)})
        expected = values[0] == 1 and sum(values[1:]) >= 1
        assert score.verdict == ("suspicious" if expected else "not_suspicious")
        assert score.total == sum(values[1:])
        suspicious += expected
    assert suspicious == 2**9 - 1


def test_without_chaos_no_clue_counts() -> None:
    assert score_from(CHAOS, {"chaos": Finding(0, 0, "seen")}).verdict == "not_suspicious"


@pytest.mark.parametrize(
    ("network", "streaks", "highest"), [(0.05, 0.05, 0), (0.05, 0.5, 1), (0.95, 0.05, 1)]
)
def test_thick_lines_are_absent_only_without_network_and_streaks(
    network: float, streaks: float, highest: int
) -> None:
    found = findings(Seen(None, {"pigment_network": network, "streaks": streaks}))["thick_lines"]
    assert (found.lowest, found.highest) == (0, highest)
    assert found.measure == "structures"


def test_colour_and_structures_alone_make_no_chaos_and_no_clue() -> None:
    assessment = assessment_of()
    seen = Seen(assessment.measures, {"pigment_network": 0.99, "globules": 0.99, "streaks": 0.99})
    found = findings(seen)
    assert {finding.lowest for finding in found.values()} == {0}
    assert "Patterns were not counted" in found["chaos"].evidence
    assert "Blue-grey takes 2" in found["grey_or_blue_structures"].evidence
