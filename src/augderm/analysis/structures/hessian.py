"""Curvature of a plane in scale space: what spots and lines are found by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SECOND, FIRST = (1.0, -2.0, 1.0), (-0.5, 0.0, 0.5)
"""Central differences."""


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Principal curvatures of a blurred plane, times the blur's variance, and so in the plane's units.

    Attributes:
        greatest, least: (h, w) float32; negative where the plane falls off to both sides.
        angle: (h, w) float32, the direction of the greatest one, in radians from x towards y, -pi/2..pi/2:
            that of a bright line.
    """

    greatest: NDArray[np.float32]
    least: NDArray[np.float32]
    angle: NDArray[np.float32]


def curvature(plane: NDArray[np.float32], sigma: float) -> Curvature:
    """Curvature at one scale (Lindeberg, IJCV 1998).

    Args:
        plane: (h, w).
        sigma: standard deviation of the blur, in pixels.
    """
    blurred = ndimage.gaussian_filter(plane, sigma, mode="nearest") * np.float32(sigma**2)
    # Differences of the blurred plane: as good as derivatives of the Gaussian where it is wider than a pixel,
    # and a third of the work.
    yy, xx = (ndimage.correlate1d(blurred, SECOND, axis, mode="nearest") for axis in (0, 1))
    xy = ndimage.correlate1d(ndimage.correlate1d(blurred, FIRST, 0, mode="nearest"), FIRST, 1, mode="nearest")
    middle, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    greatest: NDArray[np.float32] = middle + apart
    least: NDArray[np.float32] = middle - apart
    angle: NDArray[np.float32] = 0.5 * np.arctan2(2 * xy, xx - yy)
    return Curvature(greatest, least, angle)
