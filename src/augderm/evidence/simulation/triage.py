"""All replications of all ways of sorting, as figures with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augderm.domain.advice import Band
from augderm.evidence.simulation.clinic import days_to_first_read, draw_lesions
from augderm.evidence.simulation.setting import MACHINE, REFERRER, WAYS, Setting, Way

LEVEL = 0.95
KINDS = {"malignant": True, "benign": False}
CURVE = np.linspace(0, 1, 101)
"""Shares of lesions at which the curve of days to the first read is told."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean over replications with its 95 % interval (Student's t); nan where nothing was counted."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Days to the first read of one kind of lesion under one way of sorting.

    `curve` is (101,), the days within which 0, 1, ... 100 % of all replications' lesions were read; `gain` is
    the mean of first-come less this way's, compared within each replication.
    """

    mean: Estimate
    median: Estimate
    p95: Estimate
    longest: Estimate
    gain: Estimate
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TriageResult:
    """What a simulation found, by way and by kind ("malignant", "benign"), and how many lesions counted."""

    setting: Setting
    waiting: Mapping[Way, Mapping[str, Waiting]]
    counted: Mapping[str, int]


def simulate_triage(setting: Setting, read_within_days: Mapping[Band, float]) -> TriageResult:
    """Simulate; the same setting gives the same figures.

    Args:
        setting: the clinic, how often, and the seed.
        read_within_days: by band, of a policy (`Policy.read_within_days`).
    """
    waits: dict[Way, dict[str, list[NDArray[np.float64]]]] = {
        way: {kind: [] for kind in KINDS} for way in WAYS
    }
    for replication in range(setting.replications):
        lesions = draw_lesions(setting, replication)
        # Those that waited at the start are counted too: else who is put behind others would not be seen.
        since = setting.warm_up_days or -np.inf
        counts = (lesions.came >= since) & (lesions.came < setting.warm_up_days + setting.days)
        for way in WAYS:
            days = days_to_first_read(setting, lesions, way, read_within_days)
            for kind, malignant in KINDS.items():
                waits[way][kind].append(days[counts & (lesions.malignant == malignant)])
    return TriageResult(
        setting=setting,
        waiting={
            way: {kind: _waiting(waits[way][kind], waits["first_come"][kind]) for kind in KINDS}
            for way in WAYS
        },
        counted={kind: sum(map(len, waits["first_come"][kind])) for kind in KINDS},
    )


def assumptions(setting: Setting, read_within_days: Mapping[Band, float]) -> tuple[str, ...]:
    """All that the figures hang on, in sentences."""
    points = ", ".join(f"{100 * a:.1f} % / {100 * b:.1f} %" for a, b in MACHINE.points)
    sensitivity, specificity = REFERRER.points[0]
    allowed = ", ".join(f"{band} {days:g}" for band, days in read_within_days.items())
    return (
        (
            f"{setting.arrivals_per_day:g} lesions a working day come in at random, "
            f"{100 * setting.malignant_share:g} % of them malignant; {setting.readers} readers read "
            f"{setting.reads_per_day:g} a day each, so {100 * setting.utilisation:.1f} % of their time is "
            f"taken; {setting.backlog} lesions wait at the start."
        ),
        (
            f"Counted are {_counted(setting)}, each from when it came in until a person begins to read it; "
            "later ones go on coming in until all were read."
        ),
        (
            "The length of a read is exponential, the same for every lesion; a read is never broken off. No "
            "holidays, no illness, no second reads, nobody reads faster when the queue is long."
        ),
        (
            f"Machine pre-sorting: sensitivity / specificity for malignancy {points} (model card of "
            "0.5.1, fold 0, the points chosen on these same images) make the bands "
            f"{', '.join(MACHINE.bands)}; {100 * MACHINE.abstains:.1f} % are not read and go to "
            f"{MACHINE.unread}. The machine costs no time, and reads this clinic's images "
            "as well as those of its card."
        ),
        (
            f"Without the machine, priority rests on the referral: sensitivity {100 * sensitivity:.1f} %, "
            f"specificity {100 * specificity:.1f} % (primary care, Phillips 2020), as {REFERRER.bands[0]} or "
            f"{REFERRER.bands[1]}; independent of the machine given the truth."
        ),
        (
            "First-come: by arrival. First-come, pre-sorted: what the machine calls urgent or soon goes "
            "before all else, by arrival within both lanes; the slow lane can starve. Priority: what is due "
            f"first, so that nothing starves; days by band: {allowed}."
        ),
        (
            f"{setting.replications} replications, seed {setting.seed}; each way meets the same lesions. "
            "Intervals: 95 %, Student's t over replications; they hold for the simulation, not for a clinic."
        ),
    )


def _counted(setting: Setting) -> str:
    if setting.warm_up_days:
        return f"the lesions of {setting.days:g} days, after {setting.warm_up_days:g} days of warm-up"
    return f"the lesions of {setting.days:g} days and those that wait at the start"


def _waiting(own: list[NDArray[np.float64]], first_come: list[NDArray[np.float64]]) -> Waiting:
    pooled = np.concatenate(own)
    means = [_of(np.mean, days) for days in own]
    return Waiting(
        mean=_estimate(means),
        median=_estimate([_of(np.median, days) for days in own]),
        p95=_estimate([_of(lambda x: np.quantile(x, 0.95), days) for days in own]),
        longest=_estimate([_of(np.max, days) for days in own]),
        gain=_estimate([_of(np.mean, days) - mean for days, mean in zip(first_come, means, strict=True)]),
        curve=tuple(np.quantile(pooled, CURVE).tolist()) if len(pooled) else (),
    )


def _of(statistic: object, days: NDArray[np.float64]) -> float:
    return float(statistic(days)) if len(days) else float("nan")  # type: ignore[operator]


def _estimate(values: list[float]) -> Estimate:
    found = np.array(values)
    found = found[~np.isnan(found)]
    if len(found) < 2:
        return Estimate(*[float("nan")] * 3)
    mean = float(found.mean())
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)))
    return Estimate(mean, mean - half, mean + half)
