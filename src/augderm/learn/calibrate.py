"""Fit what turns logits into probabilities, on images that the network was not trained on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CODES, DIAGNOSES
from augderm.reader.bundle import Calibration
from augderm.reader.calibrated import malignant_log_odds, softmax

SET_COVERAGE = 0.90
"""Share of true diagnoses that prediction sets are meant to hold."""
MIN_IMAGES = 100
"""Fewest calibration images; with fewer, a 90 % quantile rests on less than ten of them."""
LOG_TEMPERATURE_BOUNDS = (math.log(0.05), math.log(20.0))


def fit_calibration(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibration:
    """Fit temperature, malignancy curve and prediction-set threshold.

    Args:
        logits: (N, 7) in the order of `taxonomy.CODES`.
        labels: (N,) true class indices.

    Raises:
        InvalidDataset: too few images, no malignant or no benign one, or a score that points the wrong way.
    """
    if len(labels) < MIN_IMAGES:
        raise InvalidDataset(
            f"{len(labels)} calibration images, the least is {MIN_IMAGES}; raise calibration_share"
        )
    temperature = fit_temperature(logits, labels)
    slope, offset = _fit_malignancy(logits, labels)
    if not slope > 0:
        raise InvalidDataset(
            f"malignancy falls with its own score (slope {slope:.3g}) on the {len(labels)} calibration "
            "images: the network has not learned to tell; train longer or check the labels"
        )
    probabilities = softmax(logits, temperature)
    return Calibration(
        temperature=temperature,
        malignancy_slope=slope,
        malignancy_offset=offset,
        set_threshold=fit_set_threshold(probabilities[np.arange(len(labels)), labels]),
        set_coverage=SET_COVERAGE,
    )


def fit_temperature(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """The temperature of the least negative log-likelihood (Guo et al., ICML 2017)."""

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits, math.exp(log_temperature))
        return -float(np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())

    found = optimize.minimize_scalar(loss, bounds=LOG_TEMPERATURE_BOUNDS, method="bounded")
    return math.exp(float(found.x))


def fit_set_threshold(true_probabilities: NDArray[np.float64], coverage: float = SET_COVERAGE) -> float:
    """The largest threshold that keeps the coverage on exchangeable cases (split conformal).

    Args:
        true_probabilities: (N,) probability given to each calibration image's true diagnosis.
        coverage: wanted share, 0..1.
    """
    ordered = np.sort(true_probabilities)
    # With the +1 the guarantee holds for one new case beside the N seen.
    # The small term undoes the rounding of (1 - coverage), which would lose a whole rank.
    rank = math.floor((1 - coverage) * (len(ordered) + 1) + 1e-9)
    return float(ordered[rank - 1]) if rank >= 1 else 0.0


def _fit_malignancy(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Slope and offset of Platt's logistic curve; indeterminate diagnoses are left out."""
    behaviours = np.array([diagnosis.behaviour for diagnosis in DIAGNOSES])[labels]
    decided = behaviours != "indeterminate"
    malignant = (behaviours[decided] == "malignant").astype(float)
    if not 0 < malignant.sum() < len(malignant):
        raise InvalidDataset(
            f"the calibration images ({len(labels)}, classes {', '.join(CODES)}) hold no malignant or no "
            "benign one; raise calibration_share"
        )
    odds = malignant_log_odds(logits)[decided]

    def loss(parameters: NDArray[np.float64]) -> float:
        z = parameters[0] * odds + parameters[1]
        return float((np.logaddexp(0, z) - malignant * z).mean())

    found = optimize.minimize(loss, np.array([1.0, 0.0]), method="BFGS")
    return float(found.x[0]), float(found.x[1])
