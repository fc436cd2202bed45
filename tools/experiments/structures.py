"""How well the detectors of structures agree with the experts' labels, where there are any.

    .venv/bin/python tools/experiments/structures.py ../shared/data [--folds 1,2,3] [--most 500]

Of images with labels in structures.csv (ISIC 2018 Task 2), within the experts' mask of the lesion. Thresholds
were set by looking at 100 images of folds 1 to 3: judge them on fold 4 (`--folds 4`). Fold 0 is refused.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.small import Small
from augderm.analysis.structures.find import find_structures
from augderm.domain.structures import DESCRIPTIVE, StructureFinding
from augderm.formats.raster import decode_image, read_file
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.evaluation.scores import area_under_roc
from augderm.learn.records import Record

LABELLED = {"dots_and_globules": "globules", "streaks": "streaks"}
"""Detectors whose structure the experts labelled too, and the label's name."""


def main() -> None:
    """Print a line for each detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", default="1,2,3")
    parser.add_argument("--most", type=int, default=500)
    asked = parser.parse_args()
    folds = {int(fold) for fold in asked.folds.split(",")}
    if 0 in folds:
        sys.exit("fold 0 is held back: it is for `augderm evaluate` alone")
    records = [r for r in read_dataset("index", asked.data) if r.structures and r.mask and r.fold in folds]
    random.Random(0).shuffle(records)
    records = records[: asked.most]
    with (asked.data / "structures.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["isic_id"]: row for row in csv.DictReader(file)}
    found = [_found(record) for record in records]
    print(f"{len(records)} images of folds {asked.folds}")
    for name in DESCRIPTIVE:
        present = np.mean([one[name].located for one in found])
        share = np.mean([one[name].share for one in found])
        line = f"{name:<26} located in {present:.3f}, mean share of the lesion {share:.4f}"
        if name in LABELLED:
            label = LABELLED[name]
            truth = np.array([record.structures[label] for record in records], bool)
            counts = np.array([one[name].count or 0 for one in found], float)
            said = np.array([one[name].located for one in found])
            experts = [float(rows[Path(record.image).stem][f"{label}_objects"]) for record in records]
            line += (
                f"; labelled in {truth.mean():.3f}, AUC of the count {area_under_roc(truth, counts):.3f}, "
                f"sensitivity {said[truth].mean():.3f}, specificity {1 - said[~truth].mean():.3f}, "
                f"correlation with the experts' count {np.corrcoef(counts, experts)[0, 1]:.2f}"
            )
        print(line, flush=True)


def _found(record: Record) -> dict[str, StructureFinding]:
    pixels = decode_image(read_file(record.path)).pixels
    assert record.mask
    with Image.open(record.folder / record.mask) as file:
        grey = np.asarray(file.convert("L").resize((pixels.shape[1], pixels.shape[0])))
    return {
        one.name: one
        for one in find_structures(
            view_lesion(Small.of(pixels), grey > grey.max() / 2), (pixels.shape[1], pixels.shape[0])
        )
    }


if __name__ == "__main__":
    main()
