"""From the network's logits to probabilities that may be shown."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import DiagnosisRead, Malignancy
from augderm.domain.taxonomy import CODES, codes_behaving
from augderm.reader.bundle import Calibration

_MALIGNANT = [CODES.index(code) for code in codes_behaving("malignant")]
_INDETERMINATE = [CODES.index(code) for code in codes_behaving("indeterminate")]


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities (..., C) that sum to 1 along the last axis."""
    scaled = np.asarray(logits, np.float64) / temperature
    grown = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = grown / grown.sum(axis=-1, keepdims=True)
    return shares


def malignant_log_odds(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds (...,) of the malignant against the benign classes; the indeterminate ones are left out.

    Args:
        logits: (..., 7) in the order of `taxonomy.CODES`.
    """
    logits = np.asarray(logits, np.float64)
    benign = [i for i in range(len(CODES)) if i not in _MALIGNANT + _INDETERMINATE]
    odds: NDArray[np.float64] = np.logaddexp.reduce(logits[..., _MALIGNANT], axis=-1) - np.logaddexp.reduce(
        logits[..., benign], axis=-1
    )
    return odds


def read_diagnosis(logits: NDArray[np.floating], calibration: Calibration) -> DiagnosisRead:
    """Calibrated probabilities and the prediction set of one image; logits (7,)."""
    probabilities = softmax(logits, calibration.temperature)
    order = np.argsort(-probabilities, kind="stable")
    # The likeliest is always named: an empty set would say nothing about what was seen.
    members = [
        i for rank, i in enumerate(order) if rank == 0 or probabilities[i] >= calibration.set_threshold
    ]
    return DiagnosisRead(
        probabilities={code: float(p) for code, p in zip(CODES, probabilities, strict=True)},
        prediction_set=tuple(CODES[i] for i in members),
        coverage=calibration.set_coverage,
    )


def read_malignancy(logits: NDArray[np.floating], calibration: Calibration) -> Malignancy:
    """Calibrated probability of malignancy of one image, should it not be indeterminate; logits (7,).

    Multiplied by what is not indeterminate it would be unconditional, but part carcinomas from benign
    lesions less well: a carcinoma is often held for actinic keratosis (docs/explain/experiments.md).
    """
    odds = float(malignant_log_odds(logits))
    probabilities = softmax(logits, calibration.temperature)
    indeterminate = float(probabilities[_INDETERMINATE].sum())
    logit = calibration.malignancy_slope * odds + calibration.malignancy_offset
    return Malignancy(probability=_logistic(logit), indeterminate=indeterminate)


def _logistic(logit: float) -> float:
    # Two forms of the same curve: neither lets exp overflow.
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
