"""Colour maps of real images: do vascular lesions have more haemoglobin, and pigmented ones more melanin?

    python tools/experiments/maps_colour.py ../shared/data

25 vascular lesions and 25 naevi or melanomas of HAM10000, folds 1 to 4, with their expert masks; none of
those that the bands were chosen on, which are among the first 40 of each class in this order.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.colour_maps import colour_maps
from augderm.domain.errors import InvalidImage

SIZE = (240, 180)
COUNTS = {"nv": 13, "vasc": 25, "mel": 12}
PASSED_OVER = 40


def main(data: Path) -> None:
    """Read, map, print medians and the areas under the curve."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "ham10000" and row["fold"] != "0"]
    rng = np.random.default_rng(0)
    found = {}
    for diagnosis, count in COUNTS.items():
        those = [row for row in rows if row["diagnosis"] == diagnosis]
        order = rng.permutation(len(those))[PASSED_OVER:]
        found[diagnosis] = _figures(data, [those[index] for index in order], count)
    groups = {"vascular": found["vasc"], "pigmented": np.concatenate([found["nv"], found["mel"]])}
    for name, values in groups.items():
        melanin, haemoglobin, residual = np.median(values, axis=0)
        print(f"{name:10} n {len(values)}  melanin {melanin:+.2f}  haemoglobin {haemoglobin:+.2f}  ", end="")
        print(f"residual {residual:.3f}")
    vascular, pigmented = groups.values()
    print(f"area under the curve: haemoglobin {_area(vascular[:, 1], pigmented[:, 1]):.2f}, ", end="")
    print(f"melanin {_area(pigmented[:, 0], vascular[:, 0]):.2f}")


def _figures(data: Path, rows: list[dict[str, str]], count: int) -> NDArray[np.float64]:
    """(count, 3): melanin, haemoglobin and residual, the mean over each lesion."""
    found: list[list[float]] = []
    for row in rows:
        pixels = np.asarray(Image.open(data / row["image"]).convert("RGB").resize(SIZE))
        lesion = np.asarray(Image.open(data / row["mask"]).convert("L").resize(SIZE)) > 127
        try:
            maps = colour_maps(pixels, lesion)
        except InvalidImage:
            continue  # no skin around it
        found.append([float(np.nanmean(each.values[maps.lesion])) for each in maps.maps])
        if len(found) == count:
            break
    return np.array(found)


def _area(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """The probability that one of the first is above one of the second."""
    return float(np.mean([(one > lower).mean() + (one == lower).mean() / 2 for one in higher]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
