"""What all miniatures are made of: phantoms as image files, masks, and CSV tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom

WIDTH_PX, HEIGHT_PX = 96, 72
FORMATS = {".jpg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".webp": "WEBP"}


@cache
def drawn(seed: int) -> Phantom:
    """A small phantom; another seed gives another lesion, clearly."""
    rng = np.random.default_rng(seed)
    spec = PhantomSpec(
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        center=(float(rng.uniform(0.3, 0.7)), float(rng.uniform(0.3, 0.7))),
        long_axis_px=float(rng.uniform(24, 60)),
        short_axis_px=float(rng.uniform(16, 24)),
        angle_deg=float(rng.uniform(0, 180)),
        hairs=int(rng.integers(0, 4)),
        seed=seed,
    )
    return draw_phantom(spec)


def encoded(seed: int, suffix: str = ".jpg") -> bytes:
    """The bytes of a phantom's image file."""
    file = io.BytesIO()
    Image.fromarray(drawn(seed).pixels).save(file, FORMATS[suffix])
    return file.getvalue()


def write_image(path: Path, seed: int) -> None:
    """A phantom, in the format that the path's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(seed, path.suffix.lower()))


def write_mask(path: Path, seed: int, *, empty: bool = False) -> None:
    """The lesion of that phantom in white on black; all black where `empty`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = drawn(seed).mask
    Image.fromarray(np.zeros_like(mask) if empty else mask).save(path)


def write_table(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    delimiter: str = ",",
    header: bool = True,
) -> None:
    """A CSV table as datasets publish it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        if header:
            writer.writerow(columns)
        writer.writerows(rows)


def one_hot(classes: Sequence[str], hot: str) -> list[str]:
    """A row of class columns with one 1.0."""
    assert hot in classes
    return ["1.0" if name == hot else "0.0" for name in classes]
