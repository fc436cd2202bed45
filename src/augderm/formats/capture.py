"""How an image was taken: from its EXIF block, and from `NAME.capture.json` beside it."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace
from pathlib import Path

from PIL import Image

from augderm.domain.capture import CAPTURE_KEYS, MAX_DEVICE_LETTERS, Capture, is_day
from augderm.domain.errors import InvalidConfig
from augderm.formats.raster import FORMATS
from augderm.formats.sidecar import read_sidecar

SUFFIX = ".capture.json"
_MAKE, _MODEL = 0x010F, 0x0110
_EXIF_BLOCK, _TAKEN = 0x8769, 0x9003


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
    device, taken_on = _of_exif(data)
    sidecar = path.with_name(path.stem + SUFFIX) if path is not None and path.name else None
    if sidecar is None or not sidecar.is_file():
        return Capture(device=device, taken_on=taken_on) if device or taken_on else None
    found = read_sidecar(sidecar, CAPTURE_KEYS)
    try:
        capture = Capture(**found)
    except InvalidConfig as error:
        raise InvalidConfig(f"{sidecar}: {error}") from None
    return replace(capture, device=capture.device or device, taken_on=capture.taken_on or taken_on)


def _of_exif(data: bytes) -> tuple[str | None, str | None]:
    """Maker and model, and the day, of the EXIF block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                exif = image.getexif()
                words = [exif.get(tag) for tag in (_MAKE, _MODEL)]
                taken = exif.get_ifd(_EXIF_BLOCK).get(_TAKEN)
    except Exception:  # hostile headers raise anything; whether the image can be read is told elsewhere
        return None, None
    make, model = (
        "".join(filter(str.isprintable, word)).strip() if isinstance(word, str) else "" for word in words
    )
    # Many write the maker into the model too.
    device = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
    # YYYY:MM:DD HH:MM:SS; a camera whose clock was never set writes zeros.
    day = taken[:10].replace(":", "-") if isinstance(taken, str) else ""
    return device[:MAX_DEVICE_LETTERS].strip() or None, day if is_day(day) else None
