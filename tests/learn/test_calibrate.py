"""Calibration on images that the network was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.calibrate import (
    CalibrationReads,
    SoftmaxScaling,
    cross_fitted,
    fit_calibration,
    fit_calibrations,
    fit_diagnosis,
    fit_presence,
    fit_scaling,
)
from augderm.learn.records import Modality, Record, behaves_malignant
from augderm.reader.calibrated import class_probabilities, read_diagnosis, read_malignancy, softmax
from augderm.reader.calibration import Calibration

MIXTURE = np.array([0.03, 0.05, 0.11, 0.02, 0.13, 0.64, 0.02])
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def record(
    index: int,
    label: int | None,
    *,
    malignant: bool | None = None,
    modality: Modality = "dermoscopic",
    structures: Mapping[str, bool] | None = None,
    artefacts: Mapping[str, bool] | None = None,
) -> Record:
    return Record(
        folder=Path("data"),
        image=f"{index}.jpg",
        dataset="made up",
        group=f"g{index}",
        fold=4,
        aspect=4 / 3,
        label=label,
        malignant=behaves_malignant(label) if label is not None else malignant,
        modality=modality,
        structures=structures or {},
        artefacts=artefacts or {},
    )


def cases(count: int, seed: int = 0, mixture: Floats = MIXTURE) -> tuple[Floats, Labels]:
    """Balanced logits, as the network gives: right for classes of equal frequency; labels of a mixture."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(7, count, p=mixture)
    # With x = truth + unit noise, the likelihood of class k is exp(2 x_k) times a constant.
    x = 2 * np.eye(7)[labels] + rng.normal(size=(count, 7))
    return 2 * x, labels


def records_of(labels: Labels, modality: Modality = "dermoscopic") -> list[Record]:
    return [record(index, int(label), modality=modality) for index, label in enumerate(labels)]


def calibrated(count: int, seed: int, power: float = 0.0) -> Calibration:
    logits, labels = cases(count, seed)
    found = fit_calibration(logits, records_of(labels), least=100, power=power)
    assert found
    return found


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_overconfidence(factor: float) -> None:
    logits, labels = cases(4000)
    assert fit_scaling(logits * factor, labels, power=0.0).temperature == pytest.approx(factor, rel=0.1)


def test_the_biases_are_the_log_frequencies() -> None:
    biases = np.array(fit_scaling(*cases(20_000), power=0.0).biases)
    wanted = np.log(MIXTURE)
    np.testing.assert_allclose(biases - biases.mean(), wanted - wanted.mean(), atol=0.35)


def test_at_power_one_the_classes_count_alike_and_the_biases_vanish() -> None:
    biases = np.array(fit_scaling(*cases(20_000), power=1.0).biases)
    np.testing.assert_allclose(biases - biases.mean(), 0, atol=0.35)


def test_probabilities_are_right_on_new_cases_of_the_mixture() -> None:
    scaling = fit_scaling(*cases(6000, seed=1), power=0.0)
    logits, labels = cases(20_000, seed=2)
    found = scaling.probabilities(logits)
    for index in range(7):
        assert found[:, index].mean() == pytest.approx(np.mean(labels == index), abs=0.012)
    top, correct = found.max(axis=1), found.argmax(axis=1) == labels
    for low, high in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        here = (top >= low) & (top < high)
        assert top[here].mean() == pytest.approx(correct[here].mean(), abs=0.05)


def test_the_mixture_that_is_spoken_for_is_written_down() -> None:
    for power in (0.0, 0.75):
        np.testing.assert_allclose(calibrated(3000, 1, power).mixture, MIXTURE, atol=0.03)


@pytest.mark.parametrize("power", [0.0, 0.75, 1.0])
def test_the_likeliest_is_as_sure_as_it_is_right_however_it_was_chosen(power: float) -> None:
    tuned = calibrated(6000, 1, power)
    logits, labels = cases(20_000, seed=2)
    found = class_probabilities(logits, tuned)
    top, correct = found.max(axis=1), found.argmax(axis=1) == labels
    assert top.mean() == pytest.approx(correct.mean(), abs=0.015)
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.01)):
        here = (top >= low) & (top < high)
        assert top[here].mean() == pytest.approx(correct[here].mean(), abs=0.05)


def test_balancing_finds_rare_classes_more_often() -> None:
    logits, labels = cases(20_000, seed=2)
    recalls = []
    for power in (0.0, 0.75):
        chosen = class_probabilities(logits, calibrated(6000, 1, power)).argmax(axis=1)
        recalls.append(np.mean([np.mean(chosen[labels == c] == c) for c in range(7)]))
    assert recalls[1] > recalls[0] + 0.02


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_fit_is_at_its_optimum(seed: int, power: float) -> None:
    logits, labels = cases(200, seed)
    found = fit_scaling(logits, labels, power=power)
    counts = np.bincount(labels, minlength=7).clip(min=1)
    weights = counts[labels].astype(float) ** -power
    weights *= len(labels) / weights.sum()

    def loss(slope: float, biases: Floats) -> float:
        p = softmax(slope * logits + biases)
        prior = ((slope - 1) ** 2 + (biases**2).sum()) / 2
        return float(-(weights * np.log(p[np.arange(len(labels)), labels])).sum() + prior)

    best = loss(1 / found.temperature, np.array(found.biases))
    rng = np.random.default_rng(seed)
    for _ in range(20):
        step = rng.normal(0, 0.05, 8)
        assert best <= loss(1 / found.temperature + step[0], np.array(found.biases) + step[1:]) + 1e-3


def test_few_images_stay_near_where_they_start_from() -> None:
    logits, labels = cases(40, mixture=np.full(7, 1 / 7))
    centre = SoftmaxScaling(1.5, tuple(np.log(MIXTURE)))
    tight = fit_scaling(logits, labels, centre=centre, precision=1e6)
    np.testing.assert_allclose(tight.biases, centre.biases, atol=1e-3)
    assert tight.temperature == pytest.approx(1.5, rel=1e-3)
    free = fit_scaling(logits, labels, centre=centre, precision=0.1)
    assert np.abs(np.array(free.biases) - centre.biases).max() > 0.5


def test_a_class_without_images_is_held_at_its_start() -> None:
    logits, labels = cases(500, mixture=np.array([0.2, 0.2, 0.2, 0.0, 0.2, 0.2, 0.0]))
    found = fit_scaling(logits, labels)
    assert -3 < found.biases[3] < 0
    assert np.isfinite(found.probabilities(logits)).all()


def test_thresholds_are_set_on_images_that_the_scaling_was_not_fitted_to() -> None:
    logits, labels = cases(300)
    parts = np.arange(300) % 5
    found = cross_fitted(logits, labels, parts)
    for part in range(5):
        outside = parts != part
        fitted = fit_diagnosis(logits[outside], labels[outside], parts[outside])
        expected = fitted.probabilities(logits[~outside])
        np.testing.assert_allclose(found[~outside], expected)


@pytest.mark.parametrize("power", [0.0, 0.5])
def test_sets_hold_the_wanted_share_of_new_cases_of_each_class(power: float) -> None:
    tuned = calibrated(4000, 1, power)
    logits, labels = cases(8000, seed=2)
    held = np.array(
        [
            CODES[label] in read_diagnosis(row, tuned).prediction_set
            for row, label in zip(logits, labels, strict=True)
        ]
    )
    for index in range(7):
        assert held[labels == index].mean() >= 0.8
    # A little more than wanted, since the likeliest is always named.
    assert 0.89 <= held.mean() <= 0.95


def test_malignancy_is_calibrated_on_new_cases() -> None:
    tuned = calibrated(6000, 3)
    logits, labels = cases(12_000, seed=4)
    truth = [behaves_malignant(int(label)) for label in labels]
    decided = np.array([t is not None for t in truth])
    found = np.array([read_malignancy(row, tuned).probability for row in logits[decided]])
    malignant = np.array([bool(t) for t in truth])[decided]
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        here = (found >= low) & (found < high)
        assert found[here].mean() == pytest.approx(malignant[here].mean(), abs=0.06)


def test_a_malignant_image_outside_the_taxonomy_counts_for_malignancy_alone() -> None:
    logits, labels = cases(400, seed=5)
    plain = fit_calibration(logits, records_of(labels), least=100)
    # Squamous cell carcinomas that look malignant to the network.
    others = np.tile(8 * np.eye(7)[CODES.index("bcc")], (200, 1))
    more = [record(1000 + index, None, malignant=True) for index in range(200)]
    found = fit_calibration(np.vstack([logits, others]), records_of(labels) + more, least=100)
    assert plain
    assert found
    assert (found.temperature, found.biases) == (plain.temperature, plain.biases)
    assert (found.set_thresholds, found.images) == (plain.set_thresholds, 400)
    assert found.malignancy != plain.malignancy


def test_unlabelled_images_do_not_move_a_curve() -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=200)
    truths: list[bool | None] = [bool(t) for t in rng.uniform(size=200) < 0.4]
    with_more = fit_presence(np.concatenate([logits, [50.0] * 30]), [*truths, *[None] * 30])
    assert with_more == fit_presence(logits, truths)


def test_too_few_images_or_a_score_that_points_the_wrong_way_give_no_curve() -> None:
    few = [True] * 4 + [False] * 50
    assert fit_presence(np.arange(54.0), few) is None
    assert fit_presence(np.arange(54.0), [None] * 54) is None
    wrong = [True] * 40 + [False] * 40
    assert fit_presence(np.arange(80.0), wrong) is None


def _reads(logits: Floats, clinical: NDArray[np.bool_], seed: int = 0) -> CalibrationReads:
    rng = np.random.default_rng(seed)
    return CalibrationReads(
        logits=logits.astype(np.float32),
        structures=rng.normal(size=(len(logits), len(STRUCTURES))).astype(np.float32),
        artefacts=rng.normal(size=(len(logits), len(ARTEFACTS))).astype(np.float32),
        modality=np.where(clinical, 3.0, -3.0).astype(np.float32),
    )


def test_each_modality_has_its_own_calibration_and_what_lacks_labels_has_none() -> None:
    derm_logits, derm_labels = cases(800, seed=1)
    clin_logits, clin_labels = cases(90, seed=2, mixture=np.array([0.2, 0.3, 0.2, 0, 0.05, 0.25, 0]))
    logits = np.vstack([derm_logits, 0.5 * clin_logits])
    reads = _reads(logits, np.arange(len(logits)) >= 800)
    labelled = {"globules": reads.structures[:, STRUCTURES.index("globules")] > 0.3}
    dermoscopic = [
        record(index, int(label), structures={name: bool(t[index]) for name, t in labelled.items()})
        for index, label in enumerate(derm_labels)
    ]
    found = fit_calibrations(reads, dermoscopic + records_of(clin_labels, modality="clinical"))
    own, other = found.by_modality["dermoscopic"], found.by_modality["clinical"]
    assert own
    assert other
    assert (own.images, other.images) == (800, 90)
    assert other.mixture[CODES.index("df")] == 0
    assert other.set_thresholds[CODES.index("df")] == 0
    assert own != other
    assert found.clinical
    assert found.clinical.probability(3.0) > 0.95
    assert {name for name, curve in found.structures.items() if curve} == {"globules"}
    assert not any(found.artefacts.values())


def test_a_dataset_of_one_modality_calibrates_that_one() -> None:
    logits, labels = cases(300)
    found = fit_calibrations(_reads(logits, np.zeros(300, bool)), records_of(labels))
    assert found.by_modality["dermoscopic"]
    assert found.by_modality["clinical"] is None
    assert found.clinical is None


def test_too_few_or_one_sided_or_senseless_cases_are_refused() -> None:
    logits, labels = cases(300)
    with pytest.raises(InvalidDataset, match="calibration_share"):
        fit_calibrations(_reads(logits[:20], np.zeros(20, bool)), records_of(labels[:20]))
    with pytest.raises(InvalidDataset, match="malignant"):
        fit_calibration(logits, records_of(np.full(300, CODES.index("nv"))), least=100)
    with pytest.raises(InvalidDataset, match="falls with its own score"):
        fit_calibration(-logits, records_of(labels), least=100)
    one_group = [
        Record(**{**{f: getattr(r, f) for f in Record.__slots__}, "group": "same"})
        for r in records_of(labels)
    ]
    with pytest.raises(InvalidDataset, match="one group"):
        fit_calibration(logits, one_group, least=100)


def test_a_criterion_is_calibrated_for_its_mixture_where_every_category_was_seen() -> None:
    from augderm.learn.calibrate import MIN_PRESENT, fit_criterion

    rng = np.random.default_rng(0)
    names = ("absent", "regular", "irregular")
    truth = rng.choice(3, size=2000, p=(0.7, 0.2, 0.1))
    # Logits of a network that knows no mixture, three times too sure.
    logits = 3 * (rng.normal(size=(2000, 3)) + 1.5 * np.eye(3)[truth])
    labels: list[tuple[str, ...]] = [(names[index],) for index in truth]
    found = fit_criterion(logits, labels, names)
    assert found
    shares = softmax(logits / found.temperature + np.array(found.biases))
    assert shares.mean(axis=0) == pytest.approx([0.7, 0.2, 0.1], abs=0.02)
    assert found.images == 2000
    partial = [("regular", "irregular") if label != ("absent",) else label for label in labels]
    assert fit_criterion(logits, partial, names) is None
    rare = [*range(50), *np.flatnonzero(truth == 2)[: MIN_PRESENT - 1]]
    few = [labels[row] if row >= 50 or labels[row] != ("irregular",) else () for row in rare]
    assert fit_criterion(logits[rare], few, names) is None
