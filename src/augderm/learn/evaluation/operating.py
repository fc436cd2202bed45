"""Operating points of melanoma and of malignancy, with the intervals of what they cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.evidence.statistics.intervals import UNDEFINED, bootstrap
from augderm.learn.evaluation.cases import MELANOMA, Columns
from augderm.learn.evaluation.few import sides, too_few_for_an_area
from augderm.learn.evaluation.figures import Figure, Figures, Rows
from augderm.learn.evaluation.ranking import (
    OperatingPoint,
    operating_point,
    threshold_for_sensitivity,
    weighted_operating_figures,
)

SENSITIVITIES = (0.90, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked for: which cases were read and have the label, (N,), and of those truth and score."""

    known: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    score: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """The threshold for one sensitivity, and its specificity and lesions needed to biopsy with intervals.

    `wanted` is that sensitivity, 0..1. The intervals are those of choosing the threshold for it again in
    every draw.
    """

    wanted: float
    at: OperatingPoint
    specificity: Figure
    needed_to_biopsy: Figure

    @property
    def few(self) -> bool:
        """Whether it stands on too few patients or lesions to be shown."""
        return self.specificity.few


def targets(columns: Columns) -> dict[str, Target]:
    """Melanoma and malignancy over the cases that were read and have the label."""
    known, decided = columns.read & columns.melanoma_known, columns.read & columns.decided
    return {
        "melanoma": Target(known, columns.melanoma[known], columns.probabilities[known, MELANOMA]),
        "malignancy": Target(decided, columns.malignant[decided], columns.malignancy[decided]),
    }


def operating_points(columns: Columns, *, replicates: int) -> dict[str, list[Point]]:
    """The points by target, one for each of `SENSITIVITIES`; none where no case is positive.

    Args:
        columns: of one modality.
        replicates: of the bootstrap by group; 0 for values alone.
    """
    looked_for = {name: target for name, target in targets(columns).items() if target.positive.any()}

    def statistic(weights: Rows) -> Figures:
        found = {}
        for name, target in looked_for.items():
            own = weights[:, target.known]
            for wanted in SENSITIVITIES:
                both = weighted_operating_figures(target.positive, target.score, own, wanted)
                found[f"{name} {wanted} specificity"], found[f"{name} {wanted} needed"] = both
        return found

    intervals = (
        bootstrap(statistic, columns.groups, replicates=replicates) if looked_for and replicates else {}
    )
    points: dict[str, list[Point]] = {"melanoma": [], "malignancy": []}
    for name, target in looked_for.items():
        pair = sides(columns.groups[target.known], target.positive, np.ones(len(target.positive), bool))
        few = too_few_for_an_area(pair)
        for wanted in SENSITIVITIES:
            threshold = threshold_for_sensitivity(target.positive, target.score, wanted)
            at = operating_point(target.positive, target.score, threshold)
            points[name].append(
                Point(
                    wanted,
                    at,
                    _figure(at.specificity, intervals.get(f"{name} {wanted} specificity", UNDEFINED), few),
                    _figure(at.needed_to_biopsy, intervals.get(f"{name} {wanted} needed", UNDEFINED), few),
                )
            )
    return points


def _figure(value: float, interval: tuple[float, float], few: bool) -> Figure:
    return Figure(value, *(UNDEFINED if math.isnan(value) else interval), few)
