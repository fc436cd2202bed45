"""How an image was taken: from its EXIF block, and from `NAME.capture.json` beside it."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path

from PIL import Image

from augderm.domain.capture import CAPTURE_KEYS, MAX_DEVICE_LETTERS, Capture
from augderm.domain.errors import InvalidConfig
from augderm.formats.raster import FORMATS
from augderm.formats.sidecar import read_sidecar

SUFFIX = ".capture.json"
_MAKE, _MODEL = 0x010F, 0x0110


def capture_of(data: bytes, path: Path | None = None) -> Capture | None:
    """What is known of how an image was taken; the sidecar's word counts before the file's.

    Args:
        data: the image file's bytes.
        path: where it lies; its sidecar is looked for beside it. None where it has no path.

    Returns:
        None where nothing is known.

    Raises:
        InvalidConfig, LimitExceeded: the sidecar is wrong; the message names it.
    """
    device = _device(data)
    sidecar = path.with_name(path.stem + SUFFIX) if path is not None and path.name else None
    if sidecar is None or not sidecar.is_file():
        return Capture(device=device) if device else None
    found = read_sidecar(sidecar, CAPTURE_KEYS)
    try:
        capture = Capture(**found)
    except InvalidConfig as error:
        raise InvalidConfig(f"{sidecar}: {error}") from None
    return replace(capture, device=device) if capture.device is None and device else capture


def _device(data: bytes) -> str | None:
    """Maker and model of the EXIF block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                exif = image.getexif()
                words = [exif.get(tag) for tag in (_MAKE, _MODEL)]
    except Exception:  # hostile headers raise anything; whether the image can be read is told elsewhere
        return None
    make, model = (
        "".join(filter(str.isprintable, word)).strip() if isinstance(word, str) else "" for word in words
    )
    # Many write the maker into the model too.
    device = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    return device[:MAX_DEVICE_LETTERS].strip() or None
