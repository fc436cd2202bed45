"""Sharpness of the border, eighth by eighth: does pigment end abruptly or fade out?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import BorderEighth

NARROW, WIDE = 0.02, 0.10
"""Half-widths of the two bands across the border, as shares of the lesion's mean diameter. A step
is crossed within the narrow band (sharpness 1); a ramp over the wide band gives 0.2."""
MIN_CONTRAST_L = 3.0
"""Least difference in L* across the wide band; below it there is no edge whose sharpness could be
named."""
POINTS = 256
"""Points on the outline, evenly spaced along it."""
ABRUPT_FROM = 0.6
"""Sharpness from which an eighth of the border ends abruptly: our own limit, a ramp over 7 % of the
lesion's diameter."""


def ends_abruptly(eighth: BorderEighth) -> bool:
    """Whether pigment is cut off there: a sharp step from darker lesion to skin."""
    return (eighth.contrast or 0) > 0 and (eighth.sharpness or 0) >= ABRUPT_FROM


def border_eighths(
    lightness: NDArray[np.float32],
    outline: NDArray[np.float64],
    area: float,
    hidden: NDArray[np.bool_] | None = None,
) -> tuple[BorderEighth, ...]:
    """Contrast and sharpness of each eighth, clockwise from the right (image y runs down).

    Args:
        lightness: (h, w) L*, 0..100.
        outline: (n, 2) closed, x and y in pixels of `lightness`.
        area: the lesion's area in square pixels, for the mean diameter.
        hidden: (h, w) bool, what lies over the skin: points there count as not seen.
    """
    height, width = lightness.shape
    diameter = 2 * np.sqrt(area / np.pi)
    # Imported here: a server knows the rules, for their limits, and measures nothing.
    from scipy import ndimage

    points, outward = _resampled(outline)
    narrow, wide = max(1.0, NARROW * diameter), max(5.0, WIDE * diameter)

    def levels(distance: float) -> NDArray[np.float64]:
        x, y = (points + outward * distance).T
        seen = (x >= 0) & (y >= 0) & (x <= width) & (y <= height)
        if hidden is not None:
            row, column = np.clip(y.astype(int), 0, height - 1), np.clip(x.astype(int), 0, width - 1)
            seen &= ~hidden[row, column]
        found = ndimage.map_coordinates(lightness, [y - 0.5, x - 0.5], order=1, mode="nearest")
        return np.where(seen, found, np.nan)

    wide_step = levels(wide) - levels(-wide)
    narrow_step = levels(narrow) - levels(-narrow)
    center = points.mean(axis=0)
    angles = np.arctan2(points[:, 1] - center[1], points[:, 0] - center[0]) % (2 * np.pi)
    eighth = np.minimum((angles / (np.pi / 4)).astype(int), 7)
    return tuple(_one(wide_step[eighth == i], narrow_step[eighth == i]) for i in range(8))


def _one(wide_step: NDArray[np.float64], narrow_step: NDArray[np.float64]) -> BorderEighth:
    seen = np.isfinite(wide_step) & np.isfinite(narrow_step)
    if np.count_nonzero(seen) < 3:
        return BorderEighth(contrast=None, sharpness=None)
    contrast = float(np.median(wide_step[seen]))
    if abs(contrast) < MIN_CONTRAST_L:
        return BorderEighth(contrast=contrast, sharpness=None)
    ratio = float(np.median(narrow_step[seen])) / contrast
    return BorderEighth(contrast=contrast, sharpness=min(1.0, max(0.0, ratio)))


def _resampled(outline: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Evenly spaced points and the outward unit normals of a smoothed outline."""
    from scipy import ndimage

    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
    at = np.linspace(0, lengths[-1], POINTS, endpoint=False)
    points = np.stack([np.interp(at, lengths, outline[:, i]) for i in (0, 1)], axis=1)
    smooth = ndimage.gaussian_filter1d(points, 3.0, axis=0, mode="wrap")
    tangent = np.roll(smooth, -1, axis=0) - np.roll(smooth, 1, axis=0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    normal /= np.maximum(np.hypot(*normal.T)[:, None], 1e-9)
    x, y = smooth.T
    turning = np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y)
    return points, normal if turning > 0 else -normal
