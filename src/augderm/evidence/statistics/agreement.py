"""Agreement beyond chance of two that judge the same cases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def kappa(
    one: NDArray[np.int64], other: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cohen's kappa of each replicate (Cohen, Educ Psychol Meas 1960;20:37-46).

    Args:
        one, other: (N,) categories as whole numbers from 0.
        weights: (R, N), not negative; a row of ones gives the plain kappa.

    Returns:
        (R,), -1..1; nan where the weights sum to 0, and where both always say the same one category: chance
        would then agree as well.
    """
    total = weights.sum(axis=1)
    categories = range(int(max(one.max(initial=-1), other.max(initial=-1))) + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = weights @ (one == other).astype(np.float64) / total
        expected = np.zeros(len(weights))
        for category in categories:
            ours, theirs = (weights @ (each == category).astype(np.float64) / total for each in (one, other))
            expected += ours * theirs
        found: NDArray[np.float64] = np.where(
            expected < 1 - 1e-12, (observed - expected) / (1 - expected), np.nan
        )
    return found
