"""What is measured of a read with the dataset's truth and the photograph at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import AugDermError
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.masks import open_mask
from augderm.learn.evaluation.scores import jaccard
from augderm.learn.evaluation.skin_tone import ita_deg
from augderm.learn.records import Record

TONE_SIDE_PX = 160
"""Longest side of the image that the skin's tone is told from: thousands of pixels of skin."""


def measure(record: Record, border: Path) -> dict[str, float | None]:
    """Jaccard and Dice of the border with the reference, and the tone of the skin around it.

    Args:
        record: what is known of the image.
        border: the border's PNG, in the image's size; absent where none was found.

    Returns:
        jaccard, dice and ita_deg; None where undefined.

    Raises:
        InvalidDataset: the reference mask cannot be read.
    """
    mask = _mask(border) if border.exists() else None
    overlap = _overlap(record, mask)
    return {
        "jaccard": overlap,
        # D = 2 J / (1 + J) for any two sets.
        "dice": None if overlap is None else 2 * overlap / (1 + overlap),
        "ita_deg": None if mask is None else _tone(record, mask),
    }


def _overlap(record: Record, mask: NDArray[np.bool_] | None) -> float | None:
    if record.mask is None:
        return None
    wanted = open_mask(record.folder / record.mask)
    if mask is None:
        return 0.0
    # A reference coarser than the image is enlarged, not the border reduced.
    enlarged = np.asarray(wanted.resize(mask.shape[::-1], Image.Resampling.BILINEAR)) >= 128
    return jaccard(mask, enlarged) if mask.any() or enlarged.any() else None


def _tone(record: Record, mask: NDArray[np.bool_]) -> float | None:
    try:
        image = Image.fromarray(decode_image(load_image(record)).pixels)
    except AugDermError:
        return None  # the read says why
    image.thumbnail((TONE_SIDE_PX, TONE_SIDE_PX))
    small = Image.fromarray(mask).resize(image.size, Image.Resampling.NEAREST)
    return ita_deg(np.asarray(image), np.asarray(small))


def _mask(path: Path) -> NDArray[np.bool_]:
    with Image.open(path) as file:
        return np.asarray(file) >= 128
