"""A photograph as a browser shows it: upright, sRGB, and without what the camera wrote into the file."""

from __future__ import annotations

import io

from PIL import Image

from augderm.domain.dermoscopy import Dermoscopy
from augderm.formats.raster import FORMATS

JPEG_QUALITY = 90
CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "HEIF": "image/heic",
}


def preview_jpeg(image: Dermoscopy) -> bytes:
    """The pixels at working size as a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(image.pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def content_type(data: bytes) -> str:
    """The media type of an image file that `decode_image` accepted, by its content."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        return CONTENT_TYPES[str(image.format)]
