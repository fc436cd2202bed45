"""Thin dark lines: how much darker a pixel is than both its sides, in four directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEPS: tuple[tuple[int, int], ...] = ((0, 1), (1, 1), (1, 0), (1, -1))
"""Rows and columns of one step across a line: across upright lines, falling, level and rising ones.
Each is at right angles to the one two places on."""


def valley_depths(level: NDArray[np.uint8], reach: int) -> list[NDArray[np.uint8]]:
    """How far each pixel lies below the lower of the two at `reach` on either side of it.

    The lower of both sides: an edge, dark on one side, is no valley. Integers of one byte throughout,
    which is what makes it quick.

    Args:
        level: (h, w) uint8; the negative of an image gives its light lines.
        reach: pixels to either side, >= 1; lines of up to about 2 reach - 1 pixels are found. Diagonal
            steps are shortened to about the same distance.

    Returns:
        a (h, w) uint8 for each of `STEPS`, 0 within `reach` of the frame.
    """
    height, width = level.shape
    depths = []
    for down, right in STEPS:
        far = max(1, round(reach / np.hypot(down, right)))
        rows, columns = far * down, far * right
        depth = np.zeros_like(level)
        margin_x = abs(columns)
        if height > 2 * rows and width > 2 * margin_x:
            inner = (slice(rows, height - rows), slice(margin_x, width - margin_x))
            one = level[: height - 2 * rows, margin_x - columns : width - margin_x - columns]
            other = level[2 * rows :, margin_x + columns : width - margin_x + columns]
            lower, here = np.minimum(one, other), level[inner]
            np.subtract(lower, np.minimum(lower, here), out=depth[inner])
        depths.append(depth)
    return depths
