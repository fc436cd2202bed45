"""What a run leaves behind: settings, checkpoint, metrics, learning curves, worst mistakes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.learn.cache import CachedImages
from augderm.learn.curves import draw_curves, read_metrics
from augderm.learn.mistakes import contact_sheet, worst_mistakes
from augderm.learn.records import Record
from augderm.learn.run_settings import changed_images, changed_since
from augderm.reader.calibrated import softmax

if TYPE_CHECKING:
    from augderm.learn.train import Predictions

CHECKPOINT, SETTINGS, METRICS = "checkpoint.pt", "settings.json", "metrics.csv"
CURVES, MISTAKES = "curves.png", "worst-mistakes.png"
MISTAKES_SHOWN = 36
SHAPE = ("encoder", "embedding_size")
"""Settings that weights of one run must share with the network of another."""
HEAD = "checklist_weight"
"""Setting that gives a network a head that others do not have."""


class RunFolder:
    """A run's folder; of several processes that train together, the leader alone opens and writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    def open(self, settings: Mapping[str, Any], *, resume: bool) -> dict[str, Any] | None:
        """Begin a run, or go on with one: the checkpoint's content, None where no epoch was finished yet.

        Raises:
            OutputRefused: it holds a checkpoint and `resume` is off, it holds no run and `resume` is on, or
                it cannot be written.
            InvalidConfig: the checkpoint was made with other settings or data.
        """
        state = self.known(settings, resume=resume)
        if state is None:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                (self.path / METRICS).unlink(missing_ok=True)
            except OSError as error:
                raise OutputRefused(
                    f"{self.path}: cannot be written ({error.strerror}); give another --out"
                ) from None
            self._write(SETTINGS, (json.dumps(settings, indent=1) + "\n").encode())
        return state

    def known(self, settings: Mapping[str, Any], *, resume: bool) -> dict[str, Any] | None:
        """As `open`, but that nothing is written: what it refuses can be told before anything long begins."""
        if not self.checkpoint.exists():
            if resume and not (self.path / SETTINGS).exists():
                raise OutputRefused(
                    f"{self.path}: holds no run to go on with; check --out, or leave out --resume to begin "
                    "one"
                )
            return None
        if not resume:
            raise OutputRefused(f"{self.path} holds a run already; add --resume, or give another --out")
        state = self.load()
        if changed := changed_since(state["settings"], settings, done=_is_done(state)):
            raise InvalidConfig(
                f"{self.checkpoint} was made with other settings or data ({', '.join(changed)}); "
                "restore them, or start another run with another --out"
            )
        return state

    def state_for(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The checkpoint of this run, for another with these settings to learn from.

        Raises:
            InvalidConfig: there is no checkpoint, or the run did not hold back the images that the other one
                will be measured on.
        """
        if not self.checkpoint.exists():
            raise InvalidConfig(f"{self.path}: holds no {CHECKPOINT}; train that run first")
        state = self.load()
        if changed := changed_images(state["settings"], settings):
            raise InvalidConfig(
                f"{self.path}: that run had another {', '.join(changed)}, so it may have learned from images "
                "that this one holds back; take a run with the same, or none"
            )
        return state

    def averaged_weights(self, settings: Mapping[str, Any]) -> dict[str, torch.Tensor]:
        """The averaged weights of this run, as the start of another with these settings.

        Raises:
            InvalidConfig: see `state_for`; or the network has another shape.
        """
        state = self.state_for(settings)
        before = state["settings"]
        if changed := [key for key in SHAPE if before.get(key) != settings[key]]:
            raise InvalidConfig(f"{self.path}: that network has another {', '.join(changed)}")
        if (before.get(HEAD) is None) != (settings.get(HEAD) is None):
            raise InvalidConfig(
                f"{self.path}: only one of the two networks has a head for the checklist; give or leave out "
                f"{HEAD} as that run did"
            )
        weights: dict[str, torch.Tensor] = state["averaged"]
        return weights

    def load(self) -> dict[str, Any]:
        """The checkpoint's content.

        Raises:
            InvalidConfig: it is none.
        """
        try:
            # weights_only: a checkpoint is data, and may not run code.
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
            state["settings"], state["averaged"]
        except Exception as error:  # a damaged file raises anything
            raise InvalidConfig(
                f"{self.checkpoint}: no checkpoint of a run ({type(error).__name__}); restore it, or start "
                "another run with another --out"
            ) from None
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Write a checkpoint whole or not at all.

        Raises:
            OutputRefused: the disk is full or gone; an earlier checkpoint is still there.
        """
        partial = self.checkpoint.with_suffix(".partial")
        reason = ""
        try:
            torch.save(dict(state), partial)
            partial.replace(self.checkpoint)
        except (OSError, RuntimeError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
        finally:
            with suppress(OSError):  # the disk became read-only: the write has said so
                partial.unlink(missing_ok=True)  # of a write that failed, or that Ctrl-C ended
        if reason:  # said here, where the error no longer holds the half file open, and its disk space
            raise OutputRefused(
                f"{self.checkpoint}: the checkpoint cannot be written ({reason}); it takes about "
                f"{_size_of(state) / 1e6:.0f} MB and {self._free()} there: free some disk and use --resume"
            )

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write all epochs' figures anew: after a stop at any point none is missing and none doubled."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows({name: f"{value:.4f}" for name, value in row.items()} for row in rows)
        self._write(METRICS, text.getvalue().encode())

    def draw_curves(self, sides_px: Sequence[int]) -> None:
        """Draw the metrics so far; `sides_px`: of the training images, by epoch."""
        self._write(CURVES, draw_curves(read_metrics(self.path / METRICS), sides_px))

    def show_mistakes(self, cached: CachedImages, found: Predictions, records: Sequence[Record]) -> None:
        """Lay out the worst mistakes on these records, which were not trained on."""
        labels = np.array([-1 if record.label is None else record.label for record in records])
        probabilities = softmax(found.logits)
        worst = worst_mistakes(probabilities, labels, MISTAKES_SHOWN)
        chosen = [records[row] for row in worst]
        images = [cached.images[row] for row in cached.rows(chosen)]
        self._write(MISTAKES, contact_sheet(images, chosen, probabilities[worst]))

    def _write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all.

        Raises:
            OutputRefused: the disk is full or gone; an earlier file is still there.
        """
        path = self.path / name
        partial = path.with_name(name + ".partial")
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            raise OutputRefused(
                f"{path}: cannot be written ({error}), and {self._free()} there; free some disk and use "
                "--resume"
            ) from None
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _free(self) -> str:
        try:
            return f"{shutil.disk_usage(self.path).free / 1e6:.0f} MB are free"
        except OSError as error:  # the folder is gone, or its disk
            return f"how much is free cannot be told ({error.strerror})"


def _size_of(value: Any) -> int:
    """Bytes of all tensors in a checkpoint's content, which are nearly all of it."""
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, Mapping):
        value = list(value.values())
    return sum(map(_size_of, value)) if isinstance(value, list) else 0


def _is_done(state: Mapping[str, Any]) -> bool:
    stages = state["settings"].get("stages")
    return bool(stages) and state["epoch"] >= sum(stage["epochs"] for stage in stages)
