"""The worst mistakes of a network as one contact sheet: what to look at before the next run."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from augderm.domain.taxonomy import CODES
from augderm.learn.records import Record

TILES_ACROSS, TILE_PX, CAPTION_PX = 6, 180, 30


def worst_mistakes(
    probabilities: NDArray[np.floating], labels: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Rows whose true class was given the least, worst first, among those named wrongly.

    Args:
        probabilities: (N, C).
        labels: (N,) true class indices; negative where unknown.
        count: how many at most.
    """
    wrong = np.flatnonzero((labels >= 0) & (probabilities.argmax(axis=1) != labels))
    given = probabilities[wrong, labels[wrong]]
    return wrong[np.argsort(given, kind="stable")][:count]


def contact_sheet(
    images: Sequence[NDArray[np.uint8]],
    records: Sequence[Record],
    probabilities: NDArray[np.floating],
) -> bytes:
    """A PNG of tiles, each with the file's name, the true diagnosis and what was said instead.

    Args:
        images: (h, w, 3) uint8 each, squashed to squares.
        records: of the same images, in the same order.
        probabilities: (N, C) of the same images.
    """
    down = -(-max(1, len(images)) // TILES_ACROSS)
    sheet = Image.new("RGB", (TILES_ACROSS * TILE_PX, down * (TILE_PX + CAPTION_PX)), "white")
    draw = ImageDraw.Draw(sheet)
    for index, (pixels, record, said) in enumerate(zip(images, records, probabilities, strict=True)):
        left, top = index % TILES_ACROSS * TILE_PX, index // TILES_ACROSS * (TILE_PX + CAPTION_PX)
        width, height = _within(TILE_PX, record.aspect)
        tile = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(tile, (left + (TILE_PX - width) // 2, top + (TILE_PX - height) // 2))
        likeliest = int(said.argmax())
        true = record.diagnosis if record.label is None else CODES[record.label]
        caption = f"{true}, read as {CODES[likeliest]} {said[likeliest]:.2f}"
        draw.text((left + 3, top + TILE_PX), caption, fill="black")
        draw.text((left + 3, top + TILE_PX + 14), record.path.name[-28:], fill="grey")
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _within(side: int, aspect: float) -> tuple[int, int]:
    """Width and height of an image of this aspect that fits a square."""
    return (side, max(1, round(side / aspect))) if aspect >= 1 else (max(1, round(side * aspect)), side)
