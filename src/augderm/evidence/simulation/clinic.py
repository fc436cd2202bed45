"""One replication of the clinic, and one way of sorting its queue: a discrete-event simulation (SimPy)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from augderm.domain.advice import Band
from augderm.evidence.priority import Case, days_until_due
from augderm.evidence.simulation.setting import MACHINE, REFERRER, Setting, Sorter, Way

FAST_LANE: tuple[Band, ...] = ("urgent", "soon")


@dataclass(frozen=True, slots=True)
class Lesions:
    """All lesions of one replication, in the order in which they came; each array is (N,).

    `came` is in days, below 0 for those that wait at the start; `read_days` is how long their read takes;
    `machine` and `referrer` are the bands that each puts them into.
    """

    came: NDArray[np.float64]
    malignant: NDArray[np.bool_]
    read_days: NDArray[np.float64]
    machine: NDArray[np.str_]
    referrer: NDArray[np.str_]


def draw_lesions(setting: Setting, replication: int) -> Lesions:
    """Draw what comes to the clinic, the same for every way of sorting (common random numbers)."""
    rng = np.random.default_rng([setting.seed, replication])
    rate = setting.arrivals_per_day
    new = rng.poisson(rate * setting.last_arrival_day)
    # Given their number, the moments of a Poisson process are uniform.
    since = np.sort(rng.uniform(0, setting.last_arrival_day, new))
    before = np.sort(rng.uniform(-setting.backlog / rate, 0, setting.backlog))
    count = new + setting.backlog
    malignant = rng.random(count) < setting.malignant_share
    return Lesions(
        came=np.concatenate([before, since]),
        malignant=malignant,
        read_days=rng.exponential(1 / setting.reads_per_day, count),
        machine=_bands(MACHINE, malignant, rng),
        referrer=_bands(REFERRER, malignant, rng),
    )


def _bands(sorter: Sorter, malignant: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.str_]:
    names = np.array([*sorter.bands, sorter.unread])
    drawn = rng.random(len(malignant))
    of_kind = [
        np.searchsorted(np.cumsum(sorter.shares(kind))[:-1], drawn, side="right") for kind in (False, True)
    ]
    return np.asarray(names[np.where(malignant, of_kind[1], of_kind[0])])


def days_to_first_read(
    setting: Setting, lesions: Lesions, way: Way, read_within_days: Mapping[Band, float]
) -> NDArray[np.float64]:
    """Simulate until every lesion was read.

    Args:
        setting: the clinic.
        lesions: what comes to it.
        way: how the queue is sorted.
        read_within_days: by band, of the policy.

    Returns:
        (N,) days from when each lesion came in until its read begins.
    """
    keys = _keys(lesions, way, read_within_days)
    began = np.full(len(lesions.came), np.nan)
    environment = simpy.Environment()
    readers = simpy.PriorityResource(environment, capacity=setting.readers)

    def wait_and_be_read(index: int) -> Generator[simpy.Event, Any, None]:
        with readers.request(priority=keys[index]) as turn:  # type: ignore[arg-type] # compared, never counted
            yield turn
            began[index] = environment.now
            yield environment.timeout(lesions.read_days[index])

    def arrive() -> Generator[simpy.Event, Any, None]:
        for index, moment in enumerate(lesions.came):
            if moment > environment.now:
                yield environment.timeout(moment - environment.now)
            environment.process(wait_and_be_read(index))

    environment.process(arrive())
    environment.run()
    return np.maximum(began - lesions.came, 0.0)


def _keys(lesions: Lesions, way: Way, read_within_days: Mapping[Band, float]) -> list[tuple[float, float]]:
    """What sorts the queue, the smallest first; ties go by who came first."""
    came = lesions.came.tolist()
    if way == "first_come":
        return [(moment, moment) for moment in came]
    if way == "first_come_presorted":
        return [
            (0.0 if band in FAST_LANE else 1.0, moment)
            for band, moment in zip(lesions.machine, came, strict=True)
        ]
    bands = lesions.machine if way == "priority_presorted" else lesions.referrer
    # Of a lesion no more than its band is known here: within it all are alike.
    due = {
        band: days_until_due(Case(name=band, band=band, probability=0.5, unread_days=0), read_within_days)
        for band in read_within_days
    }
    return [(moment + due[band], moment) for band, moment in zip(bands, came, strict=True)]
