"""Lines of a plane: how strongly, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.structures.hessian import curvature


@dataclass(frozen=True, slots=True, eq=False)
class Ridges:
    """Bright lines.

    Attributes:
        strength: (h, w) float32, 0 and above: by how much the plane falls off to both sides, in its units; a
            spot, which falls off along the line too, counts less.
        angle: (h, w) float32, the line's direction in radians, from x towards y, -pi/2..pi/2.
    """

    strength: NDArray[np.float32]
    angle: NDArray[np.float32]


def bright_ridges(plane: NDArray[np.float32], sigma: float) -> Ridges:
    """Lines that are brighter than what lies to both sides.

    Args:
        plane: (h, w).
        sigma: of the blur, in pixels: about half of a line's width.
    """
    bent = curvature(plane, sigma)
    strength = np.maximum(-bent.least - np.abs(bent.greatest), 0)
    return Ridges(strength, bent.angle)
