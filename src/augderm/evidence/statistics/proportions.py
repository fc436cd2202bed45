"""Shares of small numbers with their 95 % intervals, which hold where a share is 0 or 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z = 1.959963984540054
"""97.5 % quantile of the standard normal distribution: two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, and its 95 % interval; `share`, `low` and `high` are 0..1, nan where total is 0."""

    count: int
    total: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One share less another, -1..1, and its 95 % interval; nan where one of them has no case."""

    value: float
    low: float
    high: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out 0; False where there is none."""
        return self.low > 0 or self.high < 0


def proportion(count: int, total: int) -> Share:
    """A share with Wilson's score interval (Wilson, J Am Stat Assoc 1927;22:209-212).

    Cases count as independent: several of one patient make the true interval wider.

    Args:
        count: 0 to total.
        total: 0 and above.

    Raises:
        ValueError: count is not within 0 to total.
    """
    if not 0 <= count <= total:
        raise ValueError(f"{count} of {total} is no share; give a count from 0 to the total")
    if not total:
        return Share(0, 0, math.nan, math.nan, math.nan)
    share, z2 = count / total, Z * Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    # At the ends the formula gives the share itself, but for rounding.
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == total else min(1.0, middle + half)
    return Share(count, total, share, low, high)


def all_or_none(share: float, groups: int) -> tuple[float, float]:
    """The 95 % interval of a share of exactly 0 or 1, of which drawing again can only give the same.

    Wilson's, with whole groups as the cases: several images of one lesion count once.

    Args:
        share: anything; nan where it is undefined.
        groups: patients or lesions that it is of.

    Returns:
        low and high; nan where the share is not 0 or 1, or there is no group.
    """
    if share not in (0.0, 1.0) or not groups:
        return math.nan, math.nan
    found = proportion(groups if share == 1.0 else 0, groups)
    return found.low, found.high


def difference(one: Share, other: Share) -> Difference:
    """`one` less `other`, independent of each other (Newcombe, Stat Med 1998;17:873-890, method 10)."""
    value = one.share - other.share
    below = math.hypot(one.share - one.low, other.high - other.share)
    above = math.hypot(one.high - one.share, other.share - other.low)
    return Difference(value, value - below, value + above)
