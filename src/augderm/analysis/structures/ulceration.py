"""Ulceration or erosion where it can be seen: raw, orange to yellow-brown, structureless, sharply bordered.

What an eye knows it by also fits a crust, a bleeding or a scratch, and a thin one without serum or blood
looks like the skin around: it is a place to look at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.coarse import Coarse, opened

LEAST_ULCER = 0.03
"""Least share of the lesion's area from which it is located."""
OVER_SKIN_A, OVER_SKIN_B = 8.0, 16.0
"""Redder or yellower than the skin by so much: melanin alone adds at most 6 a* and 13 b* to light skin (the
densities of `analysis.maps.chromophores` in the nominal bands of `analysis.maps.colour_maps`)."""
OVER_LESION_CHROMA = 8.0
"""And of so much more chroma than the lesion's median."""
LIGHTNESS = (25.0, 75.0)
"""Neither black nor white."""
HUE = 0.6
"""Its b* is at least this share of its a*; what is of a purer red is a red area."""
ROUGH = 5.0
"""Standard deviation of L* nearby, at most."""
EDGE_STEP = 10.0
"""Least colour step (Delta E*ab) from its rim to EDGE_PX outside it."""
EDGE_PX = 3
"""In pixels of `Coarse`."""


def ulceration(coarse: Coarse) -> NDArray[np.bool_]:
    """Where it may be, (h, w) bool at the field's size, which must know the skin's colour."""
    field, a, b = coarse.field, coarse.a, coarse.b
    assert field.skin is not None
    raw = (
        ((a > field.skin[1] + OVER_SKIN_A) | (b > field.skin[2] + OVER_SKIN_B)) & (b > HUE * a) & coarse.deep
    )
    raw &= (coarse.lightness > LIGHTNESS[0]) & (coarse.lightness < LIGHTNESS[1])
    needed = coarse.pixels_of(LEAST_ULCER)
    if np.count_nonzero(raw) < needed:
        return np.zeros(field.inside.shape, bool)
    chroma = np.hypot(a, b)
    raw &= chroma > np.median(chroma[coarse.deep]) + OVER_LESION_CHROMA
    # Gloss on it is white and no hole in it.
    raw = ndimage.binary_fill_holes(opened(coarse.smooth(raw, ROUGH))) & coarse.deep
    return coarse.in_field(_sharp(coarse, raw, needed))


def _sharp(coarse: Coarse, raw: NDArray[np.bool_], needed: float) -> NDArray[np.bool_]:
    """Of the parts of a mask those that end at a step of colour; the large ones alone are looked at."""
    labels, count = ndimage.label(raw)
    kept = np.zeros(raw.shape, bool)
    for number in range(1, count + 1):
        part = labels == number
        if np.count_nonzero(part) < needed:
            continue
        rim = part & ~ndimage.binary_erosion(part)
        near = ndimage.binary_dilation(part, iterations=EDGE_PX)
        outside = near & ~ndimage.binary_dilation(part, iterations=EDGE_PX - 1) & coarse.deep
        if not outside.any():
            continue
        steps = [
            plane[rim].mean() - plane[outside].mean() for plane in (coarse.lightness, coarse.a, coarse.b)
        ]
        if np.hypot(np.hypot(steps[0], steps[1]), steps[2]) >= EDGE_STEP:
            kept |= part
    return kept
