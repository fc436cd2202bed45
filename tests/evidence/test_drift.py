"""Drift: the first months are the measure, small numbers say so, and a real change is seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from augderm.evidence.drift import FEW, FIRST_MONTHS, MonthCounts, drift


def counts(month: int, photographs: int, not_good: int, high: int) -> MonthCounts:
    return MonthCounts(
        month=f"2026-{month:02d}",
        photographs=photographs,
        not_good=not_good,
        scored=photographs,
        high=high,
        mean_score=0.2,
    )


def test_worse_photographs_are_seen_and_steady_ones_are_not() -> None:
    months = [counts(month, 200, 20, 100) for month in (4, 2, 1, 3)] + [counts(5, 200, 80, 101)]
    found = drift(months)
    assert [each.month for each in found] == [f"2026-{month:02d}" for month in range(1, 6)]
    assert all(each.more_not_good is None for each in found[:FIRST_MONTHS])
    steady, worse = found[3], found[4]
    assert steady.more_not_good is not None
    assert worse.more_not_good is not None
    assert worse.more_high is not None
    assert not steady.more_not_good.beyond_chance
    assert worse.more_not_good.beyond_chance
    assert worse.more_not_good.low > 0
    assert not worse.more_high.beyond_chance


def test_a_handful_is_told_to_be_one() -> None:
    found = drift([counts(month, FEW - 1 if month == 4 else FEW, 0, 0) for month in range(1, 5)])
    assert [each.few for each in found] == [False, False, False, True]


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 300)), max_size=12, unique_by=lambda m: m[0]))
def test_any_months_give_one_row_each_in_order(given_: list[tuple[int, int]]) -> None:
    found = drift([counts(month, n, n // 3, n // 2) for month, n in given_])
    assert [each.month for each in found] == sorted(f"2026-{month:02d}" for month, _ in given_)


def test_no_month_no_row() -> None:
    assert drift([]) == []
