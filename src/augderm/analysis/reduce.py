"""Images at the size at which they are measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def reduce_to(pixels: NDArray[np.uint8], longest_px: int) -> tuple[NDArray[np.uint8], float]:
    """Reduce an image to at most `longest_px` on its long side, never enlarge it.

    Args:
        pixels: (h, w, 3) uint8.
        longest_px: the wanted long side.

    Returns:
        the pixels, and their size over the given one, <= 1.
    """
    height, width = pixels.shape[:2]
    factor = longest_px / max(height, width)
    if factor >= 1:
        return pixels, 1.0
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)), factor
