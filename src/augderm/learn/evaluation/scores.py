"""Figures that a reader is judged by; nan where a figure is undefined."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augderm.evidence.statistics.reliability import ECE_BINS


def mean_class_recall(labels: NDArray[np.int64], chosen: NDArray[np.int64]) -> float:
    """Mean over the classes that occur of the share found: ISIC 2018 Task 3's balanced accuracy.

    Args:
        labels: (N,) true class indices.
        chosen: (N,) predicted class indices.

    Returns:
        0..1; nan where there is no case.
    """
    if not len(labels):
        return float("nan")
    return float(np.mean([np.mean(chosen[labels == label] == label) for label in np.unique(labels)]))


def mean_jaccard(jaccards: NDArray[np.float32]) -> float:
    """Mean border Jaccard index, 0..1 (without ISIC 2018 Task 1's cut-off at 0.65)."""
    return float(np.mean(jaccards)) if len(jaccards) else float("nan")


def jaccard(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of one shape, 0..1; 1 where both are empty."""
    union = np.count_nonzero(found | wanted)
    return np.count_nonzero(found & wanted) / union if union else 1.0


def area_under_roc(positive: NDArray[np.bool_], score: NDArray[np.floating]) -> float:
    """Chance that a positive case scores above a negative one, ties counted half (Mann-Whitney).

    Args:
        positive: (N,) truth.
        score: (N,) the higher, the more positive.
    """
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = stats.rankdata(score)
    above = float(ranks[positive].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


def expected_calibration_error(confidence: NDArray[np.floating], correct: NDArray[np.bool_]) -> float:
    """Mean gap between confidence and share correct over bins of confidence, weighted by size.

    Args:
        confidence: (N,) probability of the chosen class, 0..1.
        correct: (N,) whether it was the true one.
    """
    if not len(confidence):
        return float("nan")
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [
        abs(float(confidence[bins == b].mean()) - float(correct[bins == b].mean())) * np.mean(bins == b)
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))
