"""Size and form of an outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

FRAME_MARGIN_PX = 1.5
"""An outline closer than this to the frame lies on it (the outline's blur rounds it off)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Lengths in pixels, area in square pixels, orientation in degrees (-90..90, x towards y)."""

    area: float
    perimeter: float
    long_axis: float
    short_axis: float
    orientation_deg: float
    circularity: float


def measure_shape(outline: NDArray[np.float64]) -> Shape:
    """Measure a closed polygon.

    Args:
        outline: (n, 2) float, x and y, first point = last point, n >= 4.
    """
    x, y = outline[:, 0], outline[:, 1]
    # Shoelace formula.
    area = 0.5 * abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])))
    perimeter = float(np.hypot(np.diff(x), np.diff(y)).sum())
    corners = _hull(outline)
    distances = np.hypot(corners[:, None, 0] - corners[None, :, 0], corners[:, None, 1] - corners[None, :, 1])
    first, second = np.unravel_index(int(np.argmax(distances)), distances.shape)
    along = corners[second] - corners[first]
    long_axis = float(distances[first, second])
    across = np.array([-along[1], along[0]]) / max(long_axis, 1e-9)
    reach = corners @ across
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    return Shape(
        area=area,
        perimeter=perimeter,
        long_axis=long_axis,
        short_axis=float(reach.max() - reach.min()),
        orientation_deg=(angle + 90) % 180 - 90,
        circularity=min(1.0, 4 * np.pi * area / max(perimeter, 1e-9) ** 2),
    )


def _hull(outline: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        corners: NDArray[np.float64] = outline[ConvexHull(outline).vertices]
    except QhullError:  # all points on one line
        return outline
    return corners


def share_on_frame(outline: NDArray[np.float64], width: int, height: int) -> float:
    """Share of the outline's length that lies on the frame of a width x height image, 0..1."""
    middle = (outline[1:] + outline[:-1]) / 2
    lengths = np.hypot(*np.diff(outline, axis=0).T)
    near = (
        (middle[:, 0] < FRAME_MARGIN_PX)
        | (middle[:, 1] < FRAME_MARGIN_PX)
        | (middle[:, 0] > width - FRAME_MARGIN_PX)
        | (middle[:, 1] > height - FRAME_MARGIN_PX)
    )
    return float(lengths[near].sum() / max(lengths.sum(), 1e-9))
