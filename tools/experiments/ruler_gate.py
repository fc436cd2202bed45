"""Below which probability of a ruler none is found: what `second_read.RULER_POSSIBLE` was set on.

    .venv/bin/python tools/experiments/ruler_gate.py ../shared/data labelled 123
    .venv/bin/python tools/experiments/ruler_gate.py ../shared/data labelled 4
    .venv/bin/python tools/experiments/ruler_gate.py ../shared/data ham10000 1234 7

Looks for a ruler in every image of a sample of 300, whatever the network thinks. Fold 0 is held back; the
network learned from folds 1-3, and was calibrated on fold 4.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

from augderm.analysis.ruler import find_ruler
from augderm.domain.taxonomy import ARTEFACTS
from augderm.formats.raster import decode_image
from augderm.second_read import default_network

IMAGES = 300
GATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def sample(data: Path, what: str, folds: str, seed: int) -> list[tuple[str, str]]:
    """Path of each image and its label: up to 200 labelled as showing a ruler and others without, or any."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        index = {row["isic_id"]: row for row in csv.DictReader(file)}
    with (data / "artefacts.csv").open(newline="", encoding="utf-8") as file:
        labels = {row["isic_id"]: row["ruler"] for row in csv.DictReader(file) if row["isic_id"] in index}
    rows = [row for row in index.values() if row["fold"] in folds and row["geometry"] != "squashed"]
    random.Random(seed).shuffle(rows)
    if what == "ham10000":
        return [(row["image"], "?") for row in rows if row["dataset"] == what][:IMAGES]
    labelled = [(row["image"], labels[row["isic_id"]]) for row in rows if row["isic_id"] in labels]
    ruled = [one for one in labelled if one[1] == "1"][:200]
    return ruled + [one for one in labelled if one[1] == "0"][: IMAGES - len(ruled)]


def main(data: Path, what: str, folds: str, seed: int) -> None:
    """Print the lowest probabilities at which a ruler was found, and what each gate would cost and spare."""
    network = default_network()
    curve = network.bundle.calibrations.artefacts["ruler"]
    if curve is None or "0" in folds:
        sys.exit("the model has no curve for rulers, or fold 0 was named")
    read: list[tuple[str, float, bool]] = []
    for image, label in sample(data, what, folds, seed):
        pixels = decode_image((data / image).read_bytes()).pixels
        logit = float(network.read(pixels).artefacts[ARTEFACTS.index("ruler")])
        read.append((label, curve.probability(logit), find_ruler(pixels) is not None))
    lowest = sorted(chance for _, chance, found in read if found)
    print(f"{len(read)} images, a ruler found in {len(lowest)}; lowest probabilities of these:")
    print(*(f"{chance:.2f}" for chance in lowest[:5]))
    for gate in GATES:
        lost = sum(chance < gate for chance in lowest)
        for label in sorted({label for label, *_ in read}):
            of_label = [chance for its, chance, _ in read if its == label]
            searched = sum(chance >= gate for chance in of_label)
            print(f"from {gate}: lost {lost}; label {label}: searched {searched} of {len(of_label)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 7)
