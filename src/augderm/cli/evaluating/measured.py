"""What is measured of a read with the dataset's truth and the photograph at hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import AugDermError
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.masks import fault_of, open_mask
from augderm.learn.evaluation.isic import shared_areas
from augderm.learn.evaluation.scores import jaccard
from augderm.learn.evaluation.skin_tone import ita_deg
from augderm.learn.records import Record

TONE_SIDE_PX = 160
"""Longest side of the image that the skin's tone is told from: thousands of pixels of skin."""


def measure(record: Record, border: Path, structures: Mapping[str, Path]) -> dict[str, Any]:
    """What border and structures share with the references, and the tone of the skin around the lesion.

    Args:
        record: what is known of the image.
        border: the border's PNG, in the image's size; absent where none was found.
        structures: likewise, by structure; absent where it was not located.

    Returns:
        jaccard, dice and ita_deg, None where undefined; and mask_fault, why the reference shows no lesion of
        this image, "" where it does: then nothing is measured by it; and outlines, by each structure whose
        mask is known what both share and what they cover, of the image.

    Raises:
        InvalidDataset: a reference mask cannot be read.
    """
    mask = _mask(border) if border.exists() else None
    fault, overlap = _overlap(record, mask)
    return {
        "jaccard": overlap,
        # D = 2 J / (1 + J) for any two sets.
        "dice": None if overlap is None else 2 * overlap / (1 + overlap),
        "ita_deg": None if mask is None else _tone(record, mask),
        "mask_fault": fault,
        "outlines": {
            name: _outline(record.folder / path, structures[name])
            for name, path in record.structure_masks.items()
        },
    }


def _overlap(record: Record, mask: NDArray[np.bool_] | None) -> tuple[str, float | None]:
    if record.mask is None:
        return "", None
    wanted = open_mask(record.folder / record.mask)
    if fault := fault_of(wanted, _aspect(record) if mask is None else mask.shape[1] / mask.shape[0]):
        return fault, None
    if mask is None:
        return "", 0.0
    return "", jaccard(mask, _enlarged(wanted, (mask.shape[1], mask.shape[0])))


def _outline(reference: Path, located: Path) -> tuple[float, float]:
    wanted = open_mask(reference)
    if not located.exists():
        whole = _enlarged(wanted, wanted.size)
        return shared_areas(np.zeros_like(whole), whole)
    mask = _mask(located)
    return shared_areas(mask, _enlarged(wanted, (mask.shape[1], mask.shape[0])))


def _enlarged(wanted: Image.Image, size_px: tuple[int, int]) -> NDArray[np.bool_]:
    # A reference coarser than the image is enlarged, not what was found reduced.
    enlarged = np.asarray(wanted.resize(size_px, Image.Resampling.BILINEAR))
    return np.asarray(enlarged > enlarged.max() / 2)


def _aspect(record: Record) -> float | None:
    try:
        seen = decode_image(load_image(record))
    except AugDermError:
        return None  # the read says why
    return seen.width_px / seen.height_px


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
