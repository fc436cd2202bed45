"""The scale of a photograph from a ruler's ticks, or none: refused rather than guessed.

Dermatoscopes show a scale in one of two ways: printed on the contact plate, or laid over the picture.
Both are rows of even ticks at right angles to a line or a gentle arc, some of them longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.comb import Comb, fit_comb
from augderm.analysis.reduce import reduce_to
from augderm.analysis.ticks import Marks, find_marks

RULER_SIDE_PX = 600
"""Longest side at which ticks are looked for."""
MIN_TICKS = 8
"""Fewest ticks of a ruler: fewer stand in a row by chance too often."""
MAX_PAIR_SHARE = 0.25
"""Greatest distance of two marks that vote for a line together, over the long side."""
MAX_TILT = math.radians(20)
"""Greatest angle between a tick and the line's normal."""
ANGLE_BINS, OFFSET_BIN_PX = 90, 8
"""Cells of the vote: half a turn in 2 degrees, distances from the centre of the image."""
LINES_A_GROUP = 2
"""How many lines of each group of marks are looked at."""
MIN_VOTES = 7
"""Fewest pairs of marks on a line that is looked at: 8 ticks make 28, less those far apart."""
BAND_PX = 9.0
"""Half-width of the band around a line in which marks may be its ticks."""
MIN_CENTRE_DISTANCE = 0.15
"""Least distance of a ruler from the middle of the image, over the short side: a scale lies beside the
lesion, and what is even in the middle is more likely the lesion's own texture."""
FIELDS_MM = (5.0, 45.0)
"""Least and greatest long side of a dermatoscope's field of view: plates measure 10 to 30 mm. The two are
less than tenfold apart, so that of ticks of 0.1 and of 1 mm never both are possible."""


@dataclass(frozen=True, slots=True)
class RulerScale:
    """A scale found in a photograph, in the pixels of the image that was searched.

    Attributes:
        mm_per_px: millimetres per pixel.
        uncertainty_mm_per_px: its standard uncertainty.
        tick_mm: distance of neighbouring ticks: 0.1, 0.5 or 1 mm.
        ticks: how many were found.
        line: x, y of the first and of the last tick.
        height_px: length of the longest ticks.
    """

    mm_per_px: float
    uncertainty_mm_per_px: float
    tick_mm: float
    ticks: int
    line: tuple[tuple[float, float], tuple[float, float]]
    height_px: float


def find_ruler(pixels: NDArray[np.uint8]) -> RulerScale | None:
    """The scale of a dermoscopic image; None where no ruler was found, or its ticks are ambiguous.

    Which ticks are how far apart is decided by these rules alone:

    1. Ticks of which every second is longer are 0.5 mm apart.
    2. Ticks of which every fifth or every tenth is longer are 1 mm apart, or 0.1 mm: whichever gives a
       field of view that a dermatoscope has (`FIELDS_MM`).
    3. Ticks that are all alike, or whose lengths follow no such rule, give no scale.

    Args:
        pixels: (h, w, 3) uint8 sRGB of a dermoscopic image; clinical photographs break rule 2.
    """
    small, factor = reduce_to(pixels, RULER_SIDE_PX)
    level = np.asarray(Image.fromarray(small).convert("L"))
    best: tuple[Comb, float] | None = None
    for group, across in (*find_marks(level), *find_marks(255 - level)):
        for marks, along in _rows(group, across, level.shape):
            comb = fit_comb(marks, along)
            if comb is None or comb.ticks < MIN_TICKS or _is_central(comb, level.shape):
                continue
            tick_mm = _tick_mm(comb, max(level.shape))
            if tick_mm is not None and (best is None or comb.ticks > best[0].ticks):
                best = comb, tick_mm
    if best is None:
        return None
    comb, tick_mm = best
    scale = tick_mm / comb.period_px * factor
    return RulerScale(
        mm_per_px=scale,
        uncertainty_mm_per_px=scale * comb.period_uncertainty_px / comb.period_px,
        tick_mm=tick_mm,
        ticks=comb.ticks,
        line=(_point(comb.first, factor), _point(comb.last, factor)),
        height_px=comb.height_px / factor,
    )


def _point(point: tuple[float, float], factor: float) -> tuple[float, float]:
    return point[0] / factor, point[1] / factor


def _rows(group: Marks, middle: float, shape: tuple[int, ...]) -> list[tuple[Marks, float]]:
    """Marks that stand side by side along a line, and the line's direction (radians).

    A Hough transform in which pairs of marks vote, whose direction is far better known than a mark's own.
    `middle` is about the direction across the marks: the half turn of the vote is laid around it.
    """
    if len(group) < MIN_TICKS:
        return []
    center = shape[1] / 2, shape[0] / 2
    dx, dy = (np.subtract.outer(v, v) for v in (group.x, group.y))
    distance = np.hypot(dx, dy)
    direction = np.arctan2(dy, dx)
    # |sin| of the angle between a pair's direction and each mark's normal.
    tilt = np.abs(np.cos(direction - group.angle))
    aside = np.maximum(tilt, tilt.T) < math.sin(MAX_TILT)
    longer = np.maximum.outer(group.length_px, group.length_px)
    shorter = np.minimum.outer(group.length_px, group.length_px)
    pairs = np.triu(
        aside & (distance < MAX_PAIR_SHARE * max(shape)) & (distance > 3) & (longer < 5 * shorter)
    )
    first, second = np.nonzero(pairs)
    if len(first) < MIN_VOTES:
        return []
    start = middle - math.pi / 2 * (1 + 1 / ANGLE_BINS)
    angle = (direction[first, second] - start) % math.pi
    turn = np.minimum((angle / math.pi * ANGLE_BINS).astype(int), ANGLE_BINS - 1)
    # The cell's own angle: the offset of a far line would smear with each pair's.
    own = start + (turn + 0.5) * math.pi / ANGLE_BINS
    x = (group.x[first] + group.x[second]) / 2 - center[0]
    y = (group.y[first] + group.y[second]) / 2 - center[1]
    reach = math.hypot(*center)
    offset = (y * np.cos(own) - x * np.sin(own) + reach) / OFFSET_BIN_PX
    cells = int(2 * reach / OFFSET_BIN_PX) + 3
    votes = np.bincount(turn * cells + offset.astype(int), minlength=ANGLE_BINS * cells)
    votes = votes.reshape(ANGLE_BINS, cells)
    # Neighbouring cells together: a line need not lie in the middle of one.
    votes[:, :-1] += votes[:, 1:].copy()
    found = []
    for _ in range(LINES_A_GROUP):
        i, j = np.unravel_index(int(votes.argmax()), votes.shape)
        if votes[i, j] < MIN_VOTES:
            break
        along = start + (i + 0.5) * math.pi / ANGLE_BINS
        votes[max(0, i - 2) : i + 3, max(0, j - 2) : j + 3] = 0
        across = (group.y - center[1]) * math.cos(along) - (group.x - center[0]) * math.sin(along)
        near = np.abs(across + reach - (j + 1) * OFFSET_BIN_PX) < 3 * BAND_PX
        near &= np.abs(np.cos(group.angle - along)) < math.sin(2 * MAX_TILT)
        found.append((group.where(near), float(along)))
    return found


def _is_central(comb: Comb, shape: tuple[int, ...]) -> bool:
    x, y = shape[1] / 2 - comb.first[0], shape[0] / 2 - comb.first[1]
    dx, dy = comb.last[0] - comb.first[0], comb.last[1] - comb.first[1]
    away = abs(x * dy - y * dx) / max(math.hypot(dx, dy), 1e-9)
    return away < MIN_CENTRE_DISTANCE * min(shape)


def _tick_mm(comb: Comb, side_px: int) -> float | None:
    """Rules 1 to 3 of `find_ruler`."""
    candidates = {2: (0.5,), 5: (1.0, 0.1), 10: (1.0, 0.1)}.get(comb.longer_every or 0, ())
    low, high = FIELDS_MM
    fitting = [mm for mm in candidates if low <= mm / comb.period_px * side_px <= high]
    return fitting[0] if len(fitting) == 1 else None
