"""Dark hair over the skin: thin dark lines that run straight for a while."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy import ndimage

from augderm.analysis.valleys import valley_depths

REACH_PX = 4
"""Half-width over which hair must be darker than both its sides: at 400 pixels on the long side hair is 1
to 5 pixels wide."""
MIN_DEPTH = 16
"""Least depth in levels of 0..255: above most lines of a pigment network, which are skin and stay."""
STRAIGHT_PX = 16
"""Length over which hair runs straight; the lines of a network meet and turn before that."""
MIN_EXTENT_PX = 28
"""Least diagonal of the box around a hair."""
MAX_DENSITY, DENSITY_REACH_PX = 0.33, 10
"""Greatest share of thin dark lines in the square that reaches so far around: hair lies apart, where a
pigment network fills its part of the lesion."""
_RUNS = ((0, 1), (1, 2), (1, 1), (2, 1), (1, 0), (2, -1), (1, -1), (1, -2))
"""Rows and columns of one step in each of eight directions."""


def hair_mask(level: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where dark hair lies, with a pixel around it. Light hair is not looked for.

    After DullRazor (Lee et al., Comput Biol Med 1997;27:533): what is darker than its sides, where it is
    thin, long and straight.

    Args:
        level: (h, w) uint8 grey, about 400 pixels on the long side.
    """
    depths = valley_depths(level, REACH_PX)
    deepest = np.maximum(np.maximum(depths[0], depths[1]), np.maximum(depths[2], depths[3]))
    thin = deepest >= MIN_DEPTH
    around = Image.fromarray(thin.view(np.uint8) * np.uint8(255)).filter(
        ImageFilter.BoxBlur(DENSITY_REACH_PX)
    )
    thin &= np.asarray(around) <= MAX_DENSITY * 255
    # By a pixel wider, so that a line between two directions holds together.
    dark = _grown(thin)
    straight = np.zeros_like(dark)
    for down, right in _RUNS:
        straight |= _opened(dark, down, right)
    labels, count = ndimage.label(straight)
    if not count:
        return straight
    long = np.zeros(count + 1, bool)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        long[number] = np.hypot(*(side.stop - side.start for side in box)) >= MIN_EXTENT_PX
    kept: NDArray[np.bool_] = long[labels]
    return kept


def _opened(mask: NDArray[np.bool_], down: int, right: int) -> NDArray[np.bool_]:
    """Only what belongs to a run of `STRAIGHT_PX` in this direction; every step's pixel counts."""
    steps = max(2, round(STRAIGHT_PX / np.hypot(down, right)))
    eroded, length = mask, 1
    while length < steps:
        step = min(length, steps - length)
        eroded = eroded & _shifted(eroded, step * down, step * right)
        length += step
    opened, length = eroded, 1
    while length < steps:
        step = min(length, steps - length)
        opened = opened | _shifted(opened, -step * down, -step * right)
        length += step
    return opened


def _shifted(mask: NDArray[np.bool_], down: int, right: int) -> NDArray[np.bool_]:
    """The mask seen from `down` rows and `right` columns further on; False beyond the frame."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    if abs(down) < height and abs(right) < width:
        to = (_span(-down, height), _span(-right, width))
        moved[to] = mask[_span(down, height), _span(right, width)]
    return moved


def _span(start: int, size: int) -> slice:
    return slice(max(0, start), size + min(0, start))


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with its four neighbours."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown
