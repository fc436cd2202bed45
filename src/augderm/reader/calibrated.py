"""From the network's logits to probabilities that may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import DiagnosisRead, Malignancy, ModalityName, ModalityRead, is_doubtful
from augderm.domain.taxonomy import CHECKLIST, CODES, codes_behaving
from augderm.reader.calibration import (
    MODALITIES,
    Calibration,
    Calibrations,
    CriterionCalibration,
    LogisticCurve,
)

_MALIGNANT = [CODES.index(code) for code in codes_behaving("malignant")]
_INDETERMINATE = [CODES.index(code) for code in codes_behaving("indeterminate")]

IN_DOUBT = (
    "It is in doubt whether this is a dermoscopic image or a clinical photograph, so it was read as both: a "
    "diagnosis is excluded only where both calibrations exclude it, and the higher of their probabilities of "
    "malignancy is shown. What is said of structures holds only if it was taken through a dermatoscope."
)
"""Said of a photograph in doubt that was read: see `read_lesion`."""
SMALLEST_LEAD = 1e-9
"""Of the likeliest class's probability over the second's."""


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Probabilities (..., C) that sum to 1 along the last axis."""
    scaled = np.asarray(logits, np.float64) / temperature
    grown = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = grown / grown.sum(axis=-1, keepdims=True)
    return shares


def class_probabilities(logits: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """Calibrated probabilities (..., 7) of the diagnoses, for the mixture of the calibration."""
    scaled = np.asarray(logits, np.float64) / calibration.temperature + np.array(calibration.biases)
    return with_confidence(scaled, calibration.confidence)


def likeliest_log_odds(scaled: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds (...,) of the likeliest class against all others, by the softmax of (..., C)."""
    ordered = np.sort(np.asarray(scaled, np.float64), axis=-1)
    odds: NDArray[np.float64] = ordered[..., -1] - np.logaddexp.reduce(ordered[..., :-1], axis=-1)
    return odds


def with_confidence(scaled: NDArray[np.floating], confidence: LogisticCurve) -> NDArray[np.float64]:
    """The softmax (..., C), the likeliest class's log-odds moved along a rising curve.

    The likeliest stays the likeliest, and the others keep their shares among themselves: which class is
    chosen, and how sure one may be of it, are then two matters.
    """
    scaled = np.asarray(scaled, np.float64)
    top = scaled.argmax(axis=-1)[..., None]
    others = scaled.copy()
    np.put_along_axis(others, top, -np.inf, axis=-1)
    shares = softmax(others)
    z = confidence.slope * likeliest_log_odds(scaled)[..., None] + confidence.offset
    chance = np.exp(-np.logaddexp(0, -z))
    second = shares.max(axis=-1, keepdims=True)
    # Never so low that the second would overtake it.
    chance = np.maximum(chance, second / (1 + second) + SMALLEST_LEAD)
    probabilities: NDArray[np.float64] = shares * (1 - chance)
    np.put_along_axis(probabilities, top, chance, axis=-1)
    return probabilities


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


def prediction_set(probabilities: NDArray[np.float64], thresholds: tuple[float, ...]) -> tuple[int, ...]:
    """Indices of the classes that cannot be excluded, the likeliest first; probabilities (7,)."""
    order = np.argsort(-probabilities, kind="stable")
    # The likeliest is always named: an empty set would say nothing about what was seen.
    return tuple(
        int(i) for rank, i in enumerate(order) if rank == 0 or probabilities[i] >= thresholds[int(i)]
    )


def read_diagnosis(logits: NDArray[np.floating], calibration: Calibration) -> DiagnosisRead:
    """Calibrated probabilities and the prediction set of one image; logits (7,)."""
    probabilities = class_probabilities(logits, calibration)
    thresholds = calibration.set_thresholds
    return DiagnosisRead(
        probabilities={code: float(p) for code, p in zip(CODES, probabilities, strict=True)},
        prediction_set=tuple(CODES[i] for i in prediction_set(probabilities, thresholds)),
        coverage=calibration.set_coverage,
        mixture=dict(zip(CODES, calibration.mixture, strict=True)),
        never_excluded=tuple(code for code, t in zip(CODES, thresholds, strict=True) if t == 0),
    )


def read_malignancy(logits: NDArray[np.floating], calibration: Calibration) -> Malignancy:
    """Calibrated probability of malignancy of one image, should it not be indeterminate; logits (7,).

    Multiplied by what is not indeterminate it would be unconditional, but part carcinomas from benign
    lesions less well: a carcinoma is often held for actinic keratosis (docs/explain/experiments.md).
    """
    probabilities = class_probabilities(logits, calibration)
    return Malignancy(
        probability=calibration.malignancy.probability(float(malignant_log_odds(logits))),
        indeterminate=float(probabilities[_INDETERMINATE].sum()),
    )


def read_modality(logit: float, calibrations: Calibrations) -> ModalityRead:
    """Whether the photograph is clinical or dermoscopic, and whether that is in doubt.

    A model that knows of one modality only cannot tell: then it is that one, without a probability.
    """
    if calibrations.clinical is None:
        (only,) = (name for name in MODALITIES if calibrations.by_modality[name])
        return ModalityRead(only, None)
    clinical = calibrations.clinical.probability(logit)
    name: ModalityName = "clinical" if clinical > 0.5 else "dermoscopic"
    return ModalityRead(name, clinical, in_doubt=is_doubtful(clinical))


def read_lesion(
    logits: NDArray[np.floating], modality: ModalityRead, calibrations: Calibrations
) -> tuple[DiagnosisRead, Malignancy] | None:
    """Diagnosis and malignancy of one image by the calibration of its modality; logits (7,).

    Where the modality is in doubt both are asked. The probabilities are those of either, by how likely each
    modality is; a diagnosis is excluded only where both exclude it, and the higher probability of malignancy
    stands: whichever is the right one, neither set nor malignancy is more harmless than by that one.

    Returns:
        None where a calibration that must be asked is missing.
    """
    asked = MODALITIES if modality.in_doubt else (modality.likelier,)
    reads = []
    for name in asked:
        calibration = calibrations.by_modality[name]
        if calibration is None:
            return None
        reads.append((read_diagnosis(logits, calibration), read_malignancy(logits, calibration)))
    if len(reads) == 1:
        return reads[0]
    clinical = modality.clinical_probability
    assert clinical is not None, "what has no probability is not in doubt"
    weights = [clinical if name == "clinical" else 1 - clinical for name in asked]
    return _of_either([read for read, _ in reads], [read for _, read in reads], weights)


def _of_either(
    diagnoses: Sequence[DiagnosisRead], malignancies: Sequence[Malignancy], weights: Sequence[float]
) -> tuple[DiagnosisRead, Malignancy]:
    def weighed(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
        return {code: sum(w * part[code] for w, part in zip(weights, parts, strict=True)) for code in CODES}

    probabilities = weighed([read.probabilities for read in diagnoses])
    members = {code for read in diagnoses for code in read.prediction_set}
    members.add(max(CODES, key=probabilities.__getitem__))
    diagnosis = DiagnosisRead(
        probabilities=probabilities,
        prediction_set=tuple(sorted(members, key=lambda code: -probabilities[code])),
        coverage=min(read.coverage for read in diagnoses),
        mixture=weighed([read.mixture for read in diagnoses]),
        never_excluded=tuple(c for c in CODES if any(c in read.never_excluded for read in diagnoses)),
    )
    malignancy = Malignancy(
        probability=max(read.probability for read in malignancies),
        indeterminate=sum(probabilities[code] for code in codes_behaving("indeterminate")),
    )
    return diagnosis, malignancy


def read_presence(
    logits: NDArray[np.floating], curves: Mapping[str, LogisticCurve | None]
) -> dict[str, float | None]:
    """Calibrated probability that each structure or artefact is there; None where it has no curve.

    Args:
        logits: in the order of the curves.
        curves: by name.
    """
    return {
        name: None if curve is None else curve.probability(float(logit))
        for (name, curve), logit in zip(curves.items(), logits, strict=True)
    }


def read_checklist(
    logits: NDArray[np.floating], calibrations: Mapping[str, CriterionCalibration | None]
) -> dict[str, dict[str, float] | None]:
    """Calibrated probabilities of each criterion's categories (sum 1); None where it has no calibration.

    Args:
        logits: (19,) in the order of `taxonomy.CHECKLIST`.
        calibrations: by criterion.
    """
    found: dict[str, dict[str, float] | None] = {}
    for (criterion, categories), part in zip(CHECKLIST.items(), checklist_parts(logits), strict=True):
        calibration = calibrations[criterion]
        found[criterion] = None
        if calibration is not None:
            shares = softmax(part / calibration.temperature + np.array(calibration.biases))
            found[criterion] = dict(zip(categories, map(float, shares), strict=True))
    return found


def checklist_parts(logits: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """The logits (..., 19) of the checklist by criterion, in its order."""
    ends = np.cumsum([len(categories) for categories in CHECKLIST.values()])
    return np.split(logits, ends[:-1], axis=-1)
