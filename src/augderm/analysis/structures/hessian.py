"""Curvature of a plane in scale space: what spots and lines are found by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Principal curvatures of a blurred plane, times the blur's variance, and so in the plane's units.

    Attributes:
        greatest, least: (h, w) float32; negative where the plane falls off to both sides.
        along, across: (h, w) float32, cosine and sine of twice the greatest one's direction, unscaled.
    """

    greatest: NDArray[np.float32]
    least: NDArray[np.float32]
    along: NDArray[np.float32]
    across: NDArray[np.float32]

    @property
    def angle(self) -> NDArray[np.float32]:
        """(h, w) float32, the direction of the greatest one, in radians from x towards y, -pi/2..pi/2:
        that of a bright line.
        """
        angle: NDArray[np.float32] = np.float32(0.5) * np.arctan2(self.across, self.along)
        return angle


def curvature(plane: NDArray[np.float32], sigma: float) -> Curvature:
    """Curvature at one scale (Lindeberg, IJCV 1998).

    Args:
        plane: (h, w).
        sigma: standard deviation of the blur, in pixels.
    """
    blurred = ndimage.gaussian_filter(plane, sigma, mode="nearest", truncate=3.0) * np.float32(sigma**2)
    # Central differences of the blurred plane: as good as derivatives of the Gaussian where it is wider than
    # a pixel, and a tenth of the work.
    padded = np.pad(blurred, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    yy = padded[2:, 1:-1] + padded[:-2, 1:-1] - 2 * middle
    xx = padded[1:-1, 2:] + padded[1:-1, :-2] - 2 * middle
    twice_xy = (padded[2:, 2:] - padded[2:, :-2] - padded[:-2, 2:] + padded[:-2, :-2]) * np.float32(0.5)
    mean, difference = (xx + yy) / 2, xx - yy
    apart = np.sqrt(difference**2 + twice_xy**2) / 2
    return Curvature(mean + apart, mean - apart, difference, twice_xy)
