"""What a second view of the network without hair gives, on calibration images with hair.

    .venv/bin/python tools/experiments/hairless.py ../shared/data

Dermoscopic calibration images that are labelled to have hair (ISIC 2017 and 2018), and those of which the
mask of hair covers at least `MASKED`: read as they are, with the hair painted over, and the
mean of both, which is `augderm read --hairless-view`. Uncalibrated logits. Fold 0 is not read.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.hair import hair_mask_of
from augderm.analysis.small import Small
from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.records import Record, split_records
from augderm.learn.train import Predictions
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network, NetworkRead

CONFIG = Path("configs/dermoscopic-lite0-longer.toml")
MASKED = 0.01
MELANOMA = CODES.index("mel")
SHOWN = ("mean_class_recall", "accuracy", "ham10000_melanoma_auc", "other_melanoma_auc", "structures_auc")
HEADS = ("logits", "structures", "artefacts")

Heads = dict[str, NDArray[np.float32]]


def main(data: Path) -> None:
    """Print a line for each set of images and way of reading, and what the view costs."""
    config = load_config(CONFIG)
    split = split_records(
        read_dataset("index", data),
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
    )
    network = Network(load_bundle(), threads=1)
    labelled, masked = [], []
    spent: dict[str, list[float]] = {"mask": [], "once": [], "with the second view": []}
    for record in split.calibration:
        if record.modality != "dermoscopic":
            continue
        pixels = decode_image(read_file(record.path)).pixels
        small = Small.of(pixels)
        clock = time.process_time()
        hair = hair_mask_of(small.pixels)
        spent["mask"].append(time.process_time() - clock)
        has_label = bool(record.artefacts.get("hair"))
        if not has_label and hair.mean() < MASKED:
            continue
        clock = time.process_time()
        as_it_is = _heads(network.read(pixels))
        spent["once"].append(time.process_time() - clock)
        clock = time.process_time()
        both = _heads(network.read(pixels, hair=hair))
        if hair.any():
            spent["with the second view"].append(time.process_time() - clock)
        without = {name: 2 * both[name] - as_it_is[name] for name in HEADS}
        read = (record, {"as it is": as_it_is, "painted over": without, "mean of both": both})
        labelled += [read] * has_label
        masked += [read] * bool(hair.mean() >= MASKED)
    for name, reads in (("labelled", labelled), (f"masked from {MASKED:g}", masked)):
        print(f"{name}: {len(reads)} images, {sum(r.label == MELANOMA for r, _ in reads)} melanomas")
        for way in reads[0][1]:
            figures = _figures([(record, ways[way]) for record, ways in reads])
            print(f"  {way:<13} " + ", ".join(f"{key} {figures[key]:.3f}" for key in SHOWN if key in figures))
    print("processor time, ms: " + ", ".join(f"{k} {1000 * np.median(v):.0f}" for k, v in spent.items()))


def _heads(read: NetworkRead) -> Heads:
    return {name: getattr(read, name) for name in HEADS}


def _figures(reads: list[tuple[Record, Heads]]) -> dict[str, float]:
    stacked = {name: np.stack([heads[name] for _, heads in reads]) for name in HEADS}
    none = np.zeros(len(reads), np.float32)
    found = Predictions(**stacked, clinical=none, jaccards=none * np.nan)
    figures = epoch_figures(found, [record for record, _ in reads])
    return {name: value for name, value in figures.items() if np.isfinite(value)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
