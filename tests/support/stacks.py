"""Multispectral stacks as files."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.phantom import StackPhantom

LEVELS = 60_000
"""Level of a reflectance of 1 in 16 bits."""


def sixteen_bit(plane: NDArray[np.float32]) -> Image.Image:
    """A plane in 0..1 as a 16-bit grey image."""
    return Image.fromarray(np.round(plane * LEVELS).astype(np.uint16))


def tiff(planes: Sequence[Image.Image]) -> bytes:
    """The bytes of a TIFF of one page a plane."""
    file = io.BytesIO()
    planes[0].save(file, "TIFF", save_all=True, append_images=planes[1:])
    return file.getvalue()


def write_tiff(folder: Path, phantom: StackPhantom, wavelengths: Sequence[float], **more: Any) -> Path:
    """stack.tif with dark.tif, flat.tif and its sidecar."""
    for name, planes in (("stack", phantom.planes), ("dark", phantom.dark), ("flat", phantom.flat)):
        (folder / f"{name}.tif").write_bytes(tiff([sixteen_bit(plane) for plane in planes]))
    sidecar = {"wavelengths_nm": list(wavelengths), "dark": "dark.tif", "flat": "flat.tif", **more}
    (folder / "stack.wavelengths.json").write_text(json.dumps(sidecar))
    return folder / "stack.tif"


def write_folder(folder: Path, phantom: StackPhantom, wavelengths: Sequence[float], **more: Any) -> Path:
    """A folder of one PNG a plane, sub-folders dark and flat, and its sidecar."""
    for place, planes in ((".", phantom.planes), ("dark", phantom.dark), ("flat", phantom.flat)):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for at, plane in zip(wavelengths, planes, strict=True):
            sixteen_bit(plane).save(folder / place / f"{at:g}.png")
    named = {f"{at:g}.png": at for at in wavelengths}
    sidecar = {"planes": named, "dark": "dark", "flat": "flat", **more}
    (folder / "wavelengths.json").write_text(json.dumps(sidecar))
    return folder
