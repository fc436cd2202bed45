"""Shares with intervals: within 0 to 1, around the share, as wide as published examples say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.evidence.statistics.proportions import all_or_none, difference, proportion

counts = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@given(counts)
def test_the_interval_lies_around_the_share_and_within_0_to_1(given_: tuple[int, int]) -> None:
    found = proportion(*given_)
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert found.low < found.high


@given(counts)
def test_counting_the_others_mirrors_the_interval(given_: tuple[int, int]) -> None:
    count, total = given_
    one, other = proportion(count, total), proportion(total - count, total)
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)


@given(counts)
def test_ten_times_the_cases_make_it_narrower(given_: tuple[int, int]) -> None:
    count, total = given_
    few, many = proportion(count, total), proportion(10 * count, 10 * total)
    assert many.high - many.low < few.high - few.low


def test_values_published_by_newcombe_are_met() -> None:
    # Newcombe, Stat Med 1998;17:857-872, table I, method 3; and 1998;17:873-890, table II, method 10.
    found = proportion(81, 263)
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)
    found = proportion(0, 20)
    assert found.low == 0
    assert found.high == pytest.approx(0.1611, abs=5e-5)
    apart = difference(proportion(56, 70), proportion(48, 80))
    assert apart.low == pytest.approx(0.0524, abs=5e-5)
    assert apart.high == pytest.approx(0.3339, abs=5e-5)


def test_of_no_case_nothing_is_said() -> None:
    found = proportion(0, 0)
    assert math.isnan(found.share)
    assert not difference(found, proportion(1, 2)).beyond_chance
    with pytest.raises(ValueError, match="no share"):
        proportion(3, 2)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    for truth, total in ((0.9, 30), (0.5, 12), (0.97, 100)):
        drawn = [proportion(int(count), total) for count in rng.binomial(total, truth, 3000)]
        held = np.mean([each.low <= truth <= each.high for each in drawn])
        assert 0.91 < held < 0.99


@given(counts, counts)
def test_a_difference_turned_round_has_the_other_sign(one: tuple[int, int], other: tuple[int, int]) -> None:
    there, back = (
        difference(proportion(*one), proportion(*other)),
        difference(proportion(*other), proportion(*one)),
    )
    assert there.low == pytest.approx(-back.high, abs=1e-12)
    assert there.beyond_chance == back.beyond_chance


@given(st.integers(1, 5000))
def test_all_and_none_have_mirrored_intervals_and_what_lies_between_has_none(groups: int) -> None:
    none, all_of_them = all_or_none(0.0, groups), all_or_none(1.0, groups)
    assert none[0] == 0
    assert none[1] == pytest.approx(proportion(0, groups).high)
    assert all_of_them == pytest.approx((1 - none[1], 1.0))
    for other in (0.5, math.nan):
        assert all(math.isnan(end) for end in all_or_none(other, groups))
    assert all(math.isnan(end) for end in all_or_none(1.0, 0))
