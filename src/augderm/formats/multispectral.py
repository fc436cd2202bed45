"""Multispectral stacks: a folder of one grey image a wavelength, or a TIFF of one page a wavelength.

A sidecar says which plane is which: `wavelengths.json` in the folder, or `NAME.wavelengths.json` beside
the TIFF.

    {"planes": {"a.png": 450, "b.png": 500}, "dark": "dark", "flat": "flat"}       for a folder
    {"wavelengths_nm": [450, 500], "dark": "dark.tif", "flat": "flat.tif"}         for a TIFF, page by page

`dark` and `flat` may be left out. Each names, beside the planes, one image for all planes, a TIFF with a
page for each, or (for a folder) a sub-folder with an image of the same name for each.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from augderm.domain.errors import AugDermError, InvalidConfig, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_IMAGE_PIXELS, MAX_STACK_PLANES
from augderm.domain.text import visible
from augderm.formats.raster import MAX_12_BIT_LEVEL, SUFFIXES, check_size, read_file, working_size
from augderm.formats.sidecar import read_sidecar

FORMATS = ("TIFF", "PNG")
"""Formats that keep levels as they were measured; JPEG and its like store them curved and coarsened."""
IN_FOLDER = "wavelengths.json"
BESIDE_TIFF = ".wavelengths.json"
KEYS = ("planes", "wavelengths_nm", "dark", "flat")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A decoded stack, its planes by rising wavelength.

    Attributes:
        planes: (n, h, w) float32 linear levels at working size; nan where a pixel was saturated.
        wavelengths_nm: of each plane.
        dark, flat: (n, h, w) float32, or None where not given.
        width_px, height_px: of the planes before they were reduced.
        sha256: of the SHA-256 of all planes' files in the order of the sidecar, as text.
        notes: what decoding had to do or leave, each a sentence for a person.
    """

    planes: NDArray[np.float32]
    wavelengths_nm: tuple[float, ...]
    dark: NDArray[np.float32] | None
    flat: NDArray[np.float32] | None
    width_px: int
    height_px: int
    sha256: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    levels: NDArray[np.float32]
    size: tuple[int, int]
    """Width and height before reducing."""


def is_stack(path: Path) -> bool:
    """Whether a path is a stack: a folder, or a TIFF with its sidecar beside it."""
    return path.is_dir() or sidecar_of(path).is_file()


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of a stack is looked for."""
    return path / IN_FOLDER if path.is_dir() else path.with_name(path.stem + BESIDE_TIFF)


def read_stack(path: Path, sidecar: Path | None = None) -> Stack:
    """Decode a stack with its dark and flat.

    Args:
        path: the folder or the TIFF.
        sidecar: the JSON file; `sidecar_of` where None.

    Raises:
        InvalidConfig: the sidecar is missing or wrong, or names another number of planes.
        InvalidImage: a plane is missing, no grey image, or of another size than the first.
        LimitExceeded: a file, a side or the number of planes is beyond `domain.limits`.
    """
    in_folder = path.is_dir()
    given, sidecar = sidecar, sidecar or sidecar_of(path)
    if given is None and not sidecar.exists():
        form = '{"planes": {"a.png": 450, ...}}' if in_folder else '{"wavelengths_nm": [450, ...]}'
        raise InvalidConfig(f"{sidecar} is missing: it gives each plane its wavelength; write it as {form}")
    found = read_sidecar(sidecar, KEYS)
    needed, other = ("planes", "wavelengths_nm") if in_folder else ("wavelengths_nm", "planes")
    if needed not in found or other in found:
        kind = "a folder" if in_folder else "a TIFF"
        raise InvalidConfig(f'{sidecar}: for {kind} the key "{needed}" is needed, and not "{other}"')
    names, wavelengths = _named_wavelengths(sidecar, found[needed])
    digest = hashlib.sha256()
    notes: tuple[str, ...] = ()
    if in_folder:
        planes = [_single(path / _plain(sidecar, name), digest) for name in names]
        notes = _unnamed(path, {*names, *(str(found.get(key)) for key in ("dark", "flat"))})
    else:
        planes = _pages(path, digest)
        if len(planes) != len(wavelengths):
            raise InvalidConfig(
                f"{sidecar} names {len(wavelengths)} wavelengths and {path} holds {len(planes)} pages; give "
                "one wavelength a page, in their order"
            )
    size = planes[0].size
    _same_size([str(name) for name in names], planes, size)
    order = np.argsort(wavelengths)
    beside = path if in_folder else path.parent

    def reference(key: str) -> NDArray[np.float32] | None:
        if found.get(key) is None:
            return None
        taken = _reference(beside / _plain(sidecar, found[key]), names if in_folder else (), len(planes))
        _same_size([key] * len(taken), taken, size)
        levels = [plane.levels for plane in (taken if len(taken) > 1 else taken * len(planes))]
        return np.stack([levels[index] for index in order])

    return Stack(
        planes=np.stack([planes[index].levels for index in order]),
        wavelengths_nm=tuple(wavelengths[index] for index in order),
        dark=reference("dark"),
        flat=reference("flat"),
        width_px=size[0],
        height_px=size[1],
        sha256=digest.hexdigest(),
        notes=notes,
    )


def _named_wavelengths(sidecar: Path, found: Any) -> tuple[list[str], list[float]]:
    """Names (page numbers for a TIFF) and wavelengths, in the sidecar's order."""
    if isinstance(found, dict) and found:
        names, values = list(found), list(found.values())
    elif isinstance(found, list) and found:
        names, values = [f"page {number}" for number in range(1, len(found) + 1)], found
    else:
        raise InvalidConfig(f"{sidecar} names no planes; give each plane its wavelength in nanometres")
    if len(values) > MAX_STACK_PLANES:
        raise LimitExceeded(
            f"{sidecar} names {len(values)} planes, the limit is {MAX_STACK_PLANES}; leave some out"
        )
    first: dict[float, str] = {}
    for name, value in zip(names, values, strict=True):
        known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not known:
            raise InvalidConfig(f"{sidecar}: the wavelength of {visible(name)} is {value!r}; give nanometres")
        if value in first:
            raise InvalidConfig(
                f"{sidecar}: {visible(first[value])} and {visible(name)} are both at {value:g} nm; leave one "
                "out, or correct its wavelength"
            )
        first[value] = name
    return names, [float(value) for value in values]


def _plain(sidecar: Path, name: Any) -> str:
    """A name beside the planes, and of nothing elsewhere."""
    if not isinstance(name, str) or name in ("", ".", "..") or set(name) & set("/\\\0"):
        raise InvalidConfig(
            f"{sidecar} names {visible(str(name))!r}; give the plain name of a file that lies with the planes"
        )
    return name


def _unnamed(folder: Path, named: set[str]) -> tuple[str, ...]:
    left = sorted(
        file.name for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.name not in named
    )
    if not left:
        return ()
    return (f"{len(left)} images in the folder are not named in the sidecar, and were left out.",)


def _reference(path: Path, names: Sequence[str], count: int) -> list[_Plane]:
    if path.is_dir():
        if not names:
            raise InvalidConfig(
                f"{path} is a folder; beside a TIFF give one image, or a TIFF with a page a plane"
            )
        return [_single(path / name) for name in names]
    planes = _pages(path)
    if len(planes) not in (1, count):
        raise InvalidConfig(f"{path} holds {len(planes)} pages; give one for all planes, or {count}")
    return planes


def _same_size(names: Sequence[str], planes: Sequence[_Plane], size: tuple[int, int]) -> None:
    for name, plane in zip(names, planes, strict=True):
        if plane.size != size:
            raise InvalidImage(
                f"{visible(name)} is {plane.size[0]} x {plane.size[1]} pixels, the first plane is "
                f"{size[0]} x {size[1]}; give planes of one camera, not cropped."
            )


def _single(path: Path, digest: Any = None) -> _Plane:
    planes = _pages(path, digest)
    if len(planes) > 1:
        raise InvalidImage(f"{path}: it holds {len(planes)} pages, one is needed; export a single plane.")
    return planes[0]


def _pages(path: Path, digest: Any = None) -> list[_Plane]:
    """All pages of a grey image, bounded before anything is decoded."""
    with _named(path):
        data = read_file(path)
        if digest is not None:
            digest.update(hashlib.sha256(data).hexdigest().encode())
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            planes: list[_Plane] = []
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
        raise InvalidImage(f"{path}: this is no TIFF or PNG; export the plane as one of them.") from None
    except (MemoryError, Image.DecompressionBombError):
        raise LimitExceeded(
            f"{path}: the image is beyond the limit of {MAX_IMAGE_PIXELS // 10**6} million pixels, or of the "
            "memory; export it smaller."
        ) from None
    except Exception as error:
        # Pillow raises a wide family on hostile bytes; whichever it is, the file is the cause.
        raise InvalidImage(f"{path}: the file is damaged or truncated ({error}); export it anew.") from None


def _plane(image: Image.Image) -> _Plane:
    if image.mode not in ("L", "I;16", "I;16B", "I;16L", "I", "F"):
        raise InvalidImage(
            f"The pixel type is {image.mode}; a plane is grey, of 8 or 16 bits or 32-bit floating point: "
            "export one grey image a wavelength."
        )
    raw = np.asarray(image)
    levels = raw.astype(np.float32)
    levels[~np.isfinite(levels)] = np.nan
    # Pillow turns 8-bit levels itself.
    white_is_0 = isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0
    if white_is_0 and image.mode != "L":
        raise InvalidImage("Its level 0 is white; export it with 0 as black.")
    if image.mode != "F":
        top = 255 if image.mode == "L" else 65535
        if top > MAX_12_BIT_LEVEL >= raw.max():
            top = MAX_12_BIT_LEVEL
        # What was cut off at the highest level is not known.
        levels[raw >= top] = np.nan
    if image.size == (size := working_size(*image.size)):
        return _Plane(levels, image.size)
    # A mean over pixels with an unknown one is unknown.
    small = Image.fromarray(levels).resize(size, Image.Resampling.BOX)
    return _Plane(np.asarray(small), image.size)
