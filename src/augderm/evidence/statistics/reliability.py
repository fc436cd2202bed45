"""Whether a probability means what it says, and what acting on it is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ECE_BINS = 15
"""Equally wide bins of the expected calibration error, as in Guo et al., ICML 2017."""
RELIABILITY_BINS = 10
"""Equally wide bins of the reliability diagram: fewer than of the ECE, so that each holds cases."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Cases whose probability lies in [low, high): how many, their mean, and how often it came true.

    `mean_probability` and `share_true` are nan in an empty bin.
    """

    low: float
    high: float
    count: int
    mean_probability: float
    share_true: float


def reliability(
    probability: NDArray[np.floating], true: NDArray[np.bool_], bins: int = RELIABILITY_BINS
) -> list[ReliabilityBin]:
    """The reliability diagram's bins (Niculescu-Mizil and Caruana, ICML 2005).

    Args:
        probability: (N,) 0..1.
        true: (N,) whether it came true.
        bins: number of equally wide ones; the last holds 1.0 too.
    """
    place = np.minimum((probability * bins).astype(int), bins - 1)
    rows = []
    for index in range(bins):
        held = place == index
        count = int(np.count_nonzero(held))
        rows.append(
            ReliabilityBin(
                low=index / bins,
                high=(index + 1) / bins,
                count=count,
                mean_probability=float(probability[held].mean()) if count else float("nan"),
                share_true=float(true[held].mean()) if count else float("nan"),
            )
        )
    return rows


def weighted_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The expected calibration error (Guo et al., ICML 2017) of each replicate.

    Args:
        confidence: (N,) probability of the chosen class, 0..1.
        correct: (N,) whether it was the true one.
        weights: (R, N), not negative.

    Returns:
        (R,), 0..1; nan where the weights sum to 0.
    """
    place = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    in_bin = (place[:, None] == np.arange(ECE_BINS)).astype(np.float64)
    # |sum of confidence - sum of correct| a bin is its gap times its size.
    gaps = np.abs(weights @ (in_bin * (confidence - correct)[:, None]))
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        error: NDArray[np.float64] = np.where(total > 0, gaps.sum(axis=1) / total, np.nan)
    return error


def brier_binary(probability: NDArray[np.floating], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(N,) squared errors of probabilities, 0..1 each; their mean is the Brier score."""
    return (probability.astype(np.float64) - true) ** 2


def brier_multiclass(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N,) sums of squared errors over the classes, 0..2 each, as in Brier, Mon Weather Rev 1950;78:1-3.

    Args:
        probabilities: (N, C), rows sum to 1.
        labels: (N,) true classes.
    """
    errors = probabilities.astype(np.float64)
    errors[np.arange(len(labels)), labels] -= 1
    squares: NDArray[np.float64] = (errors**2).sum(axis=1)
    return squares


@dataclass(frozen=True, slots=True, eq=False)
class DecisionCurve:
    """Net benefit by threshold probability, each (T,): of acting on the probability, on all, on none (0)."""

    thresholds: NDArray[np.float64]
    by_probability: NDArray[np.float64]
    treat_all: NDArray[np.float64]


def decision_curve(
    probability: NDArray[np.floating], positive: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> DecisionCurve:
    """Net benefit (Vickers and Elkin, Med Decis Making 2006;26:565-574).

    TP / N - FP / N x t / (1 - t): true positives, less the false ones at the exchange rate that a
    person who acts from probability t on holds to be fair.

    Args:
        probability: (N,) calibrated, 0..1.
        positive: (N,) truth.
        thresholds: (T,) t, above 0 and below 1.

    Returns:
        nan throughout where there is no case.
    """
    if not len(positive):
        nothing = np.full(len(thresholds), np.nan)
        return DecisionCurve(thresholds, nothing, nothing)
    odds = thresholds / (1 - thresholds)
    called = probability[None] >= thresholds[:, None]
    found = (called & positive).mean(axis=1)
    false = (called & ~positive).mean(axis=1)
    prevalence = float(positive.mean())
    return DecisionCurve(thresholds, found - false * odds, prevalence - (1 - prevalence) * odds)
