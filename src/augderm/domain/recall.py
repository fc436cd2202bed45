"""When a lesion is to be looked at again: the interval of an advice, and the day that follows from it."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import Literal

RecallKind = Literal["visit", "photograph"]
LAST_YEAR = 9999
"""Of four digits, which YYYY-MM-DD has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How soon, and who says so.

    Attributes:
        kind: "visit": a person sees the patient; "photograph": the lesion is photographed again and compared.
        months: calendar months, above 0; None where the interval is in days.
        days: above 0; None where it is in months.
        origin: who chose it, and on what.

    Raises:
        ValueError: both or neither of months and days are given, or one is not above 0.
    """

    kind: RecallKind
    months: int | None = None
    days: int | None = None
    origin: str

    def __post_init__(self) -> None:
        given = [each for each in (self.months, self.days) if each is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(f"{self.months} months and {self.days} days; give one of them, above 0")


@dataclass(frozen=True, slots=True)
class Recall:
    """An interval, counted.

    Attributes:
        interval: of the band.
        counted_from: the day of the photograph, YYYY-MM-DD; of several the latest; None where it, or that of
            one of several, is not known.
        due: the last day on which it is in time, YYYY-MM-DD; None where `counted_from` is, or where it lies
            beyond the calendar.
    """

    interval: Interval
    counted_from: str | None
    due: str | None


def recall_date(start: str, interval: Interval) -> str | None:
    """The last day that is in time.

    Months are those of the calendar: the same number in the month, or its last day where that month is
    shorter (31 January and 3 months: 30 April), so never later than that number would be.

    Args:
        start: the day from which it counts, YYYY-MM-DD.
        interval: of an advice.

    Returns:
        YYYY-MM-DD; None where it lies beyond the last day of such a calendar, 9999-12-31.
    """
    year, month, day = map(int, start.split("-"))
    months = month - 1 + (interval.months or 0)
    length = _length(months, year)
    day = min(day, length) + (interval.days or 0)
    while day > length:
        day -= length
        months += 1
        length = _length(months, year)
    year, month = year + months // 12, months % 12 + 1
    return f"{year:04d}-{month:02d}-{day:02d}" if year <= LAST_YEAR else None


def _length(months: int, year: int) -> int:
    """Days of the month that lies so many after January of a year."""
    return calendar.monthrange(year + months // 12, months % 12 + 1)[1]


def counted(interval: Interval, taken_on: str | None) -> Recall:
    """The interval from the day of a photograph, YYYY-MM-DD, or None where nobody knows it."""
    return Recall(interval, taken_on, recall_date(taken_on, interval) if taken_on else None)
