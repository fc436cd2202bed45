"""Thumbnails: small WebP pictures of known cases."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE_PX = 192
"""Long side: enough to recognise a lesion, and about 5 KB."""
QUALITY = 75


def thumbnail_of(pixels: NDArray[np.uint8]) -> bytes:
    """A small WebP of an image (h, w, 3) uint8 sRGB."""
    return _webp(Image.fromarray(pixels))


def thumbnail_of_preview(preview: bytes) -> bytes:
    """A small WebP of a JPEG that `preview_jpeg` made; pixels alone, whatever else the file holds."""
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as image:
        # The decoder skips what would be averaged away.
        image.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))
        return _webp(Image.frombytes("RGB", image.size, image.convert("RGB").tobytes()))


def _webp(image: Image.Image) -> bytes:
    image.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY)
    return buffer.getvalue()
