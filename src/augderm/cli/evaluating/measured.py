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
from augderm.learn.datasets.masks import fault_of, fault_of_shape, open_mask
from augderm.learn.evaluation.isic import shared_areas
from augderm.learn.evaluation.scores import jaccard
from augderm.learn.evaluation.skin_tone import ita_deg
from augderm.learn.records import Record

TONE_SIDE_PX = 160
"""Longest side of the image that the skin's tone is told from: thousands of pixels of skin."""


def measure(record: Record, border: Path, structures: Mapping[str, Path] | None) -> dict[str, Any]:
    """What border and structures share with the references, and the tone of the skin around the lesion.

    Args:
        record: what is known of the image.
        border: the border's PNG, in the image's size; absent where none was found.
        structures: likewise, by each structure whose place the bundle tells; absent where it was not
            located. None where it tells no place at all: then no outline is measured.

    Returns:
        jaccard, dice and ita_deg, None where undefined; outlines, by each structure whose mask is known what
        both share and what they cover, of the image; and mask_fault, why references are none of this image,
        so that nothing is measured by them, "" where all are.

    Raises:
        InvalidDataset: a reference mask cannot be read.
    """
    mask = _mask(border) if border.exists() else None
    fault, overlap = _overlap(record, mask)
    faults = [fault] if fault else []
    outlines: dict[str, tuple[float, float]] = {}
    if structures is not None:
        for name, path in record.structure_masks.items():
            wanted = open_mask(record.folder / path)
            if fault := fault_of_shape(wanted, _aspect(record, mask)):
                faults.append(f"{name}: {fault}")
            else:
                outlines[name] = _outline(wanted, structures.get(name))
    return {
        "jaccard": overlap,
        # D = 2 J / (1 + J) for any two sets.
        "dice": None if overlap is None else 2 * overlap / (1 + overlap),
        "ita_deg": None if mask is None else _tone(record, mask),
        "outlines": outlines,
        "mask_fault": "; ".join(faults),
    }


def _overlap(record: Record, mask: NDArray[np.bool_] | None) -> tuple[str, float | None]:
    if record.mask is None:
        return "", None
    wanted = open_mask(record.folder / record.mask)
    if fault := fault_of(wanted, _aspect(record, mask)):
        return fault, None
    if mask is None:
        return "", 0.0
    return "", jaccard(mask, _enlarged(wanted, (mask.shape[1], mask.shape[0])))


def _outline(wanted: Image.Image, located: Path | None) -> tuple[float, float]:
    if located is None or not located.exists():
        whole = _enlarged(wanted, wanted.size)
        return shared_areas(np.zeros_like(whole), whole)
    mask = _mask(located)
    return shared_areas(mask, _enlarged(wanted, (mask.shape[1], mask.shape[0])))


def _enlarged(wanted: Image.Image, size_px: tuple[int, int]) -> NDArray[np.bool_]:
    # A reference coarser than the image is enlarged, not what was found reduced.
    enlarged = np.asarray(wanted.resize(size_px, Image.Resampling.BILINEAR))
    return np.asarray(enlarged > enlarged.max() / 2)


def _aspect(record: Record, mask: NDArray[np.bool_] | None) -> float | None:
    if mask is not None:
        return float(mask.shape[1] / mask.shape[0])
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
