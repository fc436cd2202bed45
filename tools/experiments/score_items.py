"""What the machine's share of the dermoscopic scores rests on: asymmetry, abrupt border, colours, structures.

    .venv/bin/python tools/experiments/score_items.py ../shared/data

Reads up to 100 calibration images (fold 4) that have labels of structures; fold 0 is not read. There is no
truth for asymmetry and abruptness here: the same measures inside the published mask stand beside them.
"""

from __future__ import annotations

import csv
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from augderm import assess
from augderm.analysis.asymmetry import asymmetric_axes
from augderm.analysis.border import outline
from augderm.analysis.edge import ends_abruptly
from augderm.analysis.measures import measure_lesion
from augderm.domain.assessment import Assessment, Measures
from augderm.evidence.scores.seen import ABSENT_UP_TO, PRESENT_FROM

IMAGES = 100
Case = tuple[dict[str, str], Assessment, Measures, Measures]
"""Row of the index with the structures, its read, its measures inside the network's border and the mask."""


def cases(data: Path) -> list[Case]:
    """Read the images."""
    with (data / "structures.csv").open(newline="", encoding="utf-8") as file:
        structures = {row["isic_id"]: row for row in csv.DictReader(file)}
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] == "4" and row["mask"]]
    rows = [structures[row["isic_id"]] | row for row in rows if row["isic_id"] in structures]
    random.Random(1).shuffle(rows)
    found = []
    for row in rows[:IMAGES]:
        read = assess(data / row["image"], novelty_limit=math.inf)
        if read.pictures is None or read.measures is None:
            continue
        height, width = read.pictures.mask.shape
        with Image.open(data / row["mask"]) as mask_image:
            mask = np.asarray(mask_image.convert("L").resize((width, height), Image.Resampling.NEAREST)) > 127
        found.append((row, read, read.measures, measure_lesion(read.pictures.pixels, mask, outline(mask))))
    return found


def abrupt(measures: Measures) -> list[bool]:
    """Of each eighth, whether it ends abruptly."""
    return list(map(ends_abruptly, measures.border_eighths))


def counts(values: Sequence[int], length: int) -> str:
    """How often each value comes up."""
    return " ".join(map(str, np.bincount(values, minlength=length)))


def main(data: Path) -> None:
    """Print the figures of docs/explain/scores.md."""
    found = cases(data)
    print(f"{len(found)} images")
    for code in ("mel", "nv", "bkl"):
        of_code = [measures for row, _, measures, _ in found if row["diagnosis"] == code]
        axes = [asymmetric_axes(m.least_asymmetry) for m in of_code if m.least_asymmetry]
        colours = [sum(c.present for c in m.colours.values()) for m in of_code if m.colours]
        print(f"{code:<4} asymmetric axes 0, 1, 2: {counts(axes, 3)}   colours 0 to 6: {counts(colours, 7)}")
    pairs = [
        (asymmetric_axes(ours.least_asymmetry), asymmetric_axes(mask.least_asymmetry))
        for _, _, ours, mask in found
        if ours.least_asymmetry and mask.least_asymmetry
    ]
    print(f"axes as inside the mask {np.mean([a == b for a, b in pairs]):.2f}, ", end="")
    print(f"more {np.mean([a > b for a, b in pairs]):.2f}, fewer {np.mean([a < b for a, b in pairs]):.2f}")
    eighths = np.array([list(zip(abrupt(ours), abrupt(mask), strict=True)) for _, _, ours, mask in found])
    ours_, mask_ = eighths.reshape(-1, 2).T
    print(
        f"abrupt eighths {ours_.sum()} of {ours_.size}, inside the mask {mask_.sum()}, "
        f"in both {(ours_ & mask_).sum()}"
    )
    sharp = [e.sharpness for _, _, ours, _ in found for e in ours.border_eighths if e.sharpness is not None]
    print("sharpness, 5th, 50th, 95th percentile:", *np.round(np.percentile(sharp, (5, 50, 95)), 2))
    for name in ("pigment_network", "negative_network", "globules", "streaks"):
        judged = [(read.structures[name], row[name] == "1") for row, read, _, _ in found if read.structures]
        high = [truth for p, truth in judged if p is not None and p >= PRESENT_FROM]
        low = [not truth for p, truth in judged if p is not None and p <= ABSENT_UP_TO]
        print(
            f"{name:<17} labelled in {sum(truth for _, truth in judged)} of {len(judged)}; called present "
            f"{len(high)}, rightly {sum(high)}; called absent {len(low)}, rightly {sum(low)}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
