"""What a run leaves behind: settings, checkpoint, metrics, learning curves, worst mistakes."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.cache import CachedImages
from augderm.learn.curves import draw_curves, read_metrics
from augderm.learn.evaluation.scores import area_under_roc, mean_class_recall, mean_jaccard
from augderm.learn.mistakes import contact_sheet, worst_mistakes
from augderm.learn.records import Record
from augderm.reader.calibrated import malignant_log_odds, softmax

if TYPE_CHECKING:
    from augderm.learn.train import Predictions

CHECKPOINT, SETTINGS, METRICS = "checkpoint.pt", "settings.json", "metrics.csv"
CURVES, MISTAKES = "curves.png", "worst-mistakes.png"
MISTAKES_SHOWN = 36
COMMIT = "commit"
"""Setting that names the code's revision."""


class RunFolder:
    """A run's folder.

    Attributes:
        path: the folder.
        writes: whether this process writes to it; of several that train together, the leader alone.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path, self.writes = path, writes

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    def open(self, settings: Mapping[str, Any], *, resume: bool) -> dict[str, Any] | None:
        """Begin a run, or go on with one: the checkpoint's content, None where there is none.

        Raises:
            OutputRefused: it holds a checkpoint and `resume` is off, or cannot be written.
            InvalidConfig: the checkpoint was made with other settings or data.
        """
        if not self.checkpoint.exists():
            if not self.writes:
                return None
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                (self.path / METRICS).unlink(missing_ok=True)
                text = json.dumps(settings, indent=1) + "\n"
                (self.path / SETTINGS).write_text(text, encoding="utf-8")
            except OSError as error:
                raise OutputRefused(
                    f"{self.path}: cannot be written ({error.strerror}); give another --out"
                ) from None
            return None
        if not resume:
            raise OutputRefused(f"{self.path} holds a run already; add --resume, or give another --out")
        try:
            # weights_only: a checkpoint is data, and may not run code.
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            before = state["settings"]
        except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, KeyError, TypeError) as error:
            raise InvalidConfig(
                f"{self.checkpoint}: no checkpoint of a run ({type(error).__name__}); restore it, or start "
                "another run with another --out"
            ) from None
        # The commit may differ: a mended message must not end a run of days.
        if changed := [key for key in settings if key != COMMIT and before.get(key) != settings[key]]:
            raise InvalidConfig(
                f"{self.checkpoint} was made with other settings ({', '.join(changed)}); "
                "restore them, or start another run with another --out"
            )
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a checkpoint whole or not at all.

        Raises:
            OutputRefused: the disk is full or gone; an earlier checkpoint is still there.
        """
        partial = self.checkpoint.with_suffix(".partial")
        try:
            torch.save(dict(state), partial)
            partial.replace(self.checkpoint)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise OutputRefused(
                f"{self.checkpoint}: the checkpoint cannot be written ({error}); free some disk and use "
                "--resume"
            ) from None

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write all epochs' figures anew: after a stop at any point none is missing and none doubled.

        Raises:
            OutputRefused: the disk is full or gone.
        """
        path = self.path / METRICS
        partial = path.with_suffix(".partial")
        try:
            with partial.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows({name: f"{value:.4f}" for name, value in row.items()} for row in rows)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise OutputRefused(
                f"{path}: cannot be written ({error}); free some disk and use --resume"
            ) from None

    def draw_curves(self, sides_px: Sequence[int]) -> None:
        """Draw the metrics so far; `sides_px`: of the training images, by epoch."""
        rows = read_metrics(self.path / METRICS)
        (self.path / CURVES).write_bytes(draw_curves(rows, sides_px))

    def show_mistakes(self, cached: CachedImages, found: Predictions, records: Sequence[Record]) -> None:
        """Lay out the worst mistakes on these records, which were not trained on."""
        labels = np.array([-1 if record.label is None else record.label for record in records])
        probabilities = softmax(found.logits)
        worst = worst_mistakes(probabilities, labels, MISTAKES_SHOWN)
        chosen = [records[row] for row in worst]
        images = [cached.images[row] for row in cached.rows(chosen)]
        (self.path / MISTAKES).write_bytes(contact_sheet(images, chosen, probabilities[worst]))


def calibration_figures(found: Predictions, records: Sequence[Record]) -> dict[str, float]:
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
    }


def _malignancy_auc(
    logits: NDArray[np.float32], records: Sequence[Record], chosen: NDArray[np.bool_]
) -> float:
    rows = [row for row, record in enumerate(records) if chosen[row] and record.malignant is not None]
    truth = np.array([bool(records[row].malignant) for row in rows], dtype=np.bool_)
    return area_under_roc(truth, malignant_log_odds(logits[rows])) if rows else float("nan")


def _mean_auc(
    scores: NDArray[np.float32], labels: Sequence[Mapping[str, bool]], names: Sequence[str]
) -> float:
    rows = [i for i, label in enumerate(labels) if label]
    aucs = [
        area_under_roc(np.array([labels[i][name] for i in rows], dtype=bool), scores[rows, column])
        for column, name in enumerate(names)
    ]
    return float(np.mean(aucs)) if aucs and rows else float("nan")
