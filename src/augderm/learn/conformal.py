"""Prediction sets that hold the true diagnosis as often as they say, for each diagnosis by itself."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SET_COVERAGE = 0.90
"""Share of true diagnoses that prediction sets are meant to hold, of each class."""


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
    # The small term undoes the rounding of (1 - coverage), which would lose a whole rank.
    rank = math.floor((1 - coverage) * (len(ordered) + 1) + 1e-9)
    return float(ordered[rank - 1]) if rank >= 1 else 0.0


def class_thresholds(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], coverage: float = SET_COVERAGE
) -> tuple[float, ...]:
    """A threshold for each class, so that the sets hold the truth of each class as often as wanted.

    Label-conditional split conformal prediction (Vovk, Machine Learning 2013; Sadinle, Lei, Wasserman,
    JASA 2019): melanomas, which are few, are not paid for with nevi, which are many. A class with too few
    cases has the threshold 0: what was never seen enough cannot be excluded.

    Args:
        probabilities: (N, C) calibrated.
        labels: (N,) true class indices.
        coverage: wanted share of each class, 0..1.
    """
    return tuple(
        set_threshold(probabilities[labels == index, index], coverage)
        for index in range(probabilities.shape[1])
    )
