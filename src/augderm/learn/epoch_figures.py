"""What a run is watched by: figures on its calibration images after each epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from augderm.domain.taxonomy import ARTEFACTS, CHECKLIST, CODES, STRUCTURES
from augderm.learn.evaluation.scores import area_under_roc, mean_class_recall, mean_jaccard
from augderm.learn.records import Record
from augderm.reader.calibrated import checklist_parts, malignant_log_odds

if TYPE_CHECKING:
    from augderm.learn.train import Predictions


def epoch_figures(found: Predictions, records: Sequence[Record]) -> dict[str, float]:
    """Figures by name, nan where undefined; diagnosis by modality, dermoscopic unless named."""
    labels = np.array([-1 if record.label is None else record.label for record in records], dtype=np.int64)
    clinical = np.array([record.modality == "clinical" for record in records], dtype=bool)
    ham = np.array([record.dataset == "ham10000" for record in records], dtype=bool)
    chosen = found.logits.argmax(axis=1)
    melanoma = CODES.index("mel")
    margin = found.logits[:, melanoma] - np.logaddexp.reduce(
        np.delete(found.logits, melanoma, axis=1), axis=1
    )
    usual = ~clinical & (labels >= 0)
    ham &= usual
    other = usual & ~ham
    checklist = {}
    if found.checklist is not None:
        checklist = {"checklist_recall": _checklist_recall(found.checklist, records)}
    return {
        "mean_class_recall": mean_class_recall(labels[usual], chosen[usual]),
        "ham10000_mean_class_recall": mean_class_recall(labels[ham], chosen[ham]),
        "accuracy": float(np.mean(chosen[usual] == labels[usual])) if usual.any() else float("nan"),
        "ham10000_melanoma_auc": area_under_roc(labels[ham] == melanoma, margin[ham]),
        "other_melanoma_auc": area_under_roc(labels[other] == melanoma, margin[other]),
        "clinical_malignancy_auc": _malignancy_auc(found.logits, records, clinical),
        "jaccard": mean_jaccard(found.jaccards[np.isfinite(found.jaccards)]),
        "structures_auc": _mean_auc(found.structures, [r.structures for r in records], STRUCTURES),
        "artefacts_auc": _mean_auc(found.artefacts, [r.artefacts for r in records], ARTEFACTS),
        "modality_auc": area_under_roc(clinical, found.clinical),
        **checklist,
    }


def _checklist_recall(logits: NDArray[np.float32], records: Sequence[Record]) -> float:
    """Mean class recall of the categories, mean over the criteria: these logits know of no mixture yet."""
    recalls = []
    for (criterion, names), part in zip(CHECKLIST.items(), checklist_parts(logits), strict=True):
        labels = [record.checklist.get(criterion, ()) for record in records]
        rows = [row for row, label in enumerate(labels) if len(label) == 1]
        truth = np.array([names.index(labels[row][0]) for row in rows], np.int64)
        recalls.append(mean_class_recall(truth, part[rows].argmax(axis=1)))
    known = [recall for recall in recalls if math.isfinite(recall)]
    return float(np.mean(known)) if known else float("nan")


def _malignancy_auc(
    logits: NDArray[np.float32], records: Sequence[Record], chosen: NDArray[np.bool_]
) -> float:
    rows = [row for row, record in enumerate(records) if chosen[row] and record.malignant is not None]
    truth = np.array([bool(records[row].malignant) for row in rows], dtype=np.bool_)
    return area_under_roc(truth, malignant_log_odds(logits[rows])) if rows else float("nan")


def _mean_auc(
    scores: NDArray[np.float32], labels: Sequence[Mapping[str, bool]], names: Sequence[str]
) -> float:
    """Mean over the names that have both kinds of label; a dataset may give some of the names alone."""
    aucs = []
    for column, name in enumerate(names):
        rows = [row for row, label in enumerate(labels) if name in label]
        truth = np.array([labels[row][name] for row in rows], dtype=np.bool_)
        aucs.append(area_under_roc(truth, scores[rows, column]))
    known = [auc for auc in aucs if math.isfinite(auc)]
    return float(np.mean(known)) if known else float("nan")
