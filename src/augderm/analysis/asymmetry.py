"""Asymmetry of shape and of colour: about the two principal axes, and about those of least asymmetry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.assessment import LeastAsymmetry

if TYPE_CHECKING:
    from scipy import sparse

PATCH_PX = 160
"""Side of the square that the lesion is turned into, its axes along the patch's."""
COLOUR_CELLS = 32
"""Side of the patch when colours are compared: coarse, so that noise and hair are not asymmetry."""
PLACEMENTS = 9
"""Pairs of perpendicular axes that are tried: every 10 degrees from the principal ones over a quarter
turn, after which the pairs repeat."""
ASYMMETRIC_SHAPE = 0.10
"""From this share of the area outside its mirror image an axis counts as asymmetric in contour; our own
limit, since the ABCD rule leaves it to the eye (docs/explain/scores.md has what it is met by)."""
ASYMMETRIC_COLOUR = 0.10
"""From this colour difference to the mirror image (Delta E*ab / 100) it counts as asymmetric in colour;
likewise."""
MIN_COMPARED = 0.25
"""Least share of the lesion's area that must be seen together with its mirror image."""


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Each pair: about the major axis, about the minor axis; 0 is symmetric, 1 the most.

    Colour is None where too little of the lesion can be compared with its mirror image; so is `least` where
    that holds for every placement of the axes.
    """

    shape: tuple[float, float]
    colour: tuple[float, float] | None
    least: LeastAsymmetry | None


def measure_asymmetry(
    mask: NDArray[np.bool_] | NDArray[np.float32],
    lab: NDArray[np.float32],
    hidden: NDArray[np.bool_] | None = None,
) -> Asymmetry:
    """Fold the lesion along its principal axes (those of the second moments, through the centroid).

    Shape: half the area that differs between the lesion and its mirror image, over its area. Colour:
    mean Delta E*ab between the two where both are lesion, over 100.

    Args:
        mask: (h, w), not empty: the share of each pixel that is lesion, 0..1 (bool: all or nothing).
        lab: (h, w, 3) L*a*b* of the same pixels.
        hidden: (h, w) bool, what lies over the skin: its colours are not compared.
    """
    cover: NDArray[np.float32] = mask.astype(np.float32)
    center, angle = _principal_axis(cover)
    reach = _farthest(cover, center) + 2
    soft = _turned(cover * 255, center, angle, reach)
    planes = [_turned(np.ascontiguousarray(lab[..., i]), center, angle, reach) for i in range(3)]
    seen = soft
    if hidden is not None and hidden.any():
        seen = _turned(np.where(hidden, np.float32(0), cover * 255), center, angle, reach)
    area = max(float(soft.sum()) / 255, 1e-6)  # a thread of a lesion may fall between the samples
    shape = [float(np.abs(soft - soft[flip]).sum() / 255 / 2 / area) for flip in _FLIPS]
    # Averages within what is seen of the lesion only: a cell on the border keeps the lesion's own colour.
    cells = np.stack([_cells(plane) for plane in (soft, seen, *(plane * seen for plane in planes))])
    tried = _placements(cells / np.float32(255))
    colour = _colour_differences(tried)
    return Asymmetry(
        shape=(min(1.0, shape[0]), min(1.0, shape[1])),
        colour=colour[0],
        least=_least_asymmetry(tried[:, 0], colour, math.degrees(angle)),
    )


# About the major axis (along x): top and bottom change places; about the minor: left and right.
_FLIPS = ((..., slice(None, None, -1), slice(None)), (..., slice(None), slice(None, None, -1)))


def _principal_axis(cover: NDArray[np.float32]) -> tuple[tuple[float, float], float]:
    """Centroid, and direction of the major axis, from the sums of rows and of columns."""
    rows, columns = (np.flatnonzero(cover.any(axis=axis)) for axis in (1, 0))
    top, left = int(rows[0]), int(columns[0])
    inside = cover[top : rows[-1] + 1, left : columns[-1] + 1].astype(np.float64)
    by_y, by_x = inside.sum(axis=1), inside.sum(axis=0)
    y, x = np.arange(len(by_y)) + (top + 0.5), np.arange(len(by_x)) + (left + 0.5)
    total = float(by_x.sum())
    center = (float(by_x @ x) / total, float(by_y @ y) / total)
    dx, dy = x - center[0], y - center[1]
    xy, xx, yy = float(dy @ inside @ dx), float(by_x @ (dx * dx)), float(by_y @ (dy * dy))
    return center, 0.5 * math.atan2(2 * xy, xx - yy)


def _farthest(cover: NDArray[np.float32], center: tuple[float, float]) -> float:
    """Distance of the farthest pixel that is lesion: it is the first or the last of its row."""
    lesion = cover > 0
    rows = np.flatnonzero(lesion.any(axis=1))
    first = lesion[rows].argmax(axis=1)
    last = lesion.shape[1] - 1 - lesion[rows, ::-1].argmax(axis=1)
    across = np.maximum(np.abs(first + 0.5 - center[0]), np.abs(last + 0.5 - center[0]))
    return float(np.hypot(across, rows + 0.5 - center[1]).max())


def _turned(
    plane: NDArray[np.float32], center: tuple[float, float], angle: float, reach: float
) -> NDArray[np.float32]:
    """The square of half-side `reach` around the centre, its x axis at `angle`, as a patch."""
    step = 2 * reach / PATCH_PX
    cos, sin = math.cos(angle) * step, math.sin(angle) * step
    middle = PATCH_PX / 2
    # Pillow maps output pixel centres (x + 0.5, y + 0.5) to input coordinates.
    matrix = (
        cos,
        -sin,
        center[0] - cos * middle + sin * middle,
        sin,
        cos,
        center[1] - sin * middle - cos * middle,
    )
    image = Image.fromarray(plane)
    turned = image.transform((PATCH_PX, PATCH_PX), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.asarray(turned)


def _placements(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cells (5, n, n) as seen along each of `PLACEMENTS` pairs of axes: (placements, 5, n, n).

    Cover, the share that is lesion and seen, and L*, a*, b* times that share.
    """
    turned = _turns() @ planes.reshape(len(planes), -1).T
    others = np.moveaxis(turned.reshape(PLACEMENTS - 1, *planes.shape[1:], len(planes)), -1, 1)
    return np.concatenate([planes[None], others])


def _colour_differences(tried: NDArray[np.float32]) -> list[tuple[float, float] | None]:
    """Mean difference to the mirror image where both are seen; None where that is too little.

    Args:
        tried: (placements, 5, n, n), as `_placements` gives them.
    """
    weight = tried[:, 1]
    shades = tried[:, 2:] / np.maximum(weight, 1e-6)[:, None]
    least = MIN_COMPARED * tried[:, 0].sum(axis=(1, 2))
    found, enough = [], np.ones(len(tried), bool)
    for flip in _FLIPS:
        both = np.minimum(weight, weight[flip])
        difference = np.sqrt(((shades - shades[flip]) ** 2).sum(axis=1))
        total = both.sum(axis=(1, 2))
        enough &= total >= least
        found.append((difference * both).sum(axis=(1, 2)) / np.maximum(total, 1e-6) / 100)
    return [
        (min(1.0, float(major)), min(1.0, float(minor))) if seen else None
        for major, minor, seen in zip(*found, enough, strict=True)
    ]


def _least_asymmetry(
    cover: NDArray[np.float32], colours: list[tuple[float, float] | None], angle_deg: float
) -> LeastAsymmetry | None:
    """The pair of perpendicular axes with the fewest asymmetric ones, then with the least asymmetry."""
    area = np.maximum(cover.sum(axis=(1, 2)), 1e-6)
    shapes = [np.abs(cover - cover[flip]).sum(axis=(1, 2)) / 2 / area for flip in _FLIPS]
    tried = [
        LeastAsymmetry(
            angle_deg=(angle_deg + 90 * step / PLACEMENTS + 90) % 180 - 90,
            shape=(min(1.0, float(major)), min(1.0, float(minor))),
            colour=colour,
        )
        for step, (major, minor, colour) in enumerate(zip(*shapes, colours, strict=True))
        if colour is not None
    ]
    return min(
        tried, key=lambda pair: (asymmetric_axes(pair), sum(pair.shape) + sum(pair.colour)), default=None
    )


def asymmetric_axes(pair: LeastAsymmetry) -> int:
    """How many of the two axes are asymmetric in contour or in colour: 0, 1 or 2."""
    return sum(
        shape >= ASYMMETRIC_SHAPE or colour >= ASYMMETRIC_COLOUR
        for shape, colour in zip(pair.shape, pair.colour, strict=True)
    )


@cache
def _turns() -> sparse.csr_array:
    """All turns but the first in one: from the cells of a plane to those of each turned plane, one below the
    other, along axes that lie further round from x towards y. Interpolated bilinearly; 0 beyond the frame.
    """
    # Imported here, as in `edge`: a server knows the limits and measures nothing.
    from scipy import sparse

    side = COLOUR_CELLS
    turns = np.radians(90 * np.arange(1, PLACEMENTS) / PLACEMENTS)[:, None, None]
    y, x = np.mgrid[:side, :side] + 0.5 - side / 2
    # Where each turned cell's centre lies in the plane; cell (0, 0) spans 0..1.
    at_x = x * np.cos(turns) - y * np.sin(turns) + side / 2
    at_y = x * np.sin(turns) + y * np.cos(turns) + side / 2
    inside = (at_x >= 0) & (at_x < side) & (at_y >= 0) & (at_y < side)
    at_x, at_y, turned = at_x[inside] - 0.5, at_y[inside] - 0.5, np.flatnonzero(inside)
    left, top = np.floor(at_x).astype(int), np.floor(at_y).astype(int)
    values, columns = [], []
    for down in (0, 1):
        for right in (0, 1):
            share_x, share_y = (1 - abs(at_x - left - right)), (1 - abs(at_y - top - down))
            values.append((share_x * share_y).astype(np.float32))
            columns.append((top + down).clip(0, side - 1) * side + (left + right).clip(0, side - 1))
    size = (inside.size, side * side)
    entries = np.concatenate(values), (np.tile(turned, 4), np.concatenate(columns))
    return sparse.coo_array(entries, shape=size).tocsr()


def _cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    averaged: NDArray[np.float32] = _AVERAGING @ plane @ _AVERAGING.T
    return averaged


_AVERAGING = np.kron(
    np.eye(COLOUR_CELLS, dtype=np.float32),
    np.full(PATCH_PX // COLOUR_CELLS, COLOUR_CELLS / PATCH_PX, np.float32),
)
"""(cells, patch): averages of neighbours, which a product does quicker than a mean along two axes."""
