"""What reading an image several times gives: flips and quarter turns, and a second look at the lesion alone.

    .venv/bin/python tools/experiments/views.py configs/dermoscopic-lite0.toml BUNDLE

Logits are averaged over the views. The lesion's view is the window around the border that the first read
found, with a margin. Judged on the calibration images, which the network was not trained on; fold 0 is not
read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.formats.raster import decode_image, read_file
from augderm.learn.config import load_config
from augderm.learn.epoch_figures import epoch_figures
from augderm.learn.train import Predictions
from augderm.learn.workshop import read_sources, split_of
from augderm.reader.bundle import Bundle, load_bundle
from augderm.reader.network import Arrays, Session, open_session, preprocess, run_session
from augderm.reader.views import VIEWS, view_of

MARGIN = 1.4
"""Side of the lesion's window over that of the lesion's bounding box."""
LEAST = 0.4
"""Least side of the window over the image's."""
HEADS = ("logits", "structures", "artefacts", "modality")


def lesion_window(pixels: NDArray[np.uint8], border: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The part (h, w, 3) of an image around its lesion, in the image's own aspect ratio.

    Args:
        pixels: (H, W, 3).
        border: (rows, columns) logits.
    """
    return pixels[lesion_box(border, *pixels.shape[:2])]


def lesion_box(border: NDArray[np.float32], height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of that part of an image of this size; the whole of it where there is no lesion."""
    inside = border > 0
    if not inside.any():
        return slice(0, height), slice(0, width)
    starts, sides = [], []
    for axis in (0, 1):
        places = np.flatnonzero(inside.any(axis=1 - axis)) / inside.shape[axis]
        starts.append((places[0] + places[-1]) / 2)
        sides.append(places[-1] - places[0])
    side = min(1.0, max(LEAST, MARGIN * max(sides)))
    top, left = (float(np.clip(middle - side / 2, 0, 1 - side)) for middle in starts)
    return (
        slice(round(top * height), round((top + side) * height)),
        slice(round(left * width), round((left + side) * width)),
    )


def read_all(session: Session, bundle: Bundle, pixels: NDArray[np.uint8]) -> dict[str, Arrays]:
    """The heads by way of reading."""

    def heads(images: list[NDArray[np.float32]]) -> tuple[Arrays, NDArray[np.float32]]:
        found = run_session(session, np.stack(images))
        return {name: found[name] for name in HEADS}, found["border"]

    def mean(*parts: Arrays) -> Arrays:
        return {name: np.concatenate([part[name] for part in parts]).mean(axis=0) for name in HEADS}

    def first(part: Arrays, count: int) -> Arrays:
        return {name: part[name][:count] for name in HEADS}

    image, _ = preprocess(pixels, bundle.preprocessing)
    whole, border = heads([view_of(image, view) for view in VIEWS])
    closer, _ = preprocess(np.ascontiguousarray(lesion_window(pixels, border[0, 0])), bundle.preprocessing)
    near, _ = heads([view_of(closer, view) for view in VIEWS[:4]])
    return {
        "once": mean(first(whole, 1)),
        "4 views": mean(first(whole, 4)),
        "8 views": mean(whole),
        "lesion once": mean(first(near, 1)),
        "once and lesion once": mean(first(whole, 1), first(near, 1)),
        "4 views and lesion 4": mean(first(whole, 4), near),
    }


def main(config_path: Path, bundle_path: Path) -> None:
    """Print a line of figures for each way."""
    config, bundle = load_config(config_path), load_bundle(bundle_path)
    records = split_of(config, read_sources(config)).calibration
    session = open_session(bundle.network)
    read = [read_all(session, bundle, decode_image(read_file(record.path)).pixels) for record in records]
    for way in read[0]:
        heads = {name: np.stack([one[way][name] for one in read]) for name in HEADS}
        found = Predictions(
            logits=heads["logits"],
            structures=heads["structures"],
            artefacts=heads["artefacts"],
            clinical=heads["modality"],
            jaccards=np.full(len(records), np.nan, np.float32),
        )
        figures = epoch_figures(found, records)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items() if np.isfinite(value))
        print(f"{way:<22}{shown}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
