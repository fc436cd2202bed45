"""Masks as files: read in one way, and refused by one rule: in check, training and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from augderm.domain.errors import InvalidDataset
from augderm.formats.raster import FORMATS
from augderm.learn.records import Record

ASPECT_TOLERANCE = 0.03
"""By which the sides' ratio of a mask may differ from its image's: rounding of small masks."""


def open_mask(path: Path) -> Image.Image:
    """A mask in grey, 0 to 255, at its own size; one that is written as 0 and 1 is stretched.

    Raises:
        InvalidDataset: it is missing or broken; the message names it.
    """
    if not path.exists():
        raise InvalidDataset(f"{path}: there is no such file; restore the mask")
    try:
        with Image.open(path, formats=FORMATS) as file:
            mask = file.convert("L")
    except Exception as error:  # a damaged file raises anything
        raise InvalidDataset(
            f"{path}: the mask cannot be read ({error}); restore the file (`augderm data check` finds all)"
        ) from None
    return mask.point(lambda level: 255 * level) if mask.getextrema()[1] == 1 else mask


def usable_mask(path: Path, aspect: float) -> Image.Image:
    """As `open_mask`, of a mask that shows a lesion and is of its image's shape.

    Args:
        path: the mask's file.
        aspect: width / height of the image's pixels.

    Raises:
        InvalidDataset: it is not; the message names it and says why.
    """
    mask = open_mask(path)
    if fault := fault_of(mask, aspect):
        raise InvalidDataset(f"{path}: {fault} (`augderm data check` finds all)")
    return mask


def check_outlines(records: Iterable[Record]) -> None:
    """Refuse records with an outline of a structure that cannot be read: they would lack a label, unseen.

    Raises:
        InvalidDataset: the first of them, and how many there are.
    """
    broken = [
        record.folder / mask
        for record in records
        for name, mask in record.structure_masks.items()
        if name not in record.structures
    ]
    if broken:
        raise InvalidDataset(
            f"{broken[0]}: this mask of a structure cannot be read, nor can {len(broken) - 1} others; "
            "restore them (`augderm data check` finds all)"
        )


def fault_of(mask: Image.Image, aspect: float | None) -> str:
    """Why a mask shows no lesion of its image; empty where it does.

    Args:
        mask: of `open_mask`.
        aspect: width / height of the image's pixels; None where the image cannot be read.
    """
    if mask.getbbox() is None:
        return "the mask is empty: no pixel is lesion; drop it, or restore the file"
    return fault_of_shape(mask, aspect)


def fault_of_shape(mask: Image.Image, aspect: float | None) -> str:
    """Why a mask that may be empty is none of its image; arguments and result as of `fault_of`."""
    width, height = mask.size
    if aspect is not None and abs(width / height / aspect - 1) > ASPECT_TOLERANCE:
        return f"the mask is {width} x {height}, of another shape than its image; take its own"
    return ""
