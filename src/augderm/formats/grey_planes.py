"""Grey planes as they were measured: the pages of a TIFF, a PNG, or the frames of a DICOM file."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from augderm.domain.errors import AugDermError, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_IMAGE_PIXELS, MAX_STACK_PLANES
from augderm.formats.dicom_planes import dicom_planes, is_dicom
from augderm.formats.raster import MAX_12_BIT_LEVEL, check_size, read_file, working_size

FORMATS = ("TIFF", "PNG")
"""Formats that keep levels as they were measured; JPEG and its like store them curved and coarsened."""


@dataclass(frozen=True, slots=True, eq=False)
class GreyPlane:
    """A plane.

    Attributes:
        levels: (h, w) float32 linear levels at working size; nan where a pixel was saturated.
        size: width and height before it was reduced.
        wavelength_nm: where its file gives it.
        subject: what must be the same in all planes of a stack; never to be shown.
        lossy: whether its levels were once compressed with loss.
    """

    levels: NDArray[np.float32]
    size: tuple[int, int]
    wavelength_nm: float | None = None
    subject: tuple[str, ...] = field(default=(), repr=False)
    lossy: bool = False


def single_plane(path: Path, digest: Any = None) -> GreyPlane:
    """The plane of a file that holds one; otherwise as `grey_planes`."""
    planes = grey_planes(path, digest)
    if len(planes) > 1:
        raise InvalidImage(f"{path}: it holds {len(planes)} pages, one is needed; export a single plane.")
    return planes[0]


def grey_planes(path: Path, digest: Any = None) -> list[GreyPlane]:
    """All pages or frames of a grey image, bounded before anything is decoded.

    Args:
        path: the file.
        digest: a hash that the SHA-256 of the file is added to.

    Raises:
        InvalidImage: it is missing, damaged, of another format, or not grey.
        LimitExceeded: it is beyond `domain.limits`.
    """
    with _named(path):
        data = read_file(path)
        if digest is not None:
            digest.update(hashlib.sha256(data).hexdigest().encode())
        if is_dicom(data):
            return _frames(data)
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            planes: list[GreyPlane] = []
            while True:
                try:
                    image.seek(len(planes))
                except EOFError:
                    return planes
                # Each page is a link of a chain that may be endless.
                if len(planes) == MAX_STACK_PLANES:
                    raise LimitExceeded(
                        f"It holds more than {MAX_STACK_PLANES} pages, the limit; leave some out."
                    )
                check_size(*image.size)
                image.load()
                planes.append(_plane(image))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors with the name of the file, whatever a decoder raises on hostile bytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except AugDermError as error:
        raise type(error)(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise InvalidImage(
            f"{path}: this is no TIFF, PNG or DICOM; export the plane as one of them."
        ) from None
    except (MemoryError, Image.DecompressionBombError):
        raise LimitExceeded(
            f"{path}: the image is beyond the limit of {MAX_IMAGE_PIXELS // 10**6} million pixels, or of the "
            "memory; export it smaller."
        ) from None
    except Exception as error:
        # Pillow raises a wide family on hostile bytes; whichever it is, the file is the cause.
        raise InvalidImage(f"{path}: the file is damaged or truncated ({error}); export it anew.") from None


def _plane(image: Image.Image) -> GreyPlane:
    if image.mode not in ("L", "I;16", "I;16B", "I;16L", "I", "F"):
        raise InvalidImage(
            f"The pixel type is {image.mode}; a plane is grey, of 8 or 16 bits or 32-bit floating point: "
            "export one grey image a wavelength."
        )
    raw = np.asarray(image)
    # Pillow turns 8-bit levels itself.
    white_is_0 = isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0
    if white_is_0 and image.mode != "L":
        raise InvalidImage("Its level 0 is white; export it with 0 as black.")
    top = None if image.mode == "F" else 255 if image.mode == "L" else 65535
    return _reduced(_known_levels(raw, top), image.size)


def _frames(data: bytes) -> list[GreyPlane]:
    found = dicom_planes(data)
    height, width = found.levels.shape[1:]
    return [
        replace(
            _reduced(found.intercept + found.slope * _known_levels(raw, found.top), (width, height)),
            wavelength_nm=at,
            subject=found.subject,
            lossy=found.lossy,
        )
        for raw, at in zip(found.levels, found.wavelengths_nm, strict=True)
    ]


def _known_levels(raw: NDArray[Any], top: int | None) -> NDArray[np.float32]:
    """Levels as float32, nan where they are cut off at the highest one."""
    levels = raw.astype(np.float32)
    levels[~np.isfinite(levels)] = np.nan
    if top is not None:
        if top > MAX_12_BIT_LEVEL >= raw.max():
            top = MAX_12_BIT_LEVEL
        # What was cut off at the highest level is not known.
        levels[raw >= top] = np.nan
    return levels


def _reduced(levels: NDArray[np.float32], full: tuple[int, int]) -> GreyPlane:
    if full == (size := working_size(*full)):
        return GreyPlane(levels, full)
    # A mean over pixels with an unknown one is unknown.
    small = Image.fromarray(levels).resize(size, Image.Resampling.BOX)
    return GreyPlane(np.asarray(small), full)
