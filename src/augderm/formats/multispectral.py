"""Multispectral stacks: a folder of one grey image a wavelength, a TIFF of one page a wavelength, or DICOM.

A DICOM series (a folder of files of one patient and study, or a file of several frames) may give the
wavelengths itself; see `dicom_planes`. Else, and instead, a sidecar says which plane is which:
`wavelengths.json` in the folder, or `NAME.wavelengths.json` beside the file.

    {"planes": {"a.png": 450, "b.png": 500}, "dark": "dark", "flat": "flat"}       for a folder
    {"wavelengths_nm": [450, 500], "dark": "dark.tif", "flat": "flat.tif"}         by page or frame

`dark` and `flat` may be left out. Each names, beside the planes, one image for all planes, a file with a
page for each, or (for a folder) a sub-folder with an image of the same name for each.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig, InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_STACK_PLANES
from augderm.domain.text import visible
from augderm.formats.dicom_planes import is_dicom
from augderm.formats.grey_planes import GreyPlane, grey_planes, single_plane
from augderm.formats.raster import SUFFIXES
from augderm.formats.sidecar import read_sidecar

IN_FOLDER = "wavelengths.json"
BESIDE_TIFF = ".wavelengths.json"
DICOMDIR = "DICOMDIR"
"""The name of a list of DICOM files, which is itself one and holds no image."""
HEAD_BYTES = 132
"""What must be read of a file to see whether it is DICOM."""
OTHER_WAVELENGTHS = "The sidecar gives other wavelengths than DICOM; those of the sidecar were taken."
LOSSY = (
    "{count} planes were once compressed with loss: their levels are not quite those that were measured, and "
    "their noise is underrated."
)
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


def is_stack(path: Path) -> bool:
    """Whether a path is a stack: a folder, a DICOM file, or a TIFF with its sidecar beside it."""
    return path.is_dir() or sidecar_of(path).is_file() or _begins_as_dicom(path)


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of a stack is looked for."""
    return path / IN_FOLDER if path.is_dir() else path.with_name(path.stem + BESIDE_TIFF)


def read_stack(path: Path, sidecar: Path | None = None) -> Stack:
    """Decode a stack with its dark and flat.

    Args:
        path: the folder or the file.
        sidecar: the JSON file; `sidecar_of` where None, and where there is none the wavelengths of the DICOM
            files.

    Raises:
        InvalidConfig: the sidecar is missing or wrong, or names another number of planes.
        InvalidImage: a plane is missing, no grey image, or of another size, patient or study than the first.
        LimitExceeded: a file, a side or the number of planes is beyond `domain.limits`.
    """
    in_folder = path.is_dir()
    given, sidecar = sidecar, sidecar or sidecar_of(path)
    if given is None and not sidecar.exists():
        if files := _dicom_files(path):
            return _dicom_series(path, files)
        form = '{"planes": {"a.png": 450, ...}}' if in_folder else '{"wavelengths_nm": [450, ...]}'
        raise InvalidConfig(f"{sidecar} is missing: it gives each plane its wavelength; write it as {form}")
    found = read_sidecar(sidecar, KEYS)
    needed, other = ("planes", "wavelengths_nm") if in_folder else ("wavelengths_nm", "planes")
    if needed not in found or other in found:
        kind = "a folder" if in_folder else "a TIFF or DICOM file"
        raise InvalidConfig(f'{sidecar}: for {kind} the key "{needed}" is needed, and not "{other}"')
    names, wavelengths = _named_wavelengths(sidecar, found[needed])
    digest = hashlib.sha256()
    notes: tuple[str, ...] = ()
    if in_folder:
        planes = [single_plane(path / _plain(sidecar, name), digest) for name in names]
        notes = _unnamed(path, {*names, *(str(found.get(key)) for key in ("dark", "flat"))})
    else:
        planes = grey_planes(path, digest)
        if len(planes) != len(wavelengths):
            raise InvalidConfig(
                f"{sidecar} names {len(wavelengths)} wavelengths and {path} holds {len(planes)} pages; give "
                "one wavelength a page, in their order"
            )
    size = planes[0].size
    beside = path if in_folder else path.parent

    def reference(key: str) -> Sequence[GreyPlane] | None:
        if found.get(key) is None:
            return None
        taken = _reference(beside / _plain(sidecar, found[key]), names if in_folder else (), len(planes))
        _same_size([key] * len(taken), taken, size)
        return taken if len(taken) > 1 else taken * len(planes)

    if any(plane.wavelength_nm not in (None, at) for plane, at in zip(planes, wavelengths, strict=True)):
        notes += (OTHER_WAVELENGTHS,)
    return _stack(
        [str(name) for name in names],
        planes,
        wavelengths,
        dark=reference("dark"),
        flat=reference("flat"),
        sha256=digest.hexdigest(),
        notes=notes,
    )


def _stack(
    names: Sequence[str],
    planes: Sequence[GreyPlane],
    wavelengths: Sequence[float],
    *,
    dark: Sequence[GreyPlane] | None,
    flat: Sequence[GreyPlane] | None,
    sha256: str,
    notes: tuple[str, ...],
) -> Stack:
    """The planes by rising wavelength, if they belong together."""
    width, height = planes[0].size
    _same_size(names, planes, planes[0].size)
    for name, plane in zip(names, planes, strict=True):
        if plane.subject != planes[0].subject:
            raise InvalidImage(
                f"{visible(names[0])} and {visible(name)} are not of the same patient and study; give the "
                "planes of one lesion, taken in one visit."
            )
    order = np.argsort(wavelengths)

    def rising(taken: Sequence[GreyPlane] | None) -> NDArray[np.float32] | None:
        return None if taken is None else np.stack([taken[index].levels for index in order])

    if count := sum(plane.lossy for plane in planes):
        notes += (LOSSY.format(count=count),)
    return Stack(
        planes=np.stack([planes[index].levels for index in order]),
        wavelengths_nm=tuple(wavelengths[index] for index in order),
        dark=rising(dark),
        flat=rising(flat),
        width_px=width,
        height_px=height,
        sha256=sha256,
        notes=notes,
    )


def _dicom_series(path: Path, files: Sequence[Path]) -> Stack:
    """A stack whose files give the wavelengths."""
    digest = hashlib.sha256()
    names: list[str] = []
    planes: list[GreyPlane] = []
    for file in files:
        pages = grey_planes(file, digest)
        several = len(pages) > 1
        names += [f"{file.name}, frame {at}" if several else file.name for at in range(1, len(pages) + 1)]
        planes += pages
        if len(planes) > MAX_STACK_PLANES:
            raise LimitExceeded(
                f"{path} holds more than {MAX_STACK_PLANES} frames, the limit; leave some out"
            )
    unknown = [name for name, plane in zip(names, planes, strict=True) if plane.wavelength_nm is None]
    if unknown:
        raise InvalidConfig(
            f"{path}: the wavelength of {visible(unknown[0])} is not in the file (Illumination Wave Length, "
            f"0022,0055, of its optical path); write {sidecar_of(path)} with the wavelength of each plane"
        )
    wavelengths = _checked_wavelengths(path, names, [plane.wavelength_nm for plane in planes])
    notes = _unnamed(path, {file.name for file in files}) if path.is_dir() else ()
    return _stack(names, planes, wavelengths, dark=None, flat=None, sha256=digest.hexdigest(), notes=notes)


def _dicom_files(path: Path) -> list[Path]:
    """The DICOM files of a folder, by name, or the one that is given."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in files if file.name != DICOMDIR and _begins_as_dicom(file)]


def _begins_as_dicom(path: Path) -> bool:
    try:
        # A pipe or a device is not opened: it could wait for ever.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_dicom(file.read(HEAD_BYTES))
    except (OSError, ValueError):
        return False


def _named_wavelengths(sidecar: Path, found: Any) -> tuple[list[str], list[float]]:
    """Names (page numbers for a TIFF) and wavelengths, in the sidecar's order."""
    if isinstance(found, dict) and found:
        names, values = list(found), list(found.values())
    elif isinstance(found, list) and found:
        names, values = [f"page {number}" for number in range(1, len(found) + 1)], found
    else:
        raise InvalidConfig(f"{sidecar} names no planes; give each plane its wavelength in nanometres")
    return names, _checked_wavelengths(sidecar, names, values)


def _checked_wavelengths(source: Path, names: Sequence[str], values: Sequence[Any]) -> list[float]:
    """Numbers, as many as there may be, no two alike."""
    if len(values) > MAX_STACK_PLANES:
        raise LimitExceeded(
            f"{source} names {len(values)} planes, the limit is {MAX_STACK_PLANES}; leave some out"
        )
    first: dict[float, str] = {}
    for name, value in zip(names, values, strict=True):
        known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not known:
            raise InvalidConfig(f"{source}: the wavelength of {visible(name)} is {value!r}; give nanometres")
        if value in first:
            raise InvalidConfig(
                f"{source}: {visible(first[value])} and {visible(name)} are both at {value:g} nm; leave one "
                "out, or correct its wavelength"
            )
        first[value] = name
    return [float(value) for value in values]


def _plain(sidecar: Path, name: Any) -> str:
    """A name beside the planes, and of nothing elsewhere."""
    if not isinstance(name, str) or name in ("", ".", "..") or set(name) & set("/\\\0"):
        raise InvalidConfig(
            f"{sidecar} names {visible(str(name))!r}; give the plain name of a file that lies with the planes"
        )
    return name


def _unnamed(folder: Path, named: set[str]) -> tuple[str, ...]:
    left = [
        file
        for file in folder.iterdir()
        if file.name not in {*named, DICOMDIR} and (file.suffix.lower() in SUFFIXES or _begins_as_dicom(file))
    ]
    if not left:
        return ()
    return (f"{len(left)} images in the folder are not among the planes, and were left out.",)


def _reference(path: Path, names: Sequence[str], count: int) -> list[GreyPlane]:
    if path.is_dir():
        if not names:
            raise InvalidConfig(
                f"{path} is a folder; beside a TIFF give one image, or a TIFF with a page a plane"
            )
        return [single_plane(path / name) for name in names]
    planes = grey_planes(path)
    if len(planes) not in (1, count):
        raise InvalidConfig(f"{path} holds {len(planes)} pages; give one for all planes, or {count}")
    return planes


def _same_size(names: Sequence[str], planes: Sequence[GreyPlane], size: tuple[int, int]) -> None:
    for name, plane in zip(names, planes, strict=True):
        if plane.size != size:
            raise InvalidImage(
                f"{visible(name)} is {plane.size[0]} x {plane.size[1]} pixels, the first plane is "
                f"{size[0]} x {size[1]}; give planes of one camera, not cropped."
            )
