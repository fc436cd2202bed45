"""An uploaded file to what the clinic keeps of it. Pure, so that it can run in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from augderm.domain.errors import InvalidImage
from augderm.formats.capture import capture_of
from augderm.formats.preview import content_type, preview_jpeg
from augderm.formats.raster import decode_image
from augderm.formats.signature import also_is


@dataclass(frozen=True, slots=True)
class Prepared:
    """Facts of a photograph.

    Attributes:
        preview: a JPEG; see `formats.preview`.
        content_type: by the content.
        width_px, height_px: upright, unreduced.
        capture: the keys of `domain.capture.Capture`; None where nothing is known.
    """

    preview: bytes
    content_type: str
    width_px: int
    height_px: int
    capture: dict[str, Any] | None


Prepare = Callable[[bytes], Prepared]


def prepare(data: bytes) -> Prepared:
    """Decode a photograph and make its preview.

    Raises:
        InvalidImage, LimitExceeded: as `decode_image`; or it is a document or an archive as well.
    """
    if (other := also_is(data)) is not None:
        raise InvalidImage(
            f"This file can be opened as a photograph and as {other} too, which no camera writes; open it in "
            "an image program, export it as JPEG or PNG, and send that."
        )
    decoded = decode_image(data)
    capture = capture_of(data)
    return Prepared(
        preview_jpeg(decoded),
        content_type(data),
        decoded.width_px,
        decoded.height_px,
        asdict(capture) if capture else None,
    )
