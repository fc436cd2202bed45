"""The order of a worklist: the more severe first, and nothing starves.

A case is due so many days after it came in as its band and probability allow; what is due first is looked at
first (earliest due date, Jackson 1955). The order of two cases never turns while they wait, and a case that
has waited for `headstart_days` is passed by nothing that comes later.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from augderm.domain.advice import BANDS, Band

Key = Literal["due", "band", "probability", "age", "name"]
"""What orders two cases, the first in which they differ."""
MAX_WAITED_DAYS = 28.0
"""Days of waiting before the image came in that count at most: else a case that was lost for a year would
make newcomers pass for ever."""
WAITED_WEIGHT = 0.25
"""Days that are taken off for each such day: a week of them brings a case forward by less than two days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One unread case of a worklist.

    Attributes:
        name: sorts cases that are alike in all else; no two of a list share one.
        band: of its advice.
        probability: of malignancy, 0..1; None where it is not known, which counts as 1 within the band.
        unread_days: since its images came in, 0 or more.
        waited_days: that the patient had waited before that, since the referral, 0 or more.

    Raises:
        ValueError: a number out of its range.
    """

    name: str
    band: Band
    probability: float | None
    unread_days: float
    waited_days: float = 0.0

    def __post_init__(self) -> None:
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"{self.name}: probability is {self.probability}; give 0 to 1, or None")
        for days in (self.unread_days, self.waited_days):
            if not (math.isfinite(days) and days >= 0):
                raise ValueError(f"{self.name}: {days} days; give 0 or more")


@dataclass(frozen=True, slots=True)
class Account:
    """Where a case's due day comes from, in days.

    Attributes:
        allowed: what its band and probability let it wait, 0 or more.
        credit: what is taken off for waiting before its images came in.
        unread: since they came in.
    """

    allowed: float
    credit: float
    unread: float

    @property
    def left(self) -> float:
        """Days until somebody should have looked; below 0 it is overdue."""
        return self.allowed - self.credit - self.unread


def account(case: Case, read_within_days: Mapping[Band, float]) -> Account:
    """How long a case may wait, and what of that is gone.

    A case of probability 1 may wait as long as one of the next more severe band at 0 (urgent: not at all),
    one of probability 0 as long as its band allows; between them it is a straight line. So no case of a
    milder band is due before one of a more severe band that came in with it.

    Args:
        case: one of the list.
        read_within_days: by band, growing from urgent to reassure (`Policy.read_within_days`).

    Raises:
        ValueError: the days do not grow.
    """
    longest = [0.0, *(read_within_days[band] for band in BANDS)]
    if any(not sooner < later for sooner, later in pairwise(longest)):
        raise ValueError(f"read_within_days is {longest[1:]}; it must grow from urgent to reassure")
    rank = BANDS.index(case.band)
    probability = 1.0 if case.probability is None else case.probability
    allowed = probability * longest[rank] + (1 - probability) * longest[rank + 1]
    return Account(allowed, WAITED_WEIGHT * min(case.waited_days, MAX_WAITED_DAYS), case.unread_days)


def days_until_due(case: Case, read_within_days: Mapping[Band, float]) -> float:
    """`Account.left` of the case."""
    return account(case, read_within_days).left


def worklist(cases: Sequence[Case], read_within_days: Mapping[Band, float]) -> list[Case]:
    """The cases in the order in which they are to be read.

    Cases that are due at the same moment go by band, then by probability, by age, and by name.
    """
    return sorted(cases, key=lambda case: tuple(_keys(case, read_within_days).values()))


def before_by(case: Case, other: Case, read_within_days: Mapping[Band, float]) -> Key:
    """By what two cases, not of one name, stand in their order: the first key in which they differ."""
    one, two = (_keys(each, read_within_days) for each in (case, other))
    return next((key for key in one if one[key] != two[key]), "name")


def _keys(case: Case, read_within_days: Mapping[Band, float]) -> dict[Key, float | str]:
    return {
        "due": days_until_due(case, read_within_days),
        "band": BANDS.index(case.band),
        "probability": -1.0 if case.probability is None else -case.probability,
        "age": -case.unread_days,
        "name": case.name,
    }


def headstart_days(read_within_days: Mapping[Band, float]) -> float:
    """Unread for longer than this, a case is passed by nothing that comes in later, whatever it is.

    The mildest case may wait `read_within_days["reassure"]`; the most severe newcomer is due before it comes
    in, by as much as its earlier waiting counts.
    """
    return read_within_days["reassure"] + WAITED_WEIGHT * MAX_WAITED_DAYS
