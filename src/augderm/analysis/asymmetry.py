"""Asymmetry of shape and of colour about the two principal axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PATCH_PX = 160
"""Side of the square that the lesion is turned into, its axes along the patch's."""
COLOUR_CELLS = 32
"""Side of the patch when colours are compared: coarse, so that noise and hair are not asymmetry."""


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Each pair: about the major axis, about the minor axis; 0 is symmetric, 1 the most."""

    shape: tuple[float, float]
    colour: tuple[float, float]


def measure_asymmetry(mask: NDArray[np.bool_], lab: NDArray[np.float32]) -> Asymmetry:
    """Fold the lesion along its principal axes (those of the second moments, through the centroid).

    Shape: half the area that differs between the lesion and its mirror image, over its area. Colour:
    mean Delta E*ab between the two where both are lesion, over 100.

    Args:
        mask: (h, w) bool, not empty.
        lab: (h, w, 3) L*a*b* of the same pixels.
    """
    center, angle = _principal_axis(mask)
    ys, xs = np.nonzero(mask)
    reach = float(np.hypot(xs + 0.5 - center[0], ys + 0.5 - center[1]).max()) + 2
    # Blurring comes with the reduction: each patch pixel averages what falls into it.
    soft = _turned(mask.astype(np.float32) * 255, center, angle, reach)
    planes = [_turned(np.ascontiguousarray(lab[..., i]), center, angle, reach) for i in range(3)]
    area = soft.sum() / 255
    shape = [float(np.abs(soft - soft[flip]).sum() / 255 / 2 / area) for flip in _FLIPS]
    return Asymmetry(
        shape=(min(1.0, shape[0]), min(1.0, shape[1])), colour=_colour_difference(soft / 255, planes)
    )


# About the major axis (along x): top and bottom change places; about the minor: left and right.
_FLIPS = ((slice(None, None, -1), slice(None)), (slice(None), slice(None, None, -1)))


def _principal_axis(mask: NDArray[np.bool_]) -> tuple[tuple[float, float], float]:
    ys, xs = np.nonzero(mask)
    x, y = xs + 0.5, ys + 0.5
    center = (float(x.mean()), float(y.mean()))
    dx, dy = x - center[0], y - center[1]
    angle = 0.5 * math.atan2(2 * float((dx * dy).mean()), float((dx * dx).mean() - (dy * dy).mean()))
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


def _colour_difference(inside: NDArray[np.float32], planes: list[NDArray[np.float32]]) -> tuple[float, float]:
    weight = _cells(inside)
    # Averages within the lesion only: a cell on the border keeps the lesion's own colour.
    colours = np.stack([_cells(plane * inside) for plane in planes]) / np.maximum(weight, 1e-6)
    found = []
    for flip in _FLIPS:
        both = np.minimum(weight, weight[flip])
        difference = np.sqrt(((colours - colours[:, *flip]) ** 2).sum(axis=0))
        total = float(both.sum())
        found.append(min(1.0, float((difference * both).sum()) / max(total, 1e-6) / 100))
    return found[0], found[1]


def _cells(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    side = PATCH_PX // COLOUR_CELLS
    averaged: NDArray[np.float32] = plane.reshape(COLOUR_CELLS, side, COLOUR_CELLS, side).mean(axis=(1, 3))
    return averaged
