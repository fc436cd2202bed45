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

from augderm.domain.advice import BANDS, Band

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


def days_until_due(case: Case, read_within_days: Mapping[Band, float]) -> float:
    """Days that are left until somebody should have looked; below 0 it is overdue.

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
    return allowed - WAITED_WEIGHT * min(case.waited_days, MAX_WAITED_DAYS) - case.unread_days


def worklist(cases: Sequence[Case], read_within_days: Mapping[Band, float]) -> list[Case]:
    """The cases in the order in which they are to be read.

    Cases that are due at the same moment go by band, then by probability, by age, and by name.
    """
    return sorted(
        cases,
        key=lambda case: (
            days_until_due(case, read_within_days),
            BANDS.index(case.band),
            -1.0 if case.probability is None else -case.probability,
            -case.unread_days,
            case.name,
        ),
    )


def headstart_days(read_within_days: Mapping[Band, float]) -> float:
    """Unread for longer than this, a case is passed by nothing that comes in later, whatever it is.

    The mildest case may wait `read_within_days["reassure"]`; the most severe newcomer is due before it comes
    in, by as much as its earlier waiting counts.
    """
    return read_within_days["reassure"] + WAITED_WEIGHT * MAX_WAITED_DAYS
