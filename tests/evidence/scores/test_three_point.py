"""The 3-point checklist: all 8 inputs, and that colour alone makes no asymmetry of structure."""

from __future__ import annotations

import itertools
from dataclasses import replace

from augderm.domain.assessment import LeastAsymmetry
from augderm.evidence.scores.rule import Finding, score_from
from augderm.evidence.scores.seen import Seen
from augderm.evidence.scores.three_point import THREE_POINT, findings
from support.reports import assessment_of

NAMES = ("asymmetry", "atypical_network", "blue_white_structures")


def test_all_8_inputs_have_their_total_and_verdict() -> None:
    assert tuple(item.name for item in THREE_POINT.items) == NAMES
    suspicious = set()
    for values in itertools.product((0, 1), repeat=3):
        score = score_from(
            THREE_POINT, {n: Finding(v, v, "seen") for n, v in zip(NAMES, values, strict=True)}
        )
        assert score.total == sum(values)
        if score.verdict == "suspicious":
            suspicious.add(values)
    assert suspicious == {(1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)}


def test_colour_alone_settles_no_asymmetry_but_is_told() -> None:
    measures = assessment_of().measures
    assert measures
    for colour in ((0.0, 0.0), (0.3, 0.3)):
        found = findings(Seen(replace(measures, least_asymmetry=LeastAsymmetry(-12.0, (0.0, 0.0), colour))))
        assert (found["asymmetry"].lowest, found["asymmetry"].highest) == (0, 1)
        assert f"colour {100 * colour[0]:.1f} and" in found["asymmetry"].evidence
        assert "axes at −12° and 78°" in found["asymmetry"].evidence
    assert (found["blue_white_structures"].lowest, found["blue_white_structures"].highest) == (0, 1)


def test_two_absent_criteria_decide() -> None:
    absent = Finding(0, 0, "seen")
    score = score_from(THREE_POINT, {"atypical_network": absent, "asymmetry": absent})
    assert (score.total, score.verdict) == (None, "not_suspicious")
