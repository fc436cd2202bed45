"""Ways of making probabilities, compared by cross-validation within the calibration images.

    .venv/bin/python tools/experiments/calibration.py configs/dermoscopic-lite0.toml BUNDLE [READS.npz]

BUNDLE gives the network. Neither training images nor fold 0 are read. What the network says is kept in
READS.npz where given, and taken from there the next time. Ten parts by group: what is printed of an image was
fitted without its group. ECE is that of the likeliest class; recalls are of the argmax.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from augderm.domain.folds import share_of
from augderm.domain.taxonomy import CODES
from augderm.learn.calibrate import (
    BIAS_PRECISION,
    MIN_IMAGES,
    SoftmaxScaling,
    fit_calibration,
    fit_diagnosis,
    fit_scaling,
)
from augderm.learn.config import load_config
from augderm.learn.conformal import class_thresholds
from augderm.learn.evaluation.scores import area_under_roc, expected_calibration_error, mean_class_recall
from augderm.learn.read_records import read_records
from augderm.learn.records import Record
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import load_bundle
from augderm.reader.calibrated import malignant_log_odds, softmax
from augderm.reader.network import open_session

PARTS = 10
MEL = CODES.index("mel")
Logits = NDArray[np.float64]
Labels = NDArray[np.int64]
Way = Callable[[Logits, Labels, Labels], Callable[[Logits], NDArray[np.float64]]]
"""From logits, labels and parts to what makes probabilities of other logits."""


def scaled(
    power: float, precision: float, logits: Logits, labels: Labels, _: Labels
) -> Callable[[Logits], Logits]:
    """Temperature and biases, classes weighted by count ** -power."""
    return fit_scaling(logits, labels, power=power, precision=precision).probabilities


def temperature_only(power: float, logits: Logits, labels: Labels, _: Labels) -> Callable[[Logits], Logits]:
    """One temperature; the argmax is the network's own."""
    counts = np.bincount(labels, minlength=len(CODES)).clip(min=1)
    weights = counts[labels] ** -power

    def loss(log_temperature: float) -> float:
        probabilities = softmax(logits, np.exp(log_temperature))
        return -float(weights @ np.log(probabilities[np.arange(len(labels)), labels] + 1e-12))

    best = np.exp(optimize.minimize_scalar(loss, bounds=(-3, 3), method="bounded").x)
    return lambda other: softmax(other, best)


def vector_scaled(logits: Logits, labels: Labels, _: Labels) -> Callable[[Logits], Logits]:
    """A slope and a bias for each class (Guo et al., ICML 2017)."""
    truth = np.eye(len(CODES))[labels]

    def loss(parameters: Logits) -> tuple[float, Logits]:
        slopes, biases = parameters.reshape(2, -1)
        z = slopes * logits + biases
        wrong = softmax(z) - truth
        apart = parameters - start
        value = (np.logaddexp.reduce(z, axis=1) - (z * truth).sum(axis=1)).sum()
        gradient = np.concatenate([(wrong * logits).sum(axis=0), wrong.sum(axis=0)])
        return float(value + BIAS_PRECISION / 2 * apart @ apart), gradient + BIAS_PRECISION * apart

    start = np.array([1.0] * len(CODES) + [0.0] * len(CODES))
    slopes, biases = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x.reshape(2, -1)
    return lambda other: softmax(slopes * other + biases)


def with_confidence(
    power: float, logits: Logits, labels: Labels, parts: Labels
) -> Callable[[Logits], Logits]:
    """The argmax of one weighting, its confidence for the images' own mixture: what a bundle carries."""
    return fit_diagnosis(logits, labels, parts, power=power).probabilities


WAYS: dict[str, Way] = {
    **{f"biases, q = {q}": partial(scaled, q, BIAS_PRECISION) for q in (0.0, 0.25, 0.5, 0.75, 1.0)},
    "biases, q = 0, held 10 times": partial(scaled, 0.0, 10 * BIAS_PRECISION),
    "temperature only, q = 0": partial(temperature_only, 0.0),
    "temperature only, q = 1": partial(temperature_only, 1.0),
    "vector scaling, q = 0": vector_scaled,
    **{f"biases, q = {q}, then confidence": partial(with_confidence, q) for q in (0.5, 0.75, 1.0)},
}


def cross_validated(way: Way, logits: Logits, labels: Labels, parts: Labels) -> Logits:
    """Probabilities of each image, fitted without its part."""
    found = np.zeros((len(labels), len(CODES)))
    for part in range(PARTS):
        inside = parts == part
        found[inside] = way(logits[~inside], labels[~inside], parts[~inside])(logits[inside])
    return found


def parts_of(records: Sequence[Record]) -> Labels:
    """The part of each record, by its group."""
    return np.array([int(share_of(f"experiment {record.group}") * PARTS) for record in records])


def figures(probabilities: Logits, labels: Labels, parts: Labels, ham: NDArray[np.bool_]) -> str:
    """A row of figures."""
    chosen = probabilities.argmax(axis=1)
    correct = chosen == labels
    loss = -np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean()
    inside = np.zeros(probabilities.shape, bool)
    for part in range(PARTS):
        rows = parts == part
        inside[rows] = probabilities[rows] >= np.array(class_thresholds(probabilities[~rows], labels[~rows]))
    held = inside[np.arange(len(labels)), labels]
    by_class = [f"{held[labels == label].mean():.2f}" for label in np.unique(labels)]
    ece = expected_calibration_error(probabilities.max(axis=1), correct)
    ece_ham = expected_calibration_error(probabilities[ham].max(axis=1), correct[ham])
    return (
        f"recall {mean_class_recall(labels, chosen):.3f} (ham10000 "
        f"{mean_class_recall(labels[ham], chosen[ham]):.3f}), accuracy {correct.mean():.3f}, ECE {ece:.3f} "
        f"({ece_ham:.3f}), log loss {loss:.3f}, mel AUC "
        f"{area_under_roc(labels == MEL, probabilities[:, MEL]):.3f}, sets of "
        f"{inside.sum(axis=1).mean():.2f} hold {held.mean():.3f}: {' '.join(by_class)}"
    )


def main(config_path: Path, bundle_path: Path, kept: Path | None) -> None:
    """Read the calibration images, and print each way's figures."""
    config = load_config(config_path)
    records = split_of(config, read_sources(config)).calibration
    if kept and kept.exists():
        found = dict(np.load(kept, allow_pickle=False))
    else:
        bundle = load_bundle(bundle_path)
        found = read_records(open_session(bundle.network, threads=1), bundle.preprocessing, records)
        if kept:
            np.savez(kept, **found)  # type: ignore[arg-type]
    logits = found["logits"].astype(float)
    for modality in ("dermoscopic", "clinical"):
        rows = [i for i, record in enumerate(records) if record.modality == modality]
        labelled = [i for i in rows if records[i].label is not None]
        labels = np.array([records[i].label for i in labelled], np.int64)
        parts = parts_of([records[i] for i in labelled])
        ham = np.array([records[i].dataset == "ham10000" for i in labelled])
        counts = np.bincount(labels, minlength=len(CODES))
        print(
            f"\n{modality}: {len(labels)} images,", *(f"{c} {n}" for c, n in zip(CODES, counts, strict=True))
        )
        for name, way in WAYS.items():
            if modality == "dermoscopic":
                probabilities = cross_validated(way, logits[labelled], labels, parts)
                print(f"{name:<36}", figures(probabilities, labels, parts, ham))
        decided = [i for i in rows if records[i].malignant is not None]
        malignant = np.array([bool(records[i].malignant) for i in decided])
        print("malignancy AUC", f"{area_under_roc(malignant, malignant_log_odds(logits[decided])):.3f}")
    clinical(logits, records)


def clinical(logits: Logits, records: Sequence[Record]) -> None:
    """How far the clinical calibration should start from the dermoscopic one."""
    of_clinical = [i for i, record in enumerate(records) if record.modality == "clinical"]
    dermoscopic = [i for i, record in enumerate(records) if record.modality == "dermoscopic"]
    least = MIN_IMAGES["dermoscopic"]
    prior = fit_calibration(logits[dermoscopic], [records[i] for i in dermoscopic], least=least)
    assert prior
    labelled = [i for i in of_clinical if records[i].label is not None]
    labels = np.array([records[i].label for i in labelled], np.int64)
    parts = parts_of([records[i] for i in labelled])
    for precision in (0.0, 0.25, 1.0, 4.0, 16.0, 1000.0):

        def way(
            some: Logits, truths: Labels, inner: Labels, precision: float = precision
        ) -> Callable[[Logits], Logits]:
            centre = SoftmaxScaling(prior.temperature, prior.biases, prior.confidence)
            return fit_diagnosis(
                some, truths, inner, centre=centre, precision=precision or 1e-6
            ).probabilities

        found = cross_validated(way, logits[labelled], labels, parts)
        chosen = found.argmax(axis=1)
        loss = -np.log(found[np.arange(len(labels)), labels] + 1e-12).mean()
        ece = expected_calibration_error(found.max(axis=1), chosen == labels)
        print(
            f"clinical, held {precision:g} times around the dermoscopic: recall "
            f"{mean_class_recall(labels, chosen):.3f}, accuracy {(chosen == labels).mean():.3f}, "
            f"ECE {ece:.3f}, log loss {loss:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
