"""Bounds of a score: they hold whatever the open items turn out to be, and no tighter ones do."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.domain.scores import Score
from augderm.evidence.scores import RULES
from augderm.evidence.scores.rule import NOT_MEASURED, Finding, ScoreRule, score_from

GRAVITY = ("benign", "not_suspicious", "not_melanoma", "suspicious", "melanoma")
"""The verdicts of each score, in the order of their gravity."""
rules = st.sampled_from(list(RULES.values()))


@st.composite
def partly_known(draw: st.DrawFn) -> tuple[ScoreRule, dict[str, Finding]]:
    rule = draw(rules)
    found = {}
    for item in rule.items:
        ends = draw(st.none() | st.tuples(*[st.integers(item.least, item.most)] * 2))
        if ends:
            found[item.name] = Finding(min(ends), max(ends), "seen")
    return rule, found


def completions(score: Score) -> list[dict[str, int]]:
    names = [item.name for item in score.items]
    ranges = [range(item.lowest, item.highest + 1) for item in score.items]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*ranges)]


@settings(max_examples=60)
@given(partly_known())
def test_the_bounds_are_those_of_every_completion(case: tuple[ScoreRule, dict[str, Finding]]) -> None:
    rule, found = case
    score = score_from(rule, found)
    every = completions(score)
    totals = {rule.total(values) for values in every}
    assert (score.lowest, score.highest) == (min(totals), max(totals))
    verdicts = sorted({rule.judged(values) for values in every}, key=GRAVITY.index)
    assert (score.mildest, score.gravest) == (verdicts[0], verdicts[-1])
    assert score.verdict == (verdicts[0] if len(verdicts) == 1 else "undecided")


@given(partly_known(), st.integers(0, 2**16))
def test_knowing_more_never_widens_the_bounds(case: tuple[ScoreRule, dict[str, Finding]], seed: int) -> None:
    rule, found = case
    wide = score_from(rule, found)
    one = random.Random(seed).choice(wide.items)
    value = random.Random(seed + 1).randint(one.lowest, one.highest)
    narrow = score_from(rule, found | {one.name: Finding(value, value, "seen")})
    assert wide.lowest <= narrow.lowest <= narrow.highest <= wide.highest
    if wide.verdict != "undecided":
        assert narrow.verdict == wide.verdict


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_with_nothing_measured_nothing_is_said(rule: ScoreRule) -> None:
    score = score_from(rule, {})
    assert score.total is None
    assert score.verdict == "undecided"
    for item in score.items:
        assert (item.value, item.set_by, item.evidence) == (None, "nobody", NOT_MEASURED)
        assert (item.lowest, item.highest) == (item.least, item.most)


def test_a_finding_that_excludes_no_value_assesses_nothing() -> None:
    item = score_from(RULES["abcd"], {"border": Finding(0, 8, "seen")}).item("border")
    assert (item.set_by, item.evidence) == ("nobody", "seen")
    assert score_from(RULES["abcd"], {"border": Finding(1, 8, "seen")}).item("border").set_by == "machine"


@pytest.mark.parametrize("finding", [Finding(0, 3, ""), Finding(3, 2, ""), Finding(2, 7, "")])
def test_a_finding_outside_of_the_item_is_a_fault(finding: Finding) -> None:
    with pytest.raises(ValueError, match="it goes from 1 to 6"):
        score_from(RULES["abcd"], {"colours": finding})
    with pytest.raises(ValueError, match="no items"):
        score_from(RULES["abcd"], {"colors": Finding(1, 1, "")})


def test_totals_are_exact_decimals() -> None:
    values = {"asymmetry": 1, "border": 3, "colours": 2, "structures": 1}
    assert RULES["abcd"].total(values) == Decimal("3.1")
