"""Grey planes of a DICOM file: one frame or several, each with its wavelength where the file gives it.

The wavelength is Illumination Wave Length (0022,0055) of that item of the Optical Path Sequence (0048,0105)
which belongs to the frame (PS3.3, Optical Path Module). Only uncompressed pixels are read: nothing can swell
while it is decoded, and the header is bounded before it is parsed. No error carries a value of the file's
attributes, since these may be a patient's.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from augderm.domain.errors import AugDermError, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_DICOM_HEADER_BYTES, MAX_STACK_PLANES
from augderm.domain.text import visible
from augderm.formats.raster import check_size

MAGIC_AT = 128
MAGIC = b"DICM"
UNCOMPRESSED = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
PIXEL_DATA = Tag(0x7FE0, 0x0010)
UNKNOWN_LENGTH = 0xFFFFFFFF
WANTED = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "IssuerOfPatientID",
    "StudyInstanceUID",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "LossyImageCompression",
    "OpticalPathSequence",
    "PerFrameFunctionalGroupsSequence",
)


@dataclass(frozen=True, slots=True, eq=False)
class DicomPlanes:
    """What a file holds.

    Attributes:
        levels: (frames, rows, columns) uint8 or uint16, as stored.
        top: the highest level that the stored bits can hold.
        slope, intercept: of the rescale to linear levels.
        wavelengths_nm: of each frame; None where the file does not say.
        subject: what must be the same in all files of a stack: patient and study. Never to be shown.
        lossy: whether the pixels were once compressed with loss.
    """

    levels: NDArray[np.unsignedinteger]
    top: int
    slope: float
    intercept: float
    wavelengths_nm: tuple[float | None, ...]
    subject: tuple[str, ...] = field(repr=False)
    lossy: bool


def is_dicom(data: bytes) -> bool:
    """Whether the first bytes of a file are those of a DICOM file."""
    return data[MAGIC_AT : MAGIC_AT + len(MAGIC)] == MAGIC


def dicom_planes(data: bytes) -> DicomPlanes:
    """Read the planes of a file.

    Args:
        data: all its bytes.

    Raises:
        InvalidImage: an attribute is missing or of no use here, the pixels are compressed, coloured or cut
            off.
        LimitExceeded: a side, the number of frames or the header is beyond `domain.limits`.
    """
    with _without_values():
        header, start, length = _header(data)
        width, height, frames = _number(header, "Columns"), _number(header, "Rows"), _frames(header)
        check_size(width, height)
        dtype, top = _level_type(header)
        needed = frames * height * width * dtype.itemsize
        if length == UNKNOWN_LENGTH or length < needed or start + needed > len(data):
            raise InvalidImage(
                f"The pixel data are cut off: {frames} frames of {width} x {height} pixels take {needed} "
                "bytes; copy or export the file anew."
            )
        stored = np.frombuffer(data, dtype, frames * height * width, start).reshape(frames, height, width)
        slope, intercept = (
            float(header.get(key, other)) for key, other in (("RescaleSlope", 1), ("RescaleIntercept", 0))
        )
        if not (math.isfinite(intercept) and math.isfinite(slope) and slope > 0):
            raise InvalidImage("Rescale Slope or Intercept is no usable number; export without a rescale.")
        return DicomPlanes(
            # What lies above the stored bits is an old kind of overlay.
            levels=stored & dtype.type(top),
            top=top,
            slope=slope,
            intercept=intercept,
            wavelengths_nm=_wavelengths(header, frames),
            subject=_subject(header),
            lossy=str(header.get("LossyImageCompression", "")) == "01",
        )


@contextmanager
def _without_values() -> Iterator[None]:
    """Errors in our own words: those of the parser may quote what stands in the file."""
    try:
        yield
    except (AugDermError, MemoryError):
        raise
    except Exception:
        raise InvalidImage("The DICOM file is damaged or truncated; export it anew.") from None


def _header(data: bytes) -> tuple[Dataset, int, int]:
    """The wanted attributes, and where the pixel data begin and how long they say they are."""
    file = io.BytesIO(data[:MAX_DICOM_HEADER_BYTES])
    file.seek(MAGIC_AT + len(MAGIC))
    meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2)
    if "TransferSyntaxUID" not in meta:
        raise _missing("TransferSyntaxUID")
    syntax = UID(str(meta.TransferSyntaxUID))
    if syntax not in UNCOMPRESSED:
        raise InvalidImage(
            f"The transfer syntax is {visible(syntax.name)[:80]}; compressed pixels are not read: export as "
            "Explicit VR Little Endian."
        )
    pixels: list[tuple[int, int]] = []

    def at_pixels(tag: BaseTag, _: str | None, length: int) -> bool:
        if tag == PIXEL_DATA:
            pixels.append((file.tell(), length))
        return bool(tag >= PIXEL_DATA)

    wanted: list[BaseTag | int] = [Tag(name) for name in WANTED]
    implicit = syntax == ImplicitVRLittleEndian
    header = read_dataset(file, implicit, True, stop_when=at_pixels, specific_tags=wanted)
    if not pixels:
        if len(data) > MAX_DICOM_HEADER_BYTES:
            raise LimitExceeded(
                f"The attributes before the pixels take more than {MAX_DICOM_HEADER_BYTES // 2**20} MB, the "
                "limit; export without private attributes."
            )
        raise InvalidImage("There are no pixel data; give an image, and copy the file anew if it is one.")
    return header, *pixels[0]


def _missing(name: str) -> InvalidImage:
    tag = Tag(name)
    return InvalidImage(
        f"The attribute {name} ({tag.group:04X},{tag.element:04X}) is missing; export the file anew."
    )


def _number(header: Dataset, name: str) -> int:
    value = header.get(name)
    if value is None:
        raise _missing(name)
    return int(value)


def _frames(header: Dataset) -> int:
    frames = int(header.get("NumberOfFrames") or 1)
    if frames < 1:
        raise InvalidImage(f"The number of frames is {frames}; export the file anew.")
    if frames > MAX_STACK_PLANES:
        raise LimitExceeded(f"It holds {frames} frames, the limit is {MAX_STACK_PLANES}; leave some out.")
    return frames


def _level_type(header: Dataset) -> tuple[np.dtype[Any], int]:
    samples = _number(header, "SamplesPerPixel")
    photometric = str(header.get("PhotometricInterpretation", ""))
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise InvalidImage(f"It has {samples} samples a pixel and is no grey image; a plane is grey.")
    if photometric == "MONOCHROME1":
        raise InvalidImage("Its level 0 is white (MONOCHROME1); export it with 0 as black.")
    if header.get("ModalityLUTSequence"):
        raise InvalidImage("Its levels go through a Modality LUT; export levels that are linear in light.")
    allocated, stored = _number(header, "BitsAllocated"), _number(header, "BitsStored")
    if allocated not in (8, 16) or not 1 < stored <= allocated:
        raise InvalidImage(f"It has {stored} of {allocated} bits a level; export 8 or 16 bits.")
    if int(header.get("HighBit", stored - 1)) != stored - 1 or _number(header, "PixelRepresentation") != 0:
        raise InvalidImage("Its levels are signed or do not begin at bit 0; export unsigned levels.")
    return np.dtype("<u2" if allocated == 16 else "u1"), 2**stored - 1


def _wavelengths(header: Dataset, frames: int) -> tuple[float | None, ...]:
    """Of each frame, by the optical path that it names; the only path there is belongs to all frames."""
    paths = header.get("OpticalPathSequence") or []
    by_name = {str(path.get("OpticalPathIdentifier", "")): _nanometres(path) for path in paths}
    if len(paths) == 1:
        return tuple(by_name.values()) * frames
    groups = header.get("PerFrameFunctionalGroupsSequence") or []
    if len(groups) == frames and len(by_name) == len(paths):
        return tuple(by_name.get(_path_named(group)) for group in groups)
    return (None,) * frames


def _path_named(group: Dataset) -> str:
    items = group.get("OpticalPathIdentificationSequence") or []
    return str(items[0].get("OpticalPathIdentifier", "")) if len(items) == 1 else ""


def _nanometres(path: Dataset) -> float | None:
    value = path.get("IlluminationWaveLength")
    # FL holds 32 bits: 0.1 nm is more than any filter keeps.
    return None if value is None else round(float(value), 1)


def _subject(header: Dataset) -> tuple[str, ...]:
    keys = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID")
    return tuple(str(header.get(key) or "") for key in keys)
