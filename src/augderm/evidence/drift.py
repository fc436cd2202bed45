"""Drift: whether photographs, or what the machine says of them, are not what they were in the first months.

Each month is held against the first ones by a difference of shares with its 95 % interval. With many months
one in twenty leaves out 0 by chance alone, so one month is a reason to look, and several are a finding. What
drifted, patients, camera or model, the figures do not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from augderm.evidence.statistics.proportions import Difference, Share, difference, proportion

FIRST_MONTHS = 3
"""With any photographs; what the others are held against."""
FEW = 50
"""Photographs a month below which it is said to be of a small number: half the width of the interval of a
share is then up to 14 points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """What one month's photographs were.

    Attributes:
        month: YYYY-MM.
        photographs: that the machine looked at; `not_good` of them poor or unfit.
        scored: that it gave a probability of malignancy; `high` of them above the median of the first months.
        mean_score: of those, 0..1; None where there is none.
    """

    month: str
    photographs: int
    not_good: int
    scored: int
    high: int
    mean_score: float | None


@dataclass(frozen=True, slots=True)
class Month:
    """One month beside the first ones.

    Attributes:
        not_good, high: shares; see `MonthCounts`.
        more_not_good, more_high: less those of the first months; None for these themselves.
        few: fewer than `FEW` photographs.
    """

    month: str
    not_good: Share
    high: Share
    mean_score: float | None
    more_not_good: Difference | None
    more_high: Difference | None

    @property
    def few(self) -> bool:
        return self.not_good.total < FEW


def drift(months: Sequence[MonthCounts]) -> list[Month]:
    """Hold each month against the first `FIRST_MONTHS` together.

    Args:
        months: those with photographs, one each.

    Returns:
        in the order of time.
    """
    ordered = sorted(months, key=lambda each: each.month)
    first = ordered[:FIRST_MONTHS]
    bad = proportion(sum(each.not_good for each in first), sum(each.photographs for each in first))
    above = proportion(sum(each.high for each in first), sum(each.scored for each in first))
    found = []
    for place, each in enumerate(ordered):
        not_good, high = proportion(each.not_good, each.photographs), proportion(each.high, each.scored)
        later = place >= FIRST_MONTHS
        found.append(
            Month(
                each.month,
                not_good,
                high,
                each.mean_score,
                difference(not_good, bad) if later else None,
                difference(high, above) if later else None,
            )
        )
    return found
