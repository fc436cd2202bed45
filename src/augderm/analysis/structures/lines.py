"""Lines in the lesion: streaks at its border, linear vessels, shiny white lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.hessian import curvature
from augderm.analysis.structures.lesion_field import LesionField
from augderm.analysis.structures.ridges import ridge_strength

STREAK_BAND = (-0.03, 0.14)
"""Depth of the band along the border in which streaks lie, as shares of the lesion's diameter."""
STREAK_SIGMA, STREAK_CONTRAST = 1.8, 1.6
"""Half of the width in pixels of the field; least strength of the line, in L*."""
RADIAL = float(np.cos(np.deg2rad(30)))
"""Least cosine between a streak and the way outwards."""
STREAK_LENGTH, SLENDER = 0.05, 2.2
"""Least length as a share of the lesion's diameter, least length over width."""
VESSEL_SIGMA, VESSEL_CONTRAST, VESSEL_OVER_SKIN_A = 1.3, 1.5, 6.0
"""Likewise of vessels, on a*; and how much redder than the skin they are."""
WHITE_SIGMA, WHITE_CONTRAST = 1.2, 1.8
"""Likewise of white lines, on L*."""
WHITE_PALE_B = 4.0
"""By how much b* of a white line lies under what is around: it is white, not light brown."""
INNER_LENGTH_PX = 9.0
"""Least length of vessels and white lines, in pixels of the field (about 0.3 mm)."""
INNER_SLENDER = 3.0
LENGTH_OF_A_PIXEL = 1.7
"""Greatest length that a pixel adds to a line: 2 / sqrt(3) along a row, and sqrt(2) as much askew."""
NEARBY_PX = 11
"""Side of the square that says what is around a line."""
WIDEST_PX = 7
"""A line is narrower: what is as wide is an area, and its edge no line."""
THIN_CONTRAST = 4.0
"""By how much a line stands out of what is wider, in the units of its plane."""


def streaks(field: LesionField) -> NDArray[np.int32]:
    """(h, w) int32: the number of the streak that a pixel is of, from 1; 0 elsewhere."""
    depth = field.depth()
    bent = curvature(-field.lab[..., 0], STREAK_SIGMA)
    inwards_y, inwards_x = np.gradient(ndimage.gaussian_filter(depth, STREAK_SIGMA * 2))
    steep = np.maximum(np.hypot(inwards_x, inwards_y), 1e-6)
    radial = np.abs(np.cos(bent.angle) * inwards_x + np.sin(bent.angle) * inwards_y) / steep
    low, high = (share * field.diameter for share in STREAK_BAND)
    band = (depth > low) & (depth < high) & field.clear
    lines = band & (ridge_strength(bent) > STREAK_CONTRAST) & (radial > RADIAL)
    return _slender(lines, STREAK_LENGTH * field.diameter, SLENDER)


def linear_vessels(field: LesionField) -> NDArray[np.int32]:
    """Likewise: red lines within the lesion, of which the field must know the skin's colour."""
    assert field.skin is not None
    redness = field.lab[..., 1]
    red = (redness > field.skin[1] + VESSEL_OVER_SKIN_A) & field.deep & field.clear
    return _inner_lines(redness, red, VESSEL_SIGMA, VESSEL_CONTRAST)


def white_lines(field: LesionField) -> NDArray[np.int32]:
    """Likewise: short straight lines that are whiter than what is around."""
    b = field.lab[..., 2]
    pale = (b < ndimage.uniform_filter(b, NEARBY_PX) - WHITE_PALE_B) & field.deep & field.clear
    return _inner_lines(field.lab[..., 0], pale, WHITE_SIGMA, WHITE_CONTRAST)


def lengths(labelled: NDArray[np.int32]) -> list[float]:
    """Length of each line in pixels."""
    return [long for _, _, long, _ in _objects(labelled)]


def _inner_lines(
    plane: NDArray[np.float32], where: NDArray[np.bool_], sigma: float, contrast: float
) -> NDArray[np.int32]:
    """Thin bright lines of a plane in a part of it. What cannot hold a line any more is not worked on."""
    if np.count_nonzero(where) < INNER_LENGTH_PX:
        return np.zeros(plane.shape, np.int32)
    thin = where & (plane - ndimage.grey_opening(plane, (WIDEST_PX, WIDEST_PX)) > THIN_CONTRAST)
    if np.count_nonzero(thin) < INNER_LENGTH_PX / LENGTH_OF_A_PIXEL:
        return np.zeros(plane.shape, np.int32)
    strong = ridge_strength(curvature(plane, sigma)) > contrast
    return _slender(thin & strong, INNER_LENGTH_PX, INNER_SLENDER)


def _slender(lines: NDArray[np.bool_], least_length: float, slender: float) -> NDArray[np.int32]:
    labels = ndimage.label(lines, np.ones((3, 3)))[0].astype(np.int32)
    # Most are a few pixels of noise, too few to be measured one by one.
    enough = np.bincount(labels.ravel()) * LENGTH_OF_A_PIXEL >= least_length
    enough[0] = False
    labels = ndimage.label(enough[labels], np.ones((3, 3)))[0].astype(np.int32)
    kept = np.zeros(labels.shape, np.int32)
    count = 0
    for box, own, long, wide in _objects(labels):
        if long >= least_length and long >= slender * wide:
            count += 1
            kept[box][own] = count
    return kept


def _objects(
    labels: NDArray[np.int32],
) -> Iterator[tuple[tuple[slice, slice], NDArray[np.bool_], float, float]]:
    """Box, pixels, length and width of each object: those of the ellipse of the same second moments."""
    for number, found in enumerate(ndimage.find_objects(labels), start=1):
        box = (found[0], found[1])
        own = labels[box] == number
        ys, xs = np.nonzero(own)
        dx, dy = xs - xs.mean(), ys - ys.mean()
        # A pixel is a square, not a point: its own spread is 1/12.
        xx, yy, xy = (dx * dx).mean() + 1 / 12, (dy * dy).mean() + 1 / 12, (dx * dy).mean()
        middle, apart = (xx + yy) / 2, float(np.hypot((xx - yy) / 2, xy))
        yield box, own, 4 * float(np.sqrt(middle + apart)), 4 * float(np.sqrt(max(middle - apart, 1e-9)))
