"""How well a lesion that is unlike the others is told among naevi.

    .venv/bin/python tools/experiments/duckling.py ../shared/data

Reads 160 naevi and 60 melanomas of HAM10000 from the calibration fold (4; fold 0 is not read), one of each
lesion. No dataset here has enough lesions of one patient, so patients are made up: naevi of different people,
to which one further naevus or one melanoma is added. Naevi of one person are more alike.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm import assess
from augderm.domain.assessment import Assessment
from augderm.evidence.duckling import APPEARANCE, LIMIT, MEASURES, find_ducklings

TAKEN = {"nv": 160, "mel": 60}
SIZES = (6, 8, 15, 30)
PATIENTS = 400
"""Made up for each size, with and without a melanoma."""


def read_lesions(data: Path) -> dict[str, list[Assessment]]:
    """The reads by diagnosis, of those that the network does not abstain from."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["fold"] == "4" and row["dataset"] == "ham10000"]
    lesions = list({row["group_id"]: row for row in reversed(rows)}.values())
    random.Random(1).shuffle(lesions)
    found: dict[str, list[Assessment]] = {code: [] for code in TAKEN}
    for code, count in TAKEN.items():
        for row in [row for row in lesions if row["diagnosis"] == code][:count]:
            read = assess(data / row["image"])
            if read.status == "ok" and read.pictures:
                # Not the pixels: hundreds of them would fill the memory.
                bare = replace(read.pictures, pixels=np.zeros((1, 1, 3), np.uint8))
                found[code].append(replace(read, pictures=bare))
    return found


def of_the_added(usual: Sequence[Assessment], added: Sequence[Assessment], size: int) -> NDArray[np.float64]:
    """(PATIENTS, features) distances of the lesion that was added to `size` - 1 naevi."""
    rng = random.Random(size)
    rows = []
    for _ in range(PATIENTS):
        one = rng.choice(added)
        others = rng.sample([each for each in usual if each is not one], size - 1)
        features = find_ducklings([*others, one]).lesions[-1].features
        rows.append([features[name] for name in (APPEARANCE, *MEASURES) if name in features])
    return np.array(rows)


def area(lower: NDArray[np.float64], higher: NDArray[np.float64]) -> float:
    """Share of pairs in which the second is higher (area under the ROC curve)."""
    return float((lower[:, None] < higher).mean() + (lower[:, None] == higher).mean() / 2)


def main(data: Path) -> None:
    """Print the figures of docs/explain/anamnesis.md."""
    lesions = read_lesions(data)
    print("read", {code: len(reads) for code, reads in lesions.items()}, "limit", LIMIT)
    for size in SIZES:
        naevi, melanomas = (of_the_added(lesions["nv"], lesions[code], size) for code in ("nv", "mel"))
        alone = " ".join(f"{area(naevi[:, i], melanomas[:, i]):.2f}" for i in range(naevi.shape[1]))
        joined = area(naevi.mean(axis=1), melanomas.mean(axis=1))
        beyond = [float((rows[:, 0] > LIMIT).mean()) for rows in (naevi, melanomas)]
        print(
            f"{size:>2} lesions: area under the curve of appearance, colour, shape {alone}, of their mean "
            f"{joined:.2f}; beyond the limit: naevi {beyond[0]:.3f}, melanomas {beyond[1]:.3f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
