"""Decisions before and after a change."""

from __future__ import annotations

import math

import pytest

from augderm.evidence.statistics.proportions import proportion
from augderm.learn.evaluation.few import LEAST_CASES
from augderm.learn.evaluation.perturb import QUARTER_TURNS
from augderm.learn.evaluation.robustness import Decision, flips, quarter_turn_flips, sample, seed_of
from support.cases import record_of

BEFORE = [Decision("nv", 0.1), Decision("nv", 0.4), Decision("mel", 0.9), None]
AFTER = [Decision("nv", 0.2), Decision("mel", 0.6), None, Decision("nv", 0.1)]
GROUPS = ["a", "b", "c", "d"]


def test_flips_agree_with_a_hand_count() -> None:
    found = flips("turned", BEFORE, AFTER, GROUPS, 0.5)
    assert found.images == 2
    assert found.not_read.value == pytest.approx(1 / 3)
    assert found.likeliest.value == 0.5
    assert found.malignancy.value == 0.5
    assert found.changed.value == pytest.approx(2 / 3), "of three that were read one flips, one is lost"
    assert found.mean_shift.value == pytest.approx((0.1 + 0.2) / 2)


def test_without_a_threshold_no_decision_on_malignancy_flips_or_holds() -> None:
    assert math.isnan(flips("turned", BEFORE, AFTER, GROUPS, math.nan).malignancy.value)


def test_of_few_lesions_not_even_the_shift_or_the_loss_is_told() -> None:
    for count, few in ((LEAST_CASES - 1, True), (LEAST_CASES, False)):
        said = [Decision("nv", 0.1)] * count
        found = flips("turned", said, said, [str(i) for i in range(count)], 0.5)
        assert found.mean_shift.few is found.not_read.few is found.changed.few is few
    assert (found.changed.low, found.changed.high) == (0, proportion(0, LEAST_CASES).high)


def test_where_nothing_was_read_everything_is_undefined() -> None:
    found = flips("turned", [None], [None], ["a"], 0.5)
    assert found.images == 0
    assert math.isnan(found.likeliest.value)
    assert math.isnan(found.not_read.value)


def test_the_three_quarter_turns_are_told_as_their_mean() -> None:
    turns = {name: flips(name, BEFORE, AFTER, GROUPS, 0.5) for name in QUARTER_TURNS}
    turns[QUARTER_TURNS[0]] = flips(QUARTER_TURNS[0], BEFORE, BEFORE, GROUPS, 0.5)
    assert quarter_turn_flips(turns).likeliest.value == pytest.approx((0 + 0.5 + 0.5) / 3)


def test_a_larger_sample_holds_the_smaller_one_whatever_the_order() -> None:
    records = [record_of(i, 5) for i in range(30)]
    few, more = sample(records, 5), sample(records[::-1], 12)
    assert few == more[:5]
    assert sample(records, 100) != records
    assert len(sample(records, 100)) == 30
    assert seed_of(records[0]) == seed_of(records[0]) != seed_of(records[1])
