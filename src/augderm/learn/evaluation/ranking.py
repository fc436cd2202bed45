"""How well a score puts positive cases above negative ones: ROC, areas, precision, operating points.

Functions with `weights` take one row a bootstrap replicate and one column a case; a weight is how often
the case was drawn. A row of ones gives the plain figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What calling every score of at least `threshold` positive does; a figure is nan where undefined.

    `flagged` counts the cases called positive, `found` the positives among them, and
    `needed_to_biopsy` is flagged / found: lesions taken for one malignant one.
    """

    threshold: float
    sensitivity: float
    specificity: float
    flagged: int
    found: int
    needed_to_biopsy: float


def roc_curve(
    positive: NDArray[np.bool_], score: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The whole ROC curve (Fawcett, Pattern Recognition Letters 2006;27:861-874).

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.

    Returns:
        false positive rates, true positive rates and thresholds, each (K,), from (0, 0) at threshold
        infinity; one point a different score. Empty where one side has no case.
    """
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    if not positives or not negatives:
        return np.empty(0), np.empty(0), np.empty(0)
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    ends = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)
    found = np.cumsum(positive[order])[ends]
    false = ends + 1 - found
    return (
        np.concatenate([[0.0], false / negatives]),
        np.concatenate([[0.0], found / positives]),
        np.concatenate([[np.inf], ordered[ends].astype(np.float64)]),
    )


def weighted_area_under_roc(
    positive: NDArray[np.bool_], score: NDArray[np.floating], weights: Weights
) -> NDArray[np.float64]:
    """Area under the ROC curve of each replicate, ties counted half (Mann-Whitney).

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.
        weights: (R, N), not negative.

    Returns:
        (R,), 0..1; nan where a replicate has no positive or no negative case.
    """
    if not len(score):
        return np.full(len(weights), np.nan)
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = np.concatenate([[0], np.nonzero(np.diff(ordered))[0] + 1])
    drawn = weights[:, order].astype(np.float64)
    of_positives = np.add.reduceat(drawn * positive[order], starts, axis=1)
    of_negatives = np.add.reduceat(drawn * ~positive[order], starts, axis=1)
    below = np.cumsum(of_negatives, axis=1) - of_negatives / 2
    pairs = of_positives.sum(axis=1) * of_negatives.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        area: NDArray[np.float64] = np.where(pairs > 0, (of_positives * below).sum(axis=1) / pairs, np.nan)
    return area


def _weighted_steps(
    positive: NDArray[np.bool_], score: NDArray[np.floating], weights: Weights
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many positives and negatives score at least so much, (R, K): K the different scores, falling."""
    order = np.argsort(-score, kind="stable")
    starts = np.concatenate([[0], np.nonzero(np.diff(score[order]))[0] + 1])
    drawn = weights[:, order].astype(np.float64)
    found = np.add.reduceat(drawn * positive[order], starts, axis=1)
    false = np.add.reduceat(drawn * ~positive[order], starts, axis=1)
    return np.cumsum(found, axis=1), np.cumsum(false, axis=1)


def weighted_area_above_sensitivity(
    positive: NDArray[np.bool_], score: NDArray[np.floating], weights: Weights, least_sensitivity: float
) -> NDArray[np.float64]:
    """`area_above_sensitivity` of each replicate.

    Args:
        positive, score: (N,) as there.
        weights: (R, N), not negative.
        least_sensitivity: 0..1.

    Returns:
        (R,); nan where a replicate has no positive or no negative case.
    """
    if not len(score):
        return np.full(len(weights), np.nan)
    found, false = _weighted_steps(positive, score, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.pad(found / found[:, -1:], ((0, 0), (1, 0))) - least_sensitivity
        x = np.pad(false / false[:, -1:], ((0, 0), (1, 0)))
        rise = np.diff(y, axis=1)
        low, high = y[:, :-1], y[:, 1:]
        # The curve between two points is straight, so of one that crosses the line a part lies above it.
        above = np.where(low >= 0, 1.0, np.where(high > 0, high / rise, 0.0))
        area: NDArray[np.float64] = (
            np.diff(x, axis=1) * above * (np.maximum(low, 0) + np.maximum(high, 0)) / 2
        ).sum(axis=1)
    return area


def area_above_sensitivity(
    positive: NDArray[np.bool_], score: NDArray[np.floating], least_sensitivity: float
) -> float:
    """Area under the ROC curve and above a line of sensitivity, as ISIC 2024 ranks by (SLICE-3D challenge).

    Not rescaled, so the most is 1 - least_sensitivity: 0.2 above 80 %.

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.
        least_sensitivity: 0..1.

    Returns:
        nan where one side has no case.
    """
    once = np.ones((1, len(score)))
    return float(weighted_area_above_sensitivity(positive, score, once, least_sensitivity)[0])


def area_beyond_sensitivity(
    positive: NDArray[np.bool_], score: NDArray[np.floating], least_sensitivity: float
) -> float:
    """The whole area under the ROC curve from where it reaches a sensitivity on, as ISIC 2018 reports it.

    Unlike `area_above_sensitivity` down to a sensitivity of 0, so the most is 1.
    """
    return _area(*_curve_from(positive, score, least_sensitivity))


def _curve_from(
    positive: NDArray[np.bool_], score: NDArray[np.floating], sensitivity: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ROC curve from the point where it reaches a sensitivity on."""
    false, found, _ = roc_curve(positive, score)
    if not len(false):
        return false, found
    # The curve between two points is straight, so where it crosses the line is found by proportion.
    after = int(np.searchsorted(found, sensitivity, side="left"))
    crossing = false[0]
    if after:
        share = (sensitivity - found[after - 1]) / (found[after] - found[after - 1])
        crossing = false[after - 1] + share * (false[after] - false[after - 1])
    return np.append(crossing, false[after:]), np.append(sensitivity, found[after:])


def _area(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)) if len(x) else float("nan")


def weighted_average_precision(
    positive: NDArray[np.bool_], score: NDArray[np.floating], weights: Weights
) -> NDArray[np.float64]:
    """`average_precision` (R,) of each replicate; positive and score (N,), weights (R, N)."""
    if not len(score):
        return np.full(len(weights), np.nan)
    found, false = _weighted_steps(positive, score, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        gained = np.diff(found, axis=1, prepend=0) / found[:, -1:]
        precision = np.where(found > 0, found / (found + false), 0.0)
        area: NDArray[np.float64] = (gained * precision).sum(axis=1)
    return area


def average_precision(positive: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Sum of precision times gain in recall over the thresholds, without interpolation.

    The definition that scikit-learn and, through it, the ISIC challenges use.

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.

    Returns:
        0..1; nan where there is no positive case.
    """
    return float(weighted_average_precision(positive, score, np.ones((1, len(score))))[0])


def weighted_operating_figures(
    positive: NDArray[np.bool_], score: NDArray[np.floating], weights: Weights, sensitivity: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Specificity and number needed to biopsy of each replicate at its own threshold for a sensitivity.

    The threshold is chosen anew in each, as it was chosen on the cases: the highest that finds at least that
    share of the positives.

    Args:
        positive, score: (N,) as of `operating_point`.
        weights: (R, N), not negative.
        sensitivity: 0..1.

    Returns:
        both (R,); nan where undefined.
    """
    if not len(score):
        nothing = np.full(len(weights), np.nan)
        return nothing, nothing
    found, false = _weighted_steps(positive, score, weights)
    # The small term undoes the rounding of, say, 0.95 x 20, which would ask for one more.
    at = np.argmax(found >= np.maximum(sensitivity * found[:, -1:] - 1e-9, 1e-9), axis=1)[:, None]
    hits = np.take_along_axis(found, at, axis=1)[:, 0]
    wrong = np.take_along_axis(false, at, axis=1)[:, 0]
    any_positive = found[:, -1] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        specificity = np.where(any_positive, 1 - wrong / false[:, -1], np.nan)
        needed = np.where(any_positive, (hits + wrong) / hits, np.nan)
    return specificity, needed


def operating_point(
    positive: NDArray[np.bool_], score: NDArray[np.floating], threshold: float
) -> OperatingPoint:
    """What one threshold does.

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.
        threshold: scores of at least this are called positive.
    """
    called = score >= threshold
    found, flagged = int(np.count_nonzero(called & positive)), int(np.count_nonzero(called))
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    return OperatingPoint(
        threshold=threshold,
        sensitivity=found / positives if positives else float("nan"),
        specificity=1 - (flagged - found) / negatives if negatives else float("nan"),
        flagged=flagged,
        found=found,
        needed_to_biopsy=flagged / found if found else float("nan"),
    )


def threshold_for_sensitivity(
    positive: NDArray[np.bool_], score: NDArray[np.floating], sensitivity: float
) -> float:
    """The highest threshold that finds at least this share of the positives; nan where there are none."""
    ordered = np.sort(score[positive])[::-1]
    if not len(ordered):
        return float("nan")
    # The small term undoes the rounding of, say, 0.95 x 20, which would ask for one more.
    needed = max(1, int(np.ceil(sensitivity * len(ordered) - 1e-9)))
    return float(ordered[needed - 1])
