"""What is assumed of the clinic, of its patients, and of who sorts them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from typing import Literal, get_args

from augderm.domain.advice import Band
from augderm.domain.errors import InvalidConfig

Way = Literal["first_come", "first_come_presorted", "priority", "priority_presorted"]
WAYS: tuple[Way, ...] = get_args(Way)

MOST_READS = 2_000_000
"""Of one simulation in all its replications: some minutes on one core."""


@dataclass(frozen=True, slots=True)
class Sorter:
    """Who says beforehand how suspicious a lesion is.

    Attributes:
        points: (sensitivity, specificity) of each of its operating points, the strictest first.
        bands: one more than points: of what even the strictest point calls malignant, ..., of the rest.
        abstains: share of lesions, of either kind, of which it says nothing; they go to `unread`.
        unread: the band of these.
    """

    points: tuple[tuple[float, float], ...]
    bands: tuple[Band, ...]
    abstains: float = 0.0
    unread: Band = "soon"

    def shares(self, malignant: bool) -> tuple[float, ...]:
        """How often lesions of a kind fall into each of `bands`, then into `unread`; sum 1."""
        called = [sensitivity if malignant else 1 - specificity for sensitivity, specificity in self.points]
        ends = [0.0, *called, 1.0]
        inside = [(1 - self.abstains) * (high - low) for low, high in itertools.pairwise(ends)]
        return (*inside, self.abstains)


MACHINE = Sorter(
    points=((0.901, 0.690), (0.950, 0.598), (0.982, 0.513)),
    bands=("urgent", "soon", "monitor_3", "reassure"),
    abstains=0.047,
)
"""Malignancy, dermoscopic, of docs/model-cards/dermoscopic-lite0.md (0.5.1, fold 0, 2,301 images read), and
how often it abstained."""
REFERRER = Sorter(points=((0.799, 0.709),), bands=("urgent", "monitor_3"))
"""Primary care (Phillips 2020, meta-analysis): what a referral's own "suspicious" is worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A clinic; days are days on which it works.

    Attributes:
        arrivals_per_day: lesions that come in, on average (a Poisson process).
        readers: people who read, each one lesion after the other.
        reads_per_day: of each reader, on average; a read's length is exponential.
        malignant_share: 0..1 of the lesions.
        backlog: lesions that wait at the start, having come in evenly over the days before.
        warm_up_days: at the start; above 0, neither the backlog nor what comes in then is counted.
        days: after the warm-up, whose arrivals are counted; the simulation goes on until all were read.
        replications: how often all of it is done anew, at least 2.
        seed: the same seed gives the same figures.

    Raises:
        InvalidConfig: a number out of its range, more arrivals than can be read, or too much to simulate.
    """

    arrivals_per_day: float = 20.0
    readers: int = 2
    reads_per_day: float = 10.5
    malignant_share: float = 0.05
    backlog: int = 150
    warm_up_days: float = 0.0
    days: float = 90.0
    replications: int = 20
    seed: int = 1

    def __post_init__(self) -> None:
        limits = {
            "arrivals_per_day": (0.01, 100_000.0),
            "readers": (1, 1000),
            "reads_per_day": (0.01, 10_000.0),
            "malignant_share": (0.0, 1.0),
            "backlog": (0, 100_000),
            "warm_up_days": (0.0, 10_000.0),
            "days": (1.0, 10_000.0),
            "replications": (2, 1000),
            "seed": (0, 2**63),
        }
        for field in fields(self):
            value, (least, most) = getattr(self, field.name), limits[field.name]
            if not least <= value <= most:
                raise InvalidConfig(f"{field.name} is {value:g}; give {least:g} to {most:g}")
        if self.utilisation >= 1:
            raise InvalidConfig(
                f"{self.arrivals_per_day:g} lesions a day come in and {self.readers} readers read "
                f"{self.readers * self.reads_per_day:g}: the queue would grow without end; give more "
                "readers, more reads a day, or fewer arrivals"
            )
        if (reads := self.replications * len(WAYS) * (self.backlog + self.arrivals)) > MOST_READS:
            raise InvalidConfig(
                f"{reads:,.0f} reads would be simulated, the limit is {MOST_READS:,}; give fewer days or "
                "replications"
            )

    @property
    def utilisation(self) -> float:
        """Arrivals for each read that the readers could do, below 1."""
        return self.arrivals_per_day / (self.readers * self.reads_per_day)

    @property
    def last_arrival_day(self) -> float:
        """Lesions come in until then, so that those that are counted meet later ones until they are read."""
        return self.warm_up_days + 2 * self.days + 30

    @property
    def arrivals(self) -> float:
        """How many come in in one replication, on average."""
        return self.arrivals_per_day * self.last_arrival_day
