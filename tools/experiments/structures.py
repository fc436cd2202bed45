"""How well the detectors of structures agree with the experts' labels, where there are any.

    .venv/bin/python tools/experiments/structures.py ../shared/data [--folds 1,2,3] [--most 500]
        [--having streaks | --by-diagnosis]

Of images with labels in structures.csv (ISIC 2018 Task 2), within the experts' mask of the lesion. Thresholds
were set by looking at 100 images of folds 1 to 3: judge them on fold 4 (`--folds 4`). Of the images that have
the structure, the located share of the lesion against the experts' (Spearman), and what of that is left given
the lesion's area, since a small lesion gives large shares of anything, and given the logit of the shipped
network's head too, since what is plain to see is large: only the last speaks for the place. `--having` takes
those images alone.
`--by-diagnosis` takes MOST images of each diagnosis instead, with labels or not, and says in what share
something is located: of what has no labels, whether it is commoner where it is known to be. Fold 0 is refused
but with `--report-held-back`, which is for the figures of a document, not for choices.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from structure_places import partial_correlation, rank_correlation

from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.small import Small
from augderm.analysis.structures.find import find_structures
from augderm.domain.structures import DESCRIPTIVE, StructureFinding
from augderm.domain.taxonomy import CODES, STRUCTURES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.evaluation.scores import area_under_roc
from augderm.learn.records import Record
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network

LABELLED = {"dots_and_globules": "globules", "streaks": "streaks"}
"""Detectors whose structure the experts labelled too, and the label's name."""


def main() -> None:
    """Print a line for each detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", default="1,2,3")
    parser.add_argument("--most", type=int, default=500)
    parser.add_argument("--having", choices=LABELLED.values())
    parser.add_argument("--by-diagnosis", action="store_true")
    parser.add_argument("--report-held-back", action="store_true")
    asked = parser.parse_args()
    folds = {int(fold) for fold in asked.folds.split(",")}
    if 0 in folds and not asked.report_held_back:
        sys.exit("fold 0 is held back: it is for `augderm evaluate` alone")
    records = [r for r in read_dataset("index", asked.data) if r.mask and r.fold in folds]
    if asked.by_diagnosis:
        _tell_by_diagnosis(records, asked.most)
        return
    records = [record for record in records if record.structures]
    if asked.having:
        records = [record for record in records if record.structures[asked.having]]
    random.Random(0).shuffle(records)
    records = records[: asked.most]
    with (asked.data / "structures.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["isic_id"]: row for row in csv.DictReader(file)}
    found = [_found(record) for record in records]
    network = Network(load_bundle(), threads=1)
    print(f"{len(records)} images of folds {asked.folds}")
    for name in DESCRIPTIVE:
        present = np.mean([bool(one[name].located) for one in found])
        share = np.mean([one[name].share or 0.0 for one in found])
        line = f"{name:<26} located in {present:.3f}, mean share of the lesion {share:.4f}"
        if name in LABELLED:
            label = LABELLED[name]
            truth = np.array([record.structures[label] for record in records], bool)
            counts = np.array([one[name].count or 0 for one in found], float)
            said = np.array([bool(one[name].located) for one in found])
            experts = [float(rows[Path(record.image).stem][f"{label}_objects"]) for record in records]
            shares = np.array([one[name].share or 0.0 for one in found])[truth]
            of_having = [rows[Path(record.image).stem] for record in records if record.structures[label]]
            area = np.array([float(row["lesion_area_pct"]) for row in of_having])
            expert_shares = np.array([float(row[f"{label}_area_pct"]) for row in of_having]) / area
            known = np.column_stack(
                [area, [_logit(network, record, label) for record in records if record.structures[label]]]
            )
            specific = 1 - said[~truth].mean() if (~truth).any() else np.nan
            line += (
                f"; labelled in {truth.mean():.3f}: of these {truth.sum()} the share's rank correlation "
                f"{rank_correlation(shares, expert_shares):.2f}, given the lesion's area "
                f"{partial_correlation(shares, expert_shares, known[:, :1]):.2f}, and the logit "
                f"{partial_correlation(shares, expert_shares, known):.2f}; "
                f"AUC of the count {area_under_roc(truth, counts):.3f}, "
                f"sensitivity {said[truth].mean():.3f}, specificity {specific:.3f}, "
                f"correlation with the experts' count {np.corrcoef(counts, experts)[0, 1]:.2f}"
            )
        print(line, flush=True)


def _tell_by_diagnosis(records: list[Record], most: int) -> None:
    random.Random(0).shuffle(records)
    for label in range(len(CODES)):
        some = [record for record in records if record.label == label][:most]
        found = [_found(record) for record in some]
        shares = [f"{name} {np.mean([bool(one[name].located) for one in found]):.3f}" for name in DESCRIPTIVE]
        if some:
            print(f"{CODES[label]} ({len(some)}): {', '.join(shares)}", flush=True)


def _logit(network: Network, record: Record, label: str) -> float:
    seen = network.read(decode_image(read_file(record.path)).pixels)
    return float(seen.structures[STRUCTURES.index(label)])


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
