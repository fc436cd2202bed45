"""The learning curves of a run as one picture."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path


def read_metrics(path: Path) -> list[dict[str, float]]:
    """The rows of a run's metrics.csv, one an epoch."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def draw_curves(rows: Sequence[Mapping[str, float]], sides_px: Sequence[int]) -> bytes:
    """A PNG: the loss on the training images above, every figure on the calibration images below.

    Args:
        rows: of `read_metrics`, at least one.
        sides_px: side of the training images in each of these epochs.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(9, 8), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    above.plot(epochs, [row["loss"] for row in rows], color="black")
    above.set_ylabel("loss, training")
    below.set_ylabel("calibration images, not trained on")
    below.set_xlabel("epoch")
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name not in {"epoch", "loss"} and not all(map(math.isnan, values)):
            below.plot(epochs, values, marker=".", label=f"{name.replace('_', ' ')} {values[-1]:.3f}")
    if below.lines:
        below.legend(fontsize=8, loc="lower right")
    below.grid(alpha=0.3)
    for index in range(1, len(rows)):
        if sides_px[index] != sides_px[index - 1]:
            for axes in (above, below):
                axes.axvline(epochs[index] - 0.5, color="grey", linestyle=":")
            above.annotate(f"{sides_px[index]} px", (epochs[index] - 0.45, above.get_ylim()[1]), va="top")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
