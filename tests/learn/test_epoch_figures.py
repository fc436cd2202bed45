"""What a run is watched by is defined for every kind of dataset."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.records import Modality, Record, behaves_malignant

pytest.importorskip("torch", reason="training needs the train extra")


def record(label: int, modality: Modality = "dermoscopic", first: bool | None = None) -> Record:
    return Record(
        folder=Path("d"),
        image="a.png",
        dataset="ham10000" if modality == "dermoscopic" else "pad_ufes_20",
        group="g",
        fold=1,
        aspect=1.0,
        label=label,
        malignant=behaves_malignant(label),
        modality=modality,
        structures={} if first is None else {STRUCTURES[0]: first},
    )


def figures(records: list[Record], logits: np.ndarray) -> dict[str, float]:
    from augderm.learn.epoch_figures import epoch_figures
    from augderm.learn.train import Predictions

    count = len(records)
    present = [float(r.structures.get(STRUCTURES[0], False)) for r in records]
    found = Predictions(
        logits=logits.astype(np.float32),
        structures=np.tile(np.array(present, np.float32)[:, None], len(STRUCTURES)),
        artefacts=np.zeros((count, len(ARTEFACTS)), np.float32),
        clinical=np.array([r.modality == "clinical" for r in records], np.float32),
        jaccards=np.full(count, np.nan, np.float32),
    )
    return epoch_figures(found, records)


def test_a_perfect_network_is_perfect_and_what_is_unlabelled_is_undefined() -> None:
    labels = [CODES.index(code) for code in ("nv", "mel", "nv", "bcc")]
    records = [record(label) for label in labels]
    found = figures(records, 9 * np.eye(len(CODES))[labels])
    assert found["mean_class_recall"] == 1
    assert found["ham10000_melanoma_auc"] == 1
    for name in ("jaccard", "structures_auc", "artefacts_auc", "clinical_malignancy_auc", "modality_auc"):
        assert math.isnan(found[name]), name


def test_a_dataset_that_labels_some_structures_alone_is_judged_by_those() -> None:
    """Derm7pt and PH2 have no negative network."""
    records = [record(0, first=True), record(0, first=False), record(0)]
    assert figures(records, np.zeros((3, len(CODES))))["structures_auc"] == 1


def test_clinical_photographs_are_judged_apart() -> None:
    nevus, carcinoma = CODES.index("nv"), CODES.index("bcc")
    records = [record(nevus), record(nevus, "clinical"), record(carcinoma, "clinical")]
    found = figures(records, 9 * np.eye(len(CODES))[[nevus, carcinoma, nevus]])
    assert found["mean_class_recall"] == 1
    assert found["clinical_malignancy_auc"] == 0
    assert found["modality_auc"] == 1
