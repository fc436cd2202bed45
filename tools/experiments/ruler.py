"""How often a ruler's scale is claimed where there is a ruler and where there is none; and the masks.

    .venv/bin/python tools/experiments/ruler.py ../shared/data

Reads a random sample of folds 1-4 only; fold 0 is held back. The labels are those of the uncropped
originals: where a crop cut the ruler away, a scale cannot be found.
"""

from __future__ import annotations

import csv
import random
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from augderm.analysis.artefacts import find_artefacts
from augderm.analysis.color import to_lab
from augderm.analysis.lesion_view import VIEW_SIDE_PX
from augderm.analysis.reduce import reduce_to
from augderm.analysis.ruler import find_ruler
from augderm.formats.raster import decode_image

LABELS = {
    "hair": "hair",
    "dark_corner": "dark_corner",
    "bubbles": "gel_bubble",
    "ink": "ink",
    "patches": "patches",
}
"""Our masks, and the column of artefacts.csv that stands for each."""


def sample(data: Path, count: int) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Half with a ruler by label, half without: rows of index.csv and of artefacts.csv."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        index = {row["isic_id"]: row for row in csv.DictReader(file)}
    with (data / "artefacts.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["isic_id"] in index]
    # A squashed image has two scales.
    rows = [
        row
        for row in rows
        if index[row["isic_id"]]["fold"] != "0" and index[row["isic_id"]]["geometry"] != "squashed"
    ]
    random.Random(11).shuffle(rows)
    halves = ([row for row in rows if row["ruler"] == label][: count // 2] for label in ("1", "0"))
    return [(index[row["isic_id"]], row) for half in halves for row in half]


def main(data: Path, count: int) -> None:
    """Print claims by label, the fields of view that they give, mask shares by label, and CPU time."""
    claims: dict[str, list[str]] = {"1": [], "0": []}
    totals = {"1": 0, "0": 0}
    shares: dict[tuple[str, str], list[float]] = {}
    times: dict[str, list[float]] = {"ruler": [], "masks": []}
    for row, labels in sample(data, count):
        pixels = decode_image((data / row["image"]).read_bytes()).pixels
        started = time.process_time()
        ruler = find_ruler(pixels)
        times["ruler"].append(time.process_time() - started)
        totals[labels["ruler"]] += 1
        if ruler:
            field = ruler.mm_per_px * max(pixels.shape)
            claims[labels["ruler"]].append(
                f"{row['isic_id']} {ruler.ticks} ticks of {ruler.tick_mm} mm, view {field:.1f} mm"
            )
        small, factor = reduce_to(pixels, VIEW_SIDE_PX)
        size = (small.shape[1], small.shape[0])
        lesion = np.asarray(Image.open(data / row["mask"]).convert("L").resize(size)) > 127
        lab = to_lab(small)
        started = time.process_time()
        masks = find_artefacts(small, lab, lesion, ruler=ruler, factor=factor)
        times["masks"].append(time.process_time() - started)
        for mask, label in LABELS.items():
            shares.setdefault((mask, labels[label]), []).append(float(getattr(masks, mask).mean()))
    for label, found in claims.items():
        print(f"labelled ruler={label}: a scale claimed in {len(found)} of {totals[label]}")
        print(*(f"  {line}" for line in found), sep="\n")
    print("shares of the image that are masked")
    for (mask, label), values in sorted(shares.items()):
        median, high = np.percentile(values, (50, 90))
        print(f"{mask:<12} label {label}: {len(values):3} images, median {median:.4f}, 90th {high:.4f}")
    for name, seconds in times.items():
        print(f"{name}: {1000 * np.median(seconds):.1f} ms of CPU time, median")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
