"""Dark hair over the skin: thin dark lines that run straight for a while."""

from __future__ import annotations

from itertools import pairwise

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
    straight = _straight(dark)
    labels, count = ndimage.label(straight)
    if not count:
        return straight
    long = np.zeros(count + 1, bool)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        long[number] = np.hypot(*(side.stop - side.start for side in box)) >= MIN_EXTENT_PX
    kept: NDArray[np.bool_] = long[labels]
    return kept


def hair_mask_of(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The same of an image (h, w, 3) uint8 sRGB."""
    return hair_mask(np.asarray(Image.fromarray(pixels).convert("L")))


def _straight(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Only what belongs to a run of `STRAIGHT_PX` in one of eight directions; every step's pixel counts."""
    height, width = mask.shape
    # With empty columns beside it a step in any direction is one step along memory, and no run goes on
    # from one row's end to the next one's start.
    room = np.zeros((height, width + STRAIGHT_PX), bool)
    room[:, :width] = mask
    straight = np.zeros(room.size, bool)
    for down, right in _RUNS:
        steps = max(2, round(STRAIGHT_PX / np.hypot(down, right)))
        straight |= _opened(room.ravel(), down * room.shape[1] + right, steps)
    return straight.reshape(room.shape)[:, :width]


def _opened(flat: NDArray[np.bool_], step: int, steps: int) -> NDArray[np.bool_]:
    """Only what belongs to a run of so many pixels, each `step` > 0 places after the one before."""
    # Runs of 2, 4, 8, ... pixels, each from two of half the length.
    lengths = [1]
    while lengths[-1] < steps:
        lengths.append(min(2 * lengths[-1], steps))
    shifts = [(longer - shorter) * step for shorter, longer in pairwise(lengths)]
    opened = flat
    for shift in shifts:
        # Slices of length 0 where the shift is longer than all.
        both = np.zeros_like(opened)
        np.logical_and(opened[:-shift], opened[shift:], out=both[:-shift])
        opened = both
    for shift in shifts:
        grown = opened.copy()
        np.logical_or(opened[shift:], opened[:-shift], out=grown[shift:])
        opened = grown
    return opened


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask with its four neighbours."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown
