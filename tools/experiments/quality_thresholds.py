"""Where the quality gate's limits come from: its values on training images and on blurred copies.

    .venv/bin/python tools/experiments/quality_thresholds.py ../shared/data

Reads folds 1-4 only; fold 0 is held back.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from augderm.analysis.quality import check_quality
from augderm.analysis.small import SMALL_SIDE_PX
from augderm.formats.raster import decode_image

IMAGES, BLURRED = 1500, 300
PERCENTILES = (0, 0.5, 1, 5, 50, 95, 99, 99.5, 100)
SIGMAS_PX = (1, 2, 3, 4, 6, 8)


def values(image: Image.Image) -> dict[str, float]:
    """All checks of one image."""
    quality = check_quality(np.asarray(image), min(image.size), touches_frame=0.0, notes=())
    return {check.name: float("nan") if check.value is None else check.value for check in quality.checks}


def main(data: Path) -> None:
    """Print percentiles of each check, and sharpness after Gaussian blur at the gate's own size."""
    with (data / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["modality"] == "dermoscopic" and row["fold"] != "0"
        ]
    random.Random(1).shuffle(rows)
    found: list[dict[str, float]] = []
    blurred: dict[int, list[float]] = {sigma: [] for sigma in SIGMAS_PX}
    for number, row in enumerate(rows[:IMAGES]):
        image = Image.fromarray(decode_image((data / row["image"]).read_bytes()).pixels)
        found.append(values(image))
        if number < BLURRED:
            image.thumbnail((SMALL_SIDE_PX, SMALL_SIDE_PX))
            for sigma in SIGMAS_PX:
                blurred[sigma].append(values(image.filter(ImageFilter.GaussianBlur(sigma)))["sharpness"])
    print("percentile   ", *(f"{p:>8}" for p in PERCENTILES))
    for name in found[0]:
        percentiles = np.percentile([value[name] for value in found], PERCENTILES)
        print(f"{name:<14}", *(f"{p:8.3f}" for p in percentiles))
    print(f"\nsharpness after blur (pixels of {SMALL_SIDE_PX}): 5th, 50th, 95th percentile")
    for sigma, sharpness in blurred.items():
        print(f"sigma {sigma}: ", *(f"{p:.3f}" for p in np.percentile(sharpness, (5, 50, 95))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
