"""Platt's logistic curve of a score: a slope and an offset, held near what they would be of a fair score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from augderm.reader.calibration import LogisticCurve

CURVE_PRECISION = 1.0
"""Of the normal prior of the slope around 1: a standard deviation of 1. It is nothing beside hundreds of
images."""
UNIT_CURVE = LogisticCurve(1.0, 0.0)


def fit_curve(
    logits: NDArray[np.floating],
    truths: NDArray[np.bool_],
    *,
    centre: LogisticCurve = UNIT_CURVE,
    precision: float = CURVE_PRECISION,
    offset_precision: float = 0.0,
) -> LogisticCurve:
    """Platt's logistic curve (1999) of the greatest posterior.

    Args:
        logits: (N,).
        truths: (N,).
        centre: of the normal priors.
        precision, offset_precision: of the priors of slope and offset, 0 for none.
    """
    z, wanted = np.asarray(logits, np.float64), truths.astype(float)
    start = np.array([centre.slope, centre.offset])
    held = np.array([precision, offset_precision])

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        curve = parameters[0] * z + parameters[1]
        wrong = np.exp(-np.logaddexp(0, -curve)) - wanted
        apart = parameters - start
        return (
            float((np.logaddexp(0, curve) - wanted * curve).sum()) + float(held @ apart**2) / 2,
            np.array([wrong @ z, wrong.sum()]) + held * apart,
        )

    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B")
    return LogisticCurve(float(found.x[0]), float(found.x[1]))
