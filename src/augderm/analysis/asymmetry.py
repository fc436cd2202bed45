"""Asymmetry of shape and of colour: about the two principal axes, and about those of least asymmetry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.assessment import LeastAsymmetry

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
    ys, xs = np.nonzero(cover)
    center, angle = _principal_axis(xs, ys, cover[ys, xs].astype(np.float64))
    reach = float(np.hypot(xs + 0.5 - center[0], ys + 0.5 - center[1]).max()) + 2
    soft = _turned(cover * 255, center, angle, reach)
    planes = [_turned(np.ascontiguousarray(lab[..., i]), center, angle, reach) for i in range(3)]
    seen = soft
    if hidden is not None and hidden.any():
        seen = _turned(np.where(hidden, np.float32(0), cover * 255), center, angle, reach)
    area = max(float(soft.sum()) / 255, 1e-6)  # a thread of a lesion may fall between the samples
    shape = [float(np.abs(soft - soft[flip]).sum() / 255 / 2 / area) for flip in _FLIPS]
    cover_cells, weight = (_cells(plane / np.float32(255)) for plane in (soft, seen))
    # Averages within what is seen of the lesion only: a cell on the border keeps the lesion's own colour.
    colours = np.stack([_cells(plane * seen / np.float32(255)) for plane in planes])
    return Asymmetry(
        shape=(min(1.0, shape[0]), min(1.0, shape[1])),
        colour=_colour_difference(cover_cells, weight, colours),
        least=_least_asymmetry(cover_cells, weight, colours, math.degrees(angle)),
    )


# About the major axis (along x): top and bottom change places; about the minor: left and right.
_FLIPS = ((slice(None, None, -1), slice(None)), (slice(None), slice(None, None, -1)))


def _principal_axis(
    xs: NDArray[np.intp], ys: NDArray[np.intp], weight: NDArray[np.float64]
) -> tuple[tuple[float, float], float]:
    x, y, total = xs + 0.5, ys + 0.5, float(weight.sum())
    center = (float(weight @ x) / total, float(weight @ y) / total)
    dx, dy = x - center[0], y - center[1]
    angle = 0.5 * math.atan2(2 * float(weight @ (dx * dy)), float(weight @ (dx * dx - dy * dy)))
    return center, angle


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


def _colour_difference(
    cover: NDArray[np.float32], weight: NDArray[np.float32], colours: NDArray[np.float32]
) -> tuple[float, float] | None:
    """Mean difference to the mirror image where both are seen; None where that is too little.

    Args:
        cover: (n, n) the share of each cell that is lesion, 0..1.
        weight: (n, n) the share that is lesion and seen.
        colours: (3, n, n) L*a*b*, times the weight.
    """
    shades = colours / np.maximum(weight, 1e-6)
    least = MIN_COMPARED * float(cover.sum())
    found = []
    for flip in _FLIPS:
        both = np.minimum(weight, weight[flip])
        difference = np.sqrt(((shades - shades[:, *flip]) ** 2).sum(axis=0))
        total = float(both.sum())
        if total < least:
            return None
        found.append(min(1.0, float((difference * both).sum()) / max(total, 1e-6) / 100))
    return found[0], found[1]


def _least_asymmetry(
    cover: NDArray[np.float32], weight: NDArray[np.float32], colours: NDArray[np.float32], angle_deg: float
) -> LeastAsymmetry | None:
    """The pair of perpendicular axes with the fewest asymmetric ones, then with the least asymmetry."""
    planes = [np.ascontiguousarray(plane) for plane in (cover, weight, *colours)]
    tried = []
    for step in range(PLACEMENTS):
        turn = 90 * step / PLACEMENTS
        whole, seen, *turned = planes if step == 0 else [_rotated(plane, turn) for plane in planes]
        area = max(float(whole.sum()), 1e-6)
        shape = [min(1.0, float(np.abs(whole - whole[flip]).sum()) / 2 / area) for flip in _FLIPS]
        colour = _colour_difference(whole, seen, np.stack(turned))
        if colour is not None:
            tried.append(
                LeastAsymmetry(
                    angle_deg=(angle_deg + turn + 90) % 180 - 90, shape=(shape[0], shape[1]), colour=colour
                )
            )
    return min(
        tried, key=lambda pair: (asymmetric_axes(pair), sum(pair.shape) + sum(pair.colour)), default=None
    )


def asymmetric_axes(pair: LeastAsymmetry) -> int:
    """How many of the two axes are asymmetric in contour or in colour: 0, 1 or 2."""
    return sum(
        shape >= ASYMMETRIC_SHAPE or colour >= ASYMMETRIC_COLOUR
        for shape, colour in zip(pair.shape, pair.colour, strict=True)
    )


def _rotated(plane: NDArray[np.float32], turn_deg: float) -> NDArray[np.float32]:
    """The plane as seen along axes that lie `turn_deg` further round, from x towards y."""
    # Pillow turns the picture counter-clockwise as seen, so a feature at that angle comes to lie on x.
    return np.asarray(Image.fromarray(plane).rotate(turn_deg, Image.Resampling.BILINEAR))


def _cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    side = PATCH_PX // COLOUR_CELLS
    averaged: NDArray[np.float32] = plane.reshape(COLOUR_CELLS, side, COLOUR_CELLS, side).mean(axis=(1, 3))
    return averaged
