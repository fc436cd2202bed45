"""A mask as a picture to lay over a photograph: one colour, and nothing where the mask is empty."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

OPACITY = 140
"""Alpha, 0..255, of the marked area: the skin below stays visible at full strength of the switch."""


def overlay_png(mask_png: bytes, colour: tuple[int, int, int]) -> bytes:
    """Colour a mask.

    Args:
        mask_png: 8-bit grey, as `formats.border_png` writes it.
        colour: sRGB, 0..255.

    Returns:
        a PNG of the same size with an alpha channel.
    """
    with Image.open(io.BytesIO(mask_png), formats=("PNG",)) as picture:
        mask = np.asarray(picture.convert("L")) > 0
    drawn = np.zeros((*mask.shape, 4), np.uint8)
    drawn[mask] = (*colour, OPACITY)
    buffer = io.BytesIO()
    Image.fromarray(drawn).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
