"""Short straight marks: what the ticks of a ruler look like, before anything is known of a ruler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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
    alone = np.empty((len(STEPS), *level.shape), np.uint8)
    for i, across in enumerate(depths):
        # Depth across less depth along, without going below 0.
        np.subtract(across, np.minimum(across, depths[(i + 2) % len(STEPS)]), out=alone[i])
    marks, group = _marks_of(alone)
    found = []
    for i, (down, right) in enumerate(STEPS):
        chosen = np.flatnonzero(group == i)
        if len(chosen) > MAX_MARKS:
            chosen = chosen[np.argsort(-marks.depth[chosen] * marks.length_px[chosen])[:MAX_MARKS]]
        found.append((marks.where(chosen), math.atan2(down, right)))
    return found


def _marks_of(depths: NDArray[np.uint8]) -> tuple[Marks, NDArray[np.intp]]:
    """The marks of several images (n, h, w) of depths, and the image of each."""
    height, width = depths.shape[1:]
    at = np.flatnonzero(depths >= MIN_DEPTH)
    row, x = np.divmod(at, width)
    label, count = _connected(row, x, height)
    weight = depths.ravel()[at].astype(np.float64)
    pixels = np.bincount(label, minlength=count)
    # What is too small needs no figures: it is most of all.
    large = pixels >= MIN_PIXELS
    kept = large[label]
    pixels, label, weight = pixels[large], (np.cumsum(large) - 1)[label[kept]], weight[kept]
    row, x = row[kept], x[kept]
    group, y = np.divmod(row, height)
    count = len(pixels)
    total = np.bincount(label, weight, count)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(label, weight * values, count) / total

    mean_x, mean_y = mean(x.astype(float)), mean(y.astype(float))
    dx, dy = x - mean_x[label], y - mean_y[label]
    xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
    middle, swing = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # A line of length L has the second moment L^2 / 12; a pixel itself has 1 / 12.
    length = np.sqrt(12 * (middle + swing) + 1)
    thickness = np.sqrt(12 * np.maximum(0, middle - swing) + 1)
    marks = Marks(mean_x + 0.5, mean_y + 0.5, length, np.arctan2(2 * xy, xx - yy) / 2, total / pixels)
    fit = (length >= MIN_ELONGATION * thickness) & (length >= LENGTHS_PX[0]) & (length <= LENGTHS_PX[1])
    of_mark = np.zeros(count, np.intp)
    of_mark[label] = group
    return marks.where(fit), of_mark[fit]


def _connected(row: NDArray[np.intp], x: NDArray[np.intp], height: int) -> tuple[NDArray[np.intp], int]:
    """Label pixels that touch, by side or corner, in images laid one below the other, `height` rows each.

    Few pixels belong to marks: to join their runs is several times as quick as to label whole images.

    Args:
        row, x: (n,) of each pixel, in the order of an image's memory.
        height: of each image; across their seams nothing touches.

    Returns:
        (n,) labels from 0, in the order of their first pixels, and how many there are.
    """
    if not len(row):
        return np.zeros(0, np.intp), 0
    first = np.concatenate([[True], (np.diff(x) != 1) | (np.diff(row) != 0)])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(row)) - 1
    # One number for each place, with gaps that keep rows and images apart.
    stride = int(x.max()) + 3
    place = (row + row // height) * stride + x
    left, right = place[starts], place[ends]
    # Runs of the next row that reach from the pixel below left of this one to that below right.
    low = np.searchsorted(right, left + stride - 1)
    touching = np.searchsorted(left, right + stride + 1, side="right") - low
    upper = np.repeat(np.arange(len(starts)), touching)
    lower = np.arange(len(upper)) - np.repeat(np.cumsum(touching) - touching, touching) + low[upper]
    graph = sparse.coo_array((np.ones(len(upper), np.int8), (upper, lower)), shape=(len(starts),) * 2)
    count, of_run = sparse.csgraph.connected_components(graph, directed=False)
    return of_run[np.cumsum(first) - 1], int(count)
