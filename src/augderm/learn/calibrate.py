"""Fit what turns logits into probabilities, on images that the network was not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from augderm.domain.assessment import ModalityName
from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import share_of
from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES
from augderm.learn.conformal import SET_COVERAGE, class_thresholds
from augderm.learn.logistic import CURVE_PRECISION, UNIT_CURVE, fit_curve
from augderm.learn.records import Record
from augderm.reader.calibrated import (
    checklist_parts,
    likeliest_log_odds,
    malignant_log_odds,
    softmax,
    with_confidence,
)
from augderm.reader.calibration import (
    MODALITIES,
    Calibration,
    Calibrations,
    CriterionCalibration,
    LogisticCurve,
)
from augderm.reader.network import CHECKLIST_OUTPUT

MIXTURE_POWER = 0.75
"""A class of n calibration images counts n ** (1 - power) where it is decided which class is likeliest: 0
goes by their own mixture, 1 by classes of equal frequency. How sure one may be of it is fitted afterwards,
for their own mixture. tools/experiments/calibration.py compares."""
BIAS_PRECISION = 1.0
"""Of the normal prior of each bias (and of 1 / temperature): a standard deviation of 1. It holds back
classes with few images, and is nothing beside hundreds."""
CLINICAL_PRECISION = 4.0
"""Likewise of the clinical parameters around the dermoscopic ones: a standard deviation of 1/2, since there
are few clinical images."""
MIN_IMAGES: Mapping[ModalityName, int] = {"dermoscopic": 100, "clinical": 40}
"""Fewest images with a diagnosis; with fewer the modality is not calibrated, and so not diagnosed. The
clinical parameters start from the dermoscopic ones, and so need fewer."""
MIN_PRESENT = 5
"""Fewest images with and without a structure or artefact for a curve of its own; of each category of a
criterion of the checklist likewise."""
CROSS_FITS = 5
"""Parts that the set thresholds are cross-fitted in."""
SLOPE_BOUNDS = (0.05, 20.0)

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationReads:
    """What the exported network says of N calibration images, as it will say it when it reads.

    logits: (N, 7). structures: (N, 5). artefacts: (N, 7). modality: (N,). checklist: (N, 19), None where the
    network does not tell it.
    """

    logits: NDArray[np.float32]
    structures: NDArray[np.float32]
    artefacts: NDArray[np.float32]
    modality: NDArray[np.float32]
    checklist: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, found: Mapping[str, NDArray[np.float32]]) -> CalibrationReads:
        """What calibration needs of the network's outputs by name."""
        return cls(
            logits=found["logits"],
            structures=found["structures"],
            artefacts=found["artefacts"],
            modality=found["modality"],
            checklist=found.get(CHECKLIST_OUTPUT),
        )


@dataclass(frozen=True, slots=True)
class SoftmaxScaling:
    """softmax(logits / temperature + biases), the likeliest class's log-odds moved along `confidence`."""

    temperature: float
    biases: tuple[float, ...]
    confidence: LogisticCurve = UNIT_CURVE

    def scaled(self, logits: Floats) -> NDArray[np.float64]:
        """(N, C) of logits (N, C), to be given to the softmax."""
        return np.asarray(logits, np.float64) / self.temperature + np.array(self.biases)

    def probabilities(self, logits: Floats) -> NDArray[np.float64]:
        """(N, C) of logits (N, C)."""
        return with_confidence(self.scaled(logits), self.confidence)


PLAIN = SoftmaxScaling(1.0, (0.0,) * len(CODES))


def fit_calibrations(reads: CalibrationReads, records: Sequence[Record]) -> Calibrations:
    """Fit all calibrations of a bundle.

    Args:
        reads: of the records, in their order.
        records: calibration images of both modalities.

    Raises:
        InvalidDataset: too few images of every modality, no malignant or no benign one among them, or a
            score that points the wrong way.
    """
    clinical = np.array([record.modality == "clinical" for record in records])
    by_modality: dict[ModalityName, Calibration | None] = {}
    prior: Calibration | None = None
    for name in MODALITIES:
        rows = np.flatnonzero(clinical == (name == "clinical")).tolist()
        fitted = fit_calibration(
            reads.logits[rows], [records[row] for row in rows], least=MIN_IMAGES[name], prior=prior
        )
        by_modality[name], prior = fitted, prior or fitted
    if not any(by_modality.values()):
        raise InvalidDataset(
            f"{len(records)} calibration images, the least is {MIN_IMAGES['dermoscopic']} dermoscopic ones "
            "with a diagnosis; raise calibration_share"
        )
    modality = fit_presence(reads.modality, list(clinical))
    if modality is None and all(by_modality.values()):
        raise InvalidDataset("too few calibration images of one modality; raise its calibration_share")
    return Calibrations(
        by_modality=by_modality,
        clinical=modality,
        structures={
            name: fit_presence(
                reads.structures[:, index], [record.structures.get(name) for record in records]
            )
            for index, name in enumerate(STRUCTURES)
        },
        artefacts={
            name: fit_presence(reads.artefacts[:, index], [record.artefacts.get(name) for record in records])
            for index, name in enumerate(ARTEFACTS)
        },
        checklist={} if reads.checklist is None else _fit_checklist(reads.checklist, records),
    )


def _fit_checklist(
    logits: NDArray[np.float32], records: Sequence[Record]
) -> dict[str, CriterionCalibration | None]:
    return {
        criterion: fit_criterion(part, [record.checklist.get(criterion, ()) for record in records], names)
        for (criterion, names), part in zip(CHECKLIST.items(), checklist_parts(logits), strict=True)
    }


def fit_criterion(
    logits: Floats, labels: Sequence[Sequence[str]], categories: Sequence[str]
) -> CriterionCalibration | None:
    """Temperature and biases of one criterion, for the mixture of the calibration images.

    None where a category has fewer than `MIN_PRESENT` images: of what was hardly seen no probability is
    shown, nor of the others beside it, since they would claim to be all that there is.

    Args:
        logits: (N, C).
        labels: N; a label of several categories says too little and is left out.
        categories: C names.
    """
    rows = [row for row, label in enumerate(labels) if len(label) == 1]
    truth = np.array([categories.index(labels[row][0]) for row in rows], np.int64)
    if np.bincount(truth, minlength=len(categories)).min() < MIN_PRESENT:
        return None
    even = SoftmaxScaling(1.0, (0.0,) * len(categories))
    scaling = fit_scaling(logits[rows], truth, centre=even, power=0.0)
    return CriterionCalibration(scaling.temperature, scaling.biases, images=len(rows))


def fit_calibration(
    logits: Floats,
    records: Sequence[Record],
    *,
    least: int,
    prior: Calibration | None = None,
    power: float = MIXTURE_POWER,
) -> Calibration | None:
    """Fit one modality: diagnosis, malignancy and prediction sets; None with too few images.

    Args:
        logits: (N, 7) in the order of `taxonomy.CODES`.
        records: of the same images.
        least: fewest images with a diagnosis.
        prior: the calibration of another modality to start from.
        power: see `MIXTURE_POWER`.

    Raises:
        InvalidDataset: no malignant or no benign image, or a score that points the wrong way.
    """
    labels = np.array([-1 if record.label is None else record.label for record in records], np.int64)
    known = labels >= 0
    if known.sum() < least:
        return None
    centre = SoftmaxScaling(prior.temperature, prior.biases, prior.confidence) if prior else PLAIN
    precision = CLINICAL_PRECISION if prior else BIAS_PRECISION
    parts = np.array([int(share_of(f"part {record.group}") * CROSS_FITS) for record in records])
    how = (logits[known], labels[known], parts[known])
    scaling = fit_diagnosis(*how, centre=centre, precision=precision, power=power)
    apart = cross_fitted(*how, centre=centre, precision=precision, power=power)
    return Calibration(
        temperature=scaling.temperature,
        biases=scaling.biases,
        confidence=scaling.confidence,
        mixture=tuple((np.bincount(labels[known], minlength=len(CODES)) / known.sum()).tolist()),
        malignancy=_fit_malignancy(logits, records, prior.malignancy if prior else None),
        set_thresholds=class_thresholds(
            apart,
            labels[known],
            collections=[record.dataset for record, usable in zip(records, known, strict=True) if usable],
        ),
        set_coverage=SET_COVERAGE,
        images=int(known.sum()),
    )


def fit_diagnosis(
    logits: Floats,
    labels: NDArray[np.int64],
    parts: NDArray[np.int64],
    *,
    centre: SoftmaxScaling = PLAIN,
    precision: float = BIAS_PRECISION,
    power: float = MIXTURE_POWER,
) -> SoftmaxScaling:
    """`fit_scaling`, and the confidence of the likeliest class for the mixture of the images themselves.

    The confidence is fitted to log-odds of images that the scaling was not fitted to.

    Args:
        logits: (N, C).
        labels: (N,) true class indices.
        parts: (N,) which part an image is in; one group, one part.
        centre, precision, power: see `fit_scaling`; the confidence is held around its centre likewise.

    Raises:
        InvalidDataset: all images are of one part.
    """
    odds, correct = np.zeros(len(labels)), np.zeros(len(labels), bool)
    for inside in _each_part(parts):
        other = fit_scaling(logits[~inside], labels[~inside], centre=centre, precision=precision, power=power)
        scaled = other.scaled(logits[inside])
        odds[inside] = likeliest_log_odds(scaled)
        correct[inside] = scaled.argmax(axis=1) == labels[inside]
    confidence = fit_curve(
        odds, correct, centre=centre.confidence, precision=precision, offset_precision=precision
    )
    scaling = fit_scaling(logits, labels, centre=centre, precision=precision, power=power)
    # A confidence that falls would say that the network knows nothing; the plain one says it too.
    return replace(scaling, confidence=confidence if confidence.slope > 0 else UNIT_CURVE)


def _each_part(parts: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    """(N,) for each part, which images are in it."""
    for part in np.unique(parts):
        inside = parts == part
        if inside.all():
            raise InvalidDataset("all calibration images are of one group; raise calibration_share")
        yield inside


def fit_scaling(
    logits: Floats,
    labels: NDArray[np.int64],
    *,
    centre: SoftmaxScaling = PLAIN,
    precision: float = BIAS_PRECISION,
    power: float = MIXTURE_POWER,
) -> SoftmaxScaling:
    """Temperature (Guo et al., ICML 2017) and class biases of the greatest posterior.

    Args:
        logits: (N, C).
        labels: (N,) true class indices.
        centre, precision: of the normal prior of 1 / temperature and of each bias.
        power: see `MIXTURE_POWER`.
    """
    count, classes = logits.shape
    z = np.asarray(logits, np.float64)
    weights = np.bincount(labels, minlength=classes).clip(min=1)[labels].astype(float) ** -power
    weights *= count / weights.sum()
    truth = np.eye(classes)[labels]
    start = np.array([1 / centre.temperature, *centre.biases])

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scaled = parameters[0] * z + parameters[1:]
        likelihood = np.logaddexp.reduce(scaled, axis=1) - (scaled * truth).sum(axis=1)
        wrong = weights[:, None] * (softmax(scaled) - truth)
        gradient = np.array([(wrong * z).sum(), *wrong.sum(axis=0)])
        apart = parameters - start
        return (
            float(weights @ likelihood) + precision / 2 * float(apart @ apart),
            gradient + precision * apart,
        )

    bounds = [SLOPE_BOUNDS, *[(None, None)] * classes]
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return SoftmaxScaling(1 / float(found.x[0]), tuple(map(float, found.x[1:])))


def cross_fitted(
    logits: Floats, labels: NDArray[np.int64], parts: NDArray[np.int64], **how: object
) -> NDArray[np.float64]:
    """Probabilities (N, C) of each image by a `fit_diagnosis` without its part.

    Thresholds set on probabilities of the very images that these were fitted to would be too high.

    Args:
        logits: (N, C).
        labels: (N,) true class indices.
        parts: (N,) which part an image is in; one group, one part.
        how: passed to `fit_diagnosis`.
    """
    found = np.zeros(logits.shape)
    for inside in _each_part(parts):
        scaling = fit_diagnosis(logits[~inside], labels[~inside], parts[~inside], **how)  # type: ignore[arg-type]
        found[inside] = scaling.probabilities(logits[inside])
    return found


def _fit_malignancy(logits: Floats, records: Sequence[Record], prior: LogisticCurve | None) -> LogisticCurve:
    """Platt's curve of the malignant log-odds; what is indeterminate or unknown is left out."""
    decided = [row for row, record in enumerate(records) if record.malignant is not None]
    malignant = np.array([bool(records[row].malignant) for row in decided])
    if not 0 < malignant.sum() < len(malignant):
        raise InvalidDataset(
            f"the {len(records)} calibration images hold no malignant or no benign one; raise "
            "calibration_share"
        )
    curve = fit_curve(
        malignant_log_odds(logits[decided]),
        malignant,
        centre=prior or UNIT_CURVE,
        precision=CLINICAL_PRECISION if prior else CURVE_PRECISION,
        offset_precision=CLINICAL_PRECISION if prior else 0.0,
    )
    if not curve.slope > 0:
        raise InvalidDataset(
            f"malignancy falls with its own score (slope {curve.slope:.3g}) on the {len(decided)} "
            "calibration images: the network has not learned to tell; train longer or check the labels"
        )
    return curve


def fit_presence(logits: Floats, truths: Sequence[bool | None]) -> LogisticCurve | None:
    """The curve of a structure, an artefact or the modality; None with too few images of either kind.

    Args:
        logits: (N,).
        truths: (N,) None where unlabelled.
    """
    known = np.array([truth is not None for truth in truths], bool)
    present = np.array([bool(truth) for truth in truths])[known]
    if min(present.sum(), len(present) - present.sum()) < MIN_PRESENT:
        return None
    curve = fit_curve(np.asarray(logits)[known], present)
    # A score that points the wrong way says nothing: no probability is shown.
    return curve if curve.slope > 0 else None
