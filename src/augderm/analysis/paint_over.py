"""Painting over what hides the skin, for an eye that would be misled by it. Never for what is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

REACH_PX = 4
"""Half-width of the mean that is painted: wider than hair, which is 1 to 5 pixels wide where it is masked."""


def paint_over(pixels: NDArray[np.uint8], hidden: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Paint what is hidden with the mean of what is seen around it.

    Normalised convolution (Knutsson and Westin, CVPR 1993) with a triangular window: smooth, without the
    texture of the skin, and blind where nothing is seen as far as the window reaches. There the pixels stay.

    Args:
        pixels: (h, w, 3) uint8, about 300 to 400 pixels on a side.
        hidden: (h, w) bool.

    Returns:
        (h, w, 3) uint8, a copy; equal to `pixels` wherever nothing is hidden.

    Raises:
        ValueError: the two differ in size.
    """
    if hidden.shape != pixels.shape[:2]:
        raise ValueError(f"pixels of {pixels.shape[:2]} and a mask of {hidden.shape}; give the same size")
    painted = pixels.copy()
    if not hidden.any():
        return painted
    seen = (~hidden).astype(np.float32)
    weight = _around(seen)[hidden]
    blind = weight < 1e-4
    for channel in range(pixels.shape[2]):
        mean = _around(pixels[..., channel] * seen)[hidden] / np.maximum(weight, 1e-4)
        own = pixels[..., channel][hidden]
        painted[..., channel][hidden] = np.where(blind, own, np.round(np.clip(mean, 0, 255)))
    return painted


def _around(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean around each pixel; a box twice is a triangle."""
    side = 2 * REACH_PX + 1
    box: NDArray[np.float32] = ndimage.uniform_filter(plane, side, mode="nearest")
    twice: NDArray[np.float32] = ndimage.uniform_filter(box, side, mode="nearest")
    return twice
