"""Prediction sets that hold the true diagnosis as often as they say: of each class, in each collection."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SET_COVERAGE = 0.90
"""Share of true diagnoses that prediction sets are meant to hold, of each class, of rare ones together."""

RARE_BELOW = 50
"""Classes with fewer calibration cases share a threshold: alone, one of their four lowest would set it."""
FEW_CASES = 30
"""A collection with fewer cases of a class has no say about it."""
ROUNDING = 1e-9
"""Undoes the rounding of 1 - coverage, which would lose a whole rank."""


def set_threshold(true_probabilities: NDArray[np.floating], coverage: float = SET_COVERAGE) -> float:
    """The largest threshold that keeps the coverage on exchangeable cases (split conformal).

    Args:
        true_probabilities: (N,) probability given to each calibration case's true class.
        coverage: wanted share, 0..1.

    Returns:
        0..1; 0 (the class is in every set) where N is too small for the coverage: below 9 for 90 %.
    """
    ordered = np.sort(true_probabilities)
    # With the +1 the guarantee holds for one new case beside the N seen.
    rank = math.floor((1 - coverage) * (len(ordered) + 1) + ROUNDING)
    return float(ordered[rank - 1]) if rank >= 1 else 0.0


def class_thresholds(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.int64],
    coverage: float = SET_COVERAGE,
    *,
    collections: Sequence[str] | None = None,
) -> tuple[float, ...]:
    """A threshold for each class, so that the sets hold the truth of each class as often as wanted.

    Label-conditional split conformal prediction (Vovk, Machine Learning 2013; Sadinle, Lei, Wasserman,
    JASA 2019): melanomas, which are few, are not paid for with nevi, which are many. Classes with few cases
    share one threshold (Ding et al., NeurIPS 2023), which then holds for them together: of 13 cases the
    lowest alone would decide. A class with too few cases even for that has the threshold 0: what was never
    seen enough cannot be excluded.

    Within each collection likewise (Foygel Barber et al., Information and Inference 2021, on groups): the
    lowest of their thresholds is taken, so that one clinic's harder images are not paid for with another's
    easier ones.

    Args:
        probabilities: (N, C) calibrated.
        labels: (N,) true class indices.
        coverage: wanted share of each class, 0..1.
        collections: N names of where each case is from; None where all are from one.
    """
    of_truth = [probabilities[labels == index, index] for index in range(probabilities.shape[1])]
    shared = set_threshold(
        np.concatenate([found for found in of_truth if len(found) < RARE_BELOW] or [np.empty(0)]), coverage
    )
    least = least_cases(coverage)
    places = np.array(["" for _ in labels] if collections is None else collections)

    def lowest(index: int) -> float:
        of_it = labels == index
        parts = [probabilities[of_it & (places == place), index] for place in np.unique(places)]
        judged = [of_truth[index], *(part for part in parts if len(part) >= FEW_CASES)]
        return min(set_threshold(found, coverage) for found in judged)

    return tuple(
        0.0 if len(found) < least else shared if len(found) < RARE_BELOW else lowest(index)
        for index, found in enumerate(of_truth)
    )


def least_cases(coverage: float) -> int:
    """Fewest cases by which anything can be excluded: 9 for a coverage of 90 %."""
    return math.ceil(1 / (1 - coverage) - 1 - ROUNDING)
