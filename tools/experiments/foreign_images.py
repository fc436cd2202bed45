"""How many images that are no lesion the shipped bundle refuses, and how many lesions.

    .venv/bin/python tools/experiments/foreign_images.py ../shared/data

Photographs: those that scikit-image ships. Drawn: textures. Blank skin: drawn, and lesion-free windows of
training images of fold 3, which novelty did not see if they were left out of its sample, so: a rough figure.
Lesions: calibration images. Nothing here is fitted to, and fold 0 is not read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image

from augderm import assess
from augderm.formats.raster import decode_image
from augderm.learn.blank_skin import blank_window
from augderm.learn.datasets.index_csv import read_index

WINDOWS = 200
SKIN = (205, 160, 140)
NOT_A_SCENE = ("multipage", "no_time")
"""Files of several pictures, which the decoder refuses."""

Pixels = NDArray[np.uint8]


def photographs() -> Iterable[Pixels]:
    """Every single picture that scikit-image carries."""
    for path in sorted((Path(skimage.__file__).parent / "data").iterdir()):
        if path.suffix in {".png", ".jpg", ".gif", ".tif"} and not path.name.startswith(NOT_A_SCENE):
            with Image.open(path) as image:
                yield np.asarray(image.convert("RGB"))


def textures() -> Iterable[Pixels]:
    """Noise, gradients, bars and checks in several scales and colours."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:300, :400]
    for index in range(40):
        scale = 2 + index % 10 * 4
        colour = rng.integers(40, 255, 3)
        patterns = (
            rng.random((300, 400)),
            x / 400,
            (x // scale + y // scale) % 2,
            (np.sin(x / scale) + 1) / 2,
        )
        yield (patterns[index % 4][..., None] * colour).astype(np.uint8)


def drawn_skin() -> Iterable[Pixels]:
    """Skin without anything on it: a colour, a shade across, fine noise."""
    for index in range(40):
        rng = np.random.default_rng(index)
        shade = np.linspace(-15, 15, 400)[None, :, None] * rng.uniform(-1, 1)
        noise = rng.normal(0, rng.uniform(1, 6), (300, 400, 1))
        yield np.clip(np.array(SKIN) * rng.uniform(0.5, 1.1) + shade + noise, 0, 255).astype(np.uint8)


def skin_windows(data: Path) -> Iterable[Pixels]:
    """Windows beside the lesion."""
    found = 0
    for record in read_index(data, ["ham10000", "isic2017"]):
        if record.fold == 3 and found < WINDOWS:
            window = blank_window(decode_image(record.path.read_bytes()).pixels, record)
            if window is not None:
                found += 1
                yield window


def lesions(data: Path) -> Iterable[Pixels]:
    """Calibration images, whose limit was set on them: the share is by construction about 3 %."""
    records = [r for r in read_index(data, ["ham10000", "isic2017"]) if r.fold == 4]
    for record in records[::10]:
        yield decode_image(record.path.read_bytes()).pixels


def main(data: Path) -> None:
    """Print the share that abstains of each kind."""
    for name, images in (
        ("photographs", photographs()),
        ("drawn textures", textures()),
        ("drawn blank skin", drawn_skin()),
        ("windows of blank skin, fold 3", skin_windows(data)),
        ("lesions, fold 4", lesions(data)),
    ):
        refused = [assess(pixels).status == "abstained" for pixels in images]
        print(f"{name:<30} {len(refused):>4} images, abstained {np.mean(refused):.3f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
