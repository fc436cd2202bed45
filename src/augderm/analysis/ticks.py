"""Short straight marks: what the ticks of a ruler look like, before anything is known of a ruler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.valleys import STEPS, valley_depths

REACH_PX = 3
"""Half-width over which a mark must be darker (or lighter) than both its sides."""
MIN_DEPTH = 8
"""Least depth of a mark's pixel, in levels of 0..255, over that along the mark."""
MIN_PIXELS = 4
LENGTHS_PX = (3.5, 60.0)
"""Least and greatest length of a mark; longer lines are hair, or the ruler's own edge."""
MIN_ELONGATION = 1.7
"""Least length over width."""
MAX_MARKS = 400
"""Most marks of one direction that are looked at, the deepest first: skin texture has no end."""
_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks of about one direction, one entry a mark.

    Attributes:
        x, y: (n,) centre, in pixels where pixel (0, 0) spans 0..1.
        length_px: (n,).
        angle: (n,) direction of the mark, from x towards y, radians, -pi/2..pi/2.
        depth: (n,) mean depth in levels.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    length_px: NDArray[np.float64]
    angle: NDArray[np.float64]
    depth: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.x)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Marks:
        """Those chosen."""
        return Marks(
            self.x[chosen], self.y[chosen], self.length_px[chosen], self.angle[chosen], self.depth[chosen]
        )


def find_marks(level: NDArray[np.uint8]) -> list[tuple[Marks, float]]:
    """The dark marks of a grey image, in four groups with about the direction across them (radians).

    A pixel belongs to a mark where it is a valley across and none along: so a tick is parted from the
    line that it stands on.

    Args:
        level: (h, w) uint8; the negative gives the light marks.
    """
    depths = valley_depths(level, REACH_PX)
    # Depth across less depth along, without going below 0.
    alone = [across - np.minimum(across, depths[(i + 2) % 4]) for i, across in enumerate(depths)]
    across = [math.atan2(down, right) for down, right in STEPS]
    return [(_marks_of(depth), angle) for depth, angle in zip(alone, across, strict=True)]


def _marks_of(depth: NDArray[np.uint8]) -> Marks:
    labels, count = ndimage.label(depth >= MIN_DEPTH, _EIGHT_NEIGHBOURS)
    at = np.flatnonzero(labels)
    label = labels.ravel()[at]
    weight = depth.ravel()[at].astype(np.float64)
    y, x = np.divmod(at, depth.shape[1])
    pixels = np.bincount(label, minlength=count + 1)[1:]
    total = np.bincount(label, weight, count + 1)[1:]

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(label, weight * values, count + 1)[1:] / total

    mean_x, mean_y = mean(x.astype(float)), mean(y.astype(float))
    dx, dy = x - mean_x[label - 1], y - mean_y[label - 1]
    xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
    middle, swing = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # A line of length L has the second moment L^2 / 12; a pixel itself has 1 / 12.
    length = np.sqrt(12 * (middle + swing) + 1)
    width = np.sqrt(12 * np.maximum(0, middle - swing) + 1)
    marks = Marks(mean_x + 0.5, mean_y + 0.5, length, np.arctan2(2 * xy, xx - yy) / 2, total / pixels)
    fit = (pixels >= MIN_PIXELS) & (length >= MIN_ELONGATION * width)
    fit &= (length >= LENGTHS_PX[0]) & (length <= LENGTHS_PX[1])
    chosen = np.flatnonzero(fit)
    if len(chosen) > MAX_MARKS:
        chosen = chosen[np.argsort(-marks.depth[chosen] * marks.length_px[chosen])[:MAX_MARKS]]
    return marks.where(chosen)
