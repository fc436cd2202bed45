"""The border as a PNG mask in the image's own size."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def border_png(mask: NDArray[np.bool_], size_px: tuple[int, int]) -> bytes:
    """Encode a lesion mask.

    Args:
        mask: (h, w) bool, at working size.
        size_px: width and height of the upright image, which the PNG gets.

    Returns:
        A PNG of 8-bit grey, 255 inside the lesion and 0 outside.
    """
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    if image.size != size_px:
        image = image.resize(size_px, Image.Resampling.BILINEAR).point(lambda level: 255 * (level >= 128))
    buffer = io.BytesIO()
    # A mask is two levels in large areas: the fastest compression already takes it to kilobytes.
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
