"""Figures that a reader is judged by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


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
