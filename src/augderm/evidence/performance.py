"""How reads stood up to what became known later: reader alone, machine alone, both together.

A read is positive where it acts: its band is urgent or soon, which is what all three say of every case. Truth
is malignant or benign; indeterminate outcomes have no side and are counted apart. What is found here holds
for the cases whose outcome is known, which are mostly those that were excised: see `Verification`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from augderm.domain.advice import BANDS, Band
from augderm.evidence.statistics.agreement import kappa
from augderm.evidence.statistics.intervals import (
    REPLICATES,
    UNDEFINED,
    bootstrap,
    group_codes,
    weighted_share,
)
from augderm.evidence.statistics.proportions import Share, proportion
from augderm.evidence.statistics.reliability import ReliabilityBin, brier_binary, reliability

_Weighted = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Who = Literal["reader", "machine", "both"]
WHO: tuple[Who, ...] = get_args(Who)
"""The blind impression, the machine's advice before signing, and what was signed."""
ACTING: tuple[Band, ...] = ("urgent", "soon")
FEW = 30
"""Below so many malignant, or benign, cases a figure is said to be of a small number: a sensitivity of 90 %
then has an interval wider than 20 points."""
AGREEMENT_CASES = 5000
"""Beyond so many its interval is far narrower than any difference that matters."""
BINS = 5
"""Of the reliability table: few, since clinics have few outcomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """A signed case.

    Attributes:
        patient: groups cases that are drawn together.
        period: into which it counts, such as "2026-Q2"; sorts by time.
        behaviour: benign, malignant or indeterminate; None where no outcome is known.
        by_histology: whether the outcome was confirmed by histopathology.
        bands: what each would do; one that said nothing is absent.
        probability: of malignancy by the machine, 0..1; None where it gave none.
    """

    patient: str
    period: str
    behaviour: str | None
    by_histology: bool
    bands: Mapping[Who, Band]
    probability: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval (bootstrap by patient); each nan where undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Performance:
    """One of the three against the outcomes.

    Attributes:
        sensitivity, specificity: acted on the malignant; did not act on the benign.
        needed: lesions acted on for one malignant one, 1 / positive predictive value, with its interval;
            nan where none was found.
        kappa: of acting with malignancy.
        by_band: of the cases in each band, the share that was malignant: what its calibration is where
            nobody gives a probability. Only bands that occur.
        malignant, benign, cases: that it rests on, and both together. Each of the three has its own, since it
            did not judge all cases: their figures are not paired.
        few: one of both is below `FEW`.
    """

    who: Who
    sensitivity: Share
    specificity: Share
    needed: Estimate
    kappa: Estimate
    by_band: Mapping[Band, Share]

    @property
    def malignant(self) -> int:
        return self.sensitivity.total

    @property
    def benign(self) -> int:
        return self.specificity.total

    @property
    def cases(self) -> int:
        return self.malignant + self.benign

    @property
    def few(self) -> bool:
        return min(self.malignant, self.benign) < FEW


@dataclass(frozen=True, slots=True)
class Calibration:
    """The machine's probabilities against the outcomes: `cases` of them, mean and true share by bin.

    `brier` is the mean squared error, 0 the best, 0.25 what saying 50 % always gets.
    """

    cases: int
    brier: Estimate
    expected: Estimate
    observed: Share
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """How many signed cases have an outcome at all.

    Attributes:
        known: of all signed cases.
        by_histology: of those with an outcome.
        indeterminate: outcomes that are neither malignant nor benign, which no figure counts.
        acted, left: known outcomes among the cases that were acted on, and among the others. Where they
            differ, sensitivity comes out too high and specificity too low (Begg and Greenes, Biometrics
            1983;39:207-215).
    """

    known: Share
    by_histology: Share
    indeterminate: int
    acted: Share
    left: Share


@dataclass(frozen=True, slots=True)
class Audit:
    """All of it.

    Attributes:
        agreement: kappa of reader and machine on acting, in the latest `AGREEMENT_CASES` signed cases that
            both judged; `agreed_on` of them.
        periods: by time; kappa without its interval there.
    """

    verification: Verification
    performances: tuple[Performance, ...]
    agreement: Estimate
    agreed_on: int
    calibration: Calibration
    periods: tuple[tuple[str, tuple[Performance, ...]], ...]


def audit(cases: Sequence[JudgedCase]) -> Audit:
    """All figures of the signed cases, given in the order of time."""
    by_period: dict[str, list[JudgedCase]] = defaultdict(list)
    for case in cases:
        by_period[case.period].append(case)
    both = [case for case in cases if "reader" in case.bands and "machine" in case.bands]
    both = both[-AGREEMENT_CASES:]
    return Audit(
        verification=verification(cases),
        performances=tuple(performance(cases, who) for who in WHO),
        agreement=_kappa(both, _acting(both, "reader"), _acting(both, "machine")),
        agreed_on=len(both),
        calibration=calibration(cases),
        periods=tuple(
            (period, tuple(performance(by_period[period], who, replicates=0) for who in WHO))
            for period in sorted(by_period)
        ),
    )


def verification(cases: Sequence[JudgedCase]) -> Verification:
    """How far outcomes reach."""
    known = [case for case in cases if case.behaviour is not None]
    acted = [case for case in cases if case.bands.get("both") in ACTING]
    left = [case for case in cases if "both" in case.bands and case.bands["both"] not in ACTING]
    return Verification(
        known=proportion(len(known), len(cases)),
        by_histology=proportion(sum(case.by_histology for case in known), len(known)),
        indeterminate=sum(case.behaviour == "indeterminate" for case in known),
        acted=proportion(sum(case.behaviour is not None for case in acted), len(acted)),
        left=proportion(sum(case.behaviour is not None for case in left), len(left)),
    )


def performance(cases: Sequence[JudgedCase], who: Who, *, replicates: int = REPLICATES) -> Performance:
    """One of the three, on the cases that it judged and whose outcome has a side.

    Args:
        replicates: of the bootstrap of kappa; 0 leaves its interval undefined.
    """
    judged = [case for case in _sided(cases) if who in case.bands]
    acting, malignant = _acting(judged, who), _malignant(judged)
    found, flagged = int((acting & malignant).sum()), int(acting.sum())
    predictive = proportion(found, flagged)
    return Performance(
        who=who,
        sensitivity=proportion(found, int(malignant.sum())),
        specificity=proportion(int((~acting & ~malignant).sum()), int((~malignant).sum())),
        needed=_inverse(predictive),
        kappa=_kappa(judged, acting, malignant, replicates),
        by_band={
            band: proportion(
                sum(case.behaviour == "malignant" for case in judged if case.bands[who] == band), count
            )
            for band in BANDS
            if (count := sum(case.bands[who] == band for case in judged))
        },
    )


def calibration(cases: Sequence[JudgedCase]) -> Calibration:
    """The machine's probabilities against the outcomes."""
    told = [case for case in _sided(cases) if case.probability is not None]
    probability = np.array([case.probability for case in told], dtype=np.float64)
    malignant = _malignant(told)
    squares = brier_binary(probability, malignant)
    return Calibration(
        cases=len(told),
        brier=_mean(told, squares),
        expected=_mean(told, probability),
        observed=proportion(int(malignant.sum()), len(told)),
        bins=tuple(reliability(probability, malignant, BINS)),
    )


def _sided(cases: Sequence[JudgedCase]) -> list[JudgedCase]:
    return [case for case in cases if case.behaviour in ("malignant", "benign")]


def _malignant(cases: Sequence[JudgedCase]) -> NDArray[np.bool_]:
    return np.array([case.behaviour == "malignant" for case in cases], dtype=bool)


def _acting(cases: Sequence[JudgedCase], who: Who) -> NDArray[np.bool_]:
    return np.array([case.bands[who] in ACTING for case in cases], dtype=bool)


def _inverse(share: Share) -> Estimate:
    if not share.count:
        return Estimate(float("nan"), float("nan"), float("nan"))
    return Estimate(1 / share.share, 1 / share.high, 1 / share.low)


def _mean(cases: Sequence[JudgedCase], values: NDArray[np.float64]) -> Estimate:
    return _estimate(cases, lambda weights: weighted_share(values, weights))


def _kappa(
    cases: Sequence[JudgedCase],
    one: NDArray[np.bool_],
    other: NDArray[np.bool_],
    replicates: int = REPLICATES,
) -> Estimate:
    sides = one.astype(np.int64), other.astype(np.int64)
    return _estimate(cases, lambda weights: kappa(*sides, weights), replicates)


def _estimate(cases: Sequence[JudgedCase], statistic: _Weighted, replicates: int = REPLICATES) -> Estimate:
    if not cases:
        return Estimate(float("nan"), *UNDEFINED)
    value = float(statistic(np.ones((1, len(cases))))[0])
    groups = group_codes([case.patient for case in cases])
    found = bootstrap(lambda weights: {"it": statistic(weights)}, groups, replicates=replicates)
    return Estimate(value, *found.get("it", UNDEFINED))
