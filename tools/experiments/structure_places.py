"""How well a bundle answers for structures, and whether its maps say where they are.

    .venv/bin/python tools/experiments/structure_places.py ../shared/data
        [--write BUNDLE | --report-held-back]

Presence, and the share of the lesion that the experts marked (ISIC 2018 Task 2), of images that the network
did not learn from: those that it was calibrated on. The logit from which a place counts is chosen on images
that it did learn from. `--write` puts the figures into the bundle's manifest, which changes its sha256.
Fold 0 is not touched but with `--report-held-back`: judged on it then, for the figures of a document alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from augderm.analysis.border import clean_mask, enlarge
from augderm.domain.structures import LIKELY
from augderm.domain.taxonomy import STRUCTURES
from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.evaluation.scores import area_under_roc
from augderm.learn.records import Record, split_records
from augderm.reader.bundle import DEFAULT_BUNDLE, MANIFEST, load_bundle
from augderm.reader.calibrated import read_presence
from augderm.reader.network import Network
from augderm.reader.structure_figures import StructureFigures

CONFIG = Path("configs/dermoscopic-lite0-longer.toml")
LEARNED_FROM = 80
"""Images that it learned from, on which the logit is chosen."""
LOGITS = np.arange(-1.0, 3.01, 0.25)
LEAST_CORRELATION, LEAST_BEYOND, LEAST_POSITIVE = 0.4, 0.2, 30
"""A map that agrees less with the experts' areas, or less beyond what the lesion's area and the presence
explain, or that fewer images can judge, shows no place."""


@dataclass(frozen=True)
class Measured:
    """Of N images by structure: probability, logit, truth, share located at each of `LOGITS`, how much of
    what the map marks lies outside, experts' share; and the lesion's share of each image.
    """

    probability: NDArray[np.float64]
    logit: NDArray[np.float64]
    truth: NDArray[np.bool_]
    located: NDArray[np.float64]
    outside: NDArray[np.float64]
    experts: NDArray[np.float64]
    area: NDArray[np.float64]


def main() -> None:
    """Print the figures, and write them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", type=Path, metavar="BUNDLE")
    parser.add_argument("--report-held-back", action="store_true")
    asked = parser.parse_args()
    if asked.write and asked.report_held_back:
        sys.exit("what is written into a bundle is not measured on the fold that judges it")
    config = load_config(CONFIG)
    split = split_records(
        read_dataset("index", asked.data),
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share=config.calibration_share,
    )
    judged = split.validation if asked.report_held_back else split.calibration
    unseen = [record for record in judged if record.structures]
    learned = [record for record in split.train if record.structures]
    random.Random(0).shuffle(learned)
    folder = asked.write or DEFAULT_BUNDLE
    network = Network(load_bundle(folder), threads=1)
    with (asked.data / "structures.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["isic_id"]: row for row in csv.DictReader(file)}
    chosen_on = _measure(learned[:LEARNED_FROM], network, rows)
    judged_on = _measure(unseen, network, rows)
    figures = {name: _figures(name, i, chosen_on, judged_on) for i, name in enumerate(STRUCTURES)}
    if asked.write:
        path = folder / MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["figures"] = {"structures": {name: asdict(one) for name, one in figures.items()}}
        path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _measure(records: list[Record], network: Network, rows: dict[str, dict[str, str]]) -> Measured:
    probability, logit, truth, located, outside, experts, area = [], [], [], [], [], [], []
    for record in records:
        pixels = decode_image(read_file(record.path)).pixels
        seen = network.read(pixels)
        height, width = pixels.shape[:2]
        lesion = clean_mask(enlarge(seen.border, width, height))
        row = rows[Path(record.image).stem]
        known = read_presence(seen.structures, network.bundle.calibrations.structures)
        probability.append([known[name] or 0.0 for name in STRUCTURES])
        logit.append(seen.structures)
        area.append(lesion.mean())
        truth.append([record.structures[name] for name in STRUCTURES])
        experts.append(
            [float(row[f"{name}_area_pct"]) / float(row["lesion_area_pct"]) for name in STRUCTURES]
        )
        over = [enlarge(grid, width, height)[..., None] >= LOGITS for grid in seen.structure_maps]
        within = [one[lesion].sum(axis=0) for one in over]
        everywhere = [one.sum(axis=(0, 1)) for one in over]
        located.append([inside / max(1, lesion.sum()) for inside in within])
        outside.append([1 - a / np.maximum(1, b) for a, b in zip(within, everywhere, strict=True)])
    return Measured(*map(np.array, (probability, logit, truth, located, outside, experts, area)))


def rank_correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Spearman's, of (N,) and (N,); 0 where one of them is constant."""
    return partial_correlation(a, b, np.zeros((len(a), 0)))


def partial_correlation(a: NDArray[np.float64], b: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Spearman's of (N,) and (N,) given what is known (N, K): of the ranks, what those of the known leave."""
    given = np.column_stack([np.ones(len(a)), *(rankdata(column) for column in known.T)])
    left = []
    for ranks in (rankdata(a), rankdata(b)):
        rest = ranks - given @ np.linalg.lstsq(given, ranks, rcond=None)[0]
        left.append(rest if np.ptp(rest) > 1e-6 else np.zeros(len(rest)))
    one, other = left
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size else 0.0


def _figures(name: str, index: int, chosen_on: Measured, judged_on: Measured) -> StructureFigures:
    there = chosen_on.truth[:, index]
    apart = np.abs(chosen_on.located[there, index] - chosen_on.experts[there, index, None]).mean(axis=0)
    at = int(apart.argmin())
    truth, probability = judged_on.truth[:, index], judged_on.probability[:, index]
    shares, experts = judged_on.located[truth, index, at], judged_on.experts[truth, index]
    agreed = rank_correlation(shares, experts)
    known = np.column_stack([judged_on.area, judged_on.logit[:, index]])[truth]
    beyond = partial_correlation(shares, experts, known)
    auc = area_under_roc(truth, probability)
    likely = probability >= LIKELY
    print(
        f"{name:<17} {len(truth)} images, {truth.sum()} with it: AUC {auc:.3f}, likely in {likely.sum()}, "
        f"{truth[likely].sum()} of them rightly; map from {LOGITS[at]:g}: located share "
        f"{np.median(shares):.2f}, experts' {np.median(experts):.2f} (medians), apart by "
        f"{np.abs(shares - experts).mean():.2f} on average, rank correlation {agreed:.2f}, "
        f"given the lesion's area {partial_correlation(shares, experts, known[:, :1]):.2f}, and the logit "
        f"{beyond:.2f}; "
        f"{judged_on.outside[truth, index, at].mean():.2f} of what the map marks lies outside the lesion",
        flush=True,
    )
    shown = agreed >= LEAST_CORRELATION and beyond >= LEAST_BEYOND and truth.sum() >= LEAST_POSITIVE
    return StructureFigures(
        auc=round(auc, 3),
        images=len(truth),
        positive=int(truth.sum()),
        map_from=float(LOGITS[at]) if shown else None,
        area_correlation=round(agreed, 2) if shown else None,
    )


if __name__ == "__main__":
    main()
