"""The day of a recall: never later than its interval says, and none where it cannot be counted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.recall import Interval, counted, recall_date

DAYS_OF_THE_CALENDAR = st.dates(max_value=date(9998, 1, 1))


def months(count: int) -> Interval:
    return Interval(kind="photograph", months=count, origin="a test")


def due_day(start: date, count: int) -> date:
    due = recall_date(start.isoformat(), months(count))
    assert due
    return date.fromisoformat(due)  # which takes no day that is not in the calendar


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        ("2026-01-15", 3, "2026-04-15"),
        ("2026-01-31", 3, "2026-04-30"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-12-01", 12, "2027-12-01"),
    ],
)
def test_months_are_those_of_the_calendar(start: str, count: int, due: str) -> None:
    assert counted(months(count), start).due == due


@given(DAYS_OF_THE_CALENDAR, st.integers(1, 366))
def test_days_are_days(start: date, days: int) -> None:
    due = recall_date(start.isoformat(), Interval(kind="visit", days=days, origin="a test"))
    assert due == (start + timedelta(days=days)).isoformat()


@given(DAYS_OF_THE_CALENDAR, DAYS_OF_THE_CALENDAR, st.integers(1, 12))
def test_an_earlier_photograph_is_never_recalled_later(one: date, other: date, count: int) -> None:
    earlier, later = (due_day(day, count) for day in sorted((one, other)))
    assert earlier <= later


@given(DAYS_OF_THE_CALENDAR, st.integers(1, 11))
def test_more_months_are_later_and_none_is_longer_than_31_days(start: date, count: int) -> None:
    sooner, later = due_day(start, count), due_day(start, count + 1)
    assert start < sooner < later <= start + timedelta(days=31 * (count + 1))
    assert sooner.day <= start.day


def test_without_a_day_or_beyond_the_calendar_no_date_is_claimed() -> None:
    assert counted(months(3), None).due is None
    assert counted(months(3), None).counted_from is None
    beyond = counted(months(3), "9999-11-01")
    assert (beyond.counted_from, beyond.due) == ("9999-11-01", None)
    assert counted(Interval(kind="visit", days=14, origin="a test"), "9999-12-31").due is None


@pytest.mark.parametrize("given", [{}, {"months": 3, "days": 1}, {"months": 0}, {"days": -1}])
def test_an_interval_is_one_number_above_0(given: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="give one of them"):
        Interval(kind="visit", origin="a test", **given)
