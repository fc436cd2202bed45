"""Areas of one colour without structure: veil, scar-like depigmentation, blotches, red areas."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.lesion_field import LesionField, block_mean
from augderm.domain.structures import StructureName

STEP = 2
"""Pixels of the field per pixel here, in each direction: an area is of one colour over more than a spot's
width, and a quarter of the pixels is a quarter of the work."""
SMOOTH_PX = 0.9
"""Blur before a pixel's colour is judged."""
OPENING_PX = 1.5
"""Radius of the narrowest area that counts."""
ROUGH_PX = 1.5
"""Blur that says how rough it is nearby."""
VEIL_L = (25.0, 65.0)
VEIL_B, VEIL_BELOW_SKIN_B = 3.0, 10.0
"""Blue-whitish: b* at most so, and so much below the skin's; neither black nor as light as the skin."""
SCAR_OVER_SKIN_L, SCAR_CHROMA = 2.0, 0.8
"""Scar-like: lighter than the skin by so much L*, its chroma at most this share of the skin's."""
BLOTCH_L, BLOTCH_UNDER_LESION_L, BLOTCH_ROUGH = 38.0, 6.0, 3.0
"""Blotch: L* at most so and so much under the lesion's median, its standard deviation nearby at most so."""
RED_A, RED_OVER_SKIN_A, RED_L = 24.0, 8.0, 30.0
"""Red: a* at least so and so much over the skin's, redder than it is yellow or brown; not darker than L*."""
LEAST_SHARE: Mapping[StructureName, float] = MappingProxyType(
    {
        "blue_whitish_veil": 0.04,
        "scar_like_depigmentation": 0.04,
        "blotch": 0.05,
        "red_area": 0.05,
    }
)
"""Least share of the lesion's area from which an area is located."""


def find_areas(field: LesionField) -> dict[StructureName, NDArray[np.bool_]]:
    """Each area, (h, w) bool at the field's size; empty where there is less of it than `LEAST_SHARE`.

    What is named against the skin (veil, scar, red) is left out where the skin's colour is not in view.
    """
    planes = [block_mean(field.lab[..., plane], STEP) for plane in range(3)]
    lightness, a, b = (ndimage.gaussian_filter(plane, SMOOTH_PX) for plane in planes)
    # The border mixes lesion and skin: areas begin within.
    deep = block_mean(field.deep.astype(np.float32), STEP) > 0.5
    candidates: dict[StructureName, NDArray[np.bool_]] = {}
    if field.skin is not None:
        skin_l, skin_a, skin_b = field.skin
        candidates["blue_whitish_veil"] = (
            (b < min(VEIL_B, skin_b - VEIL_BELOW_SKIN_B)) & (lightness > VEIL_L[0]) & (lightness < VEIL_L[1])
        )
        candidates["scar_like_depigmentation"] = (lightness > skin_l + SCAR_OVER_SKIN_L) & (
            a * a + b * b < SCAR_CHROMA**2 * (skin_a**2 + skin_b**2)
        )
        candidates["red_area"] = (a > max(RED_A, skin_a + RED_OVER_SKIN_A)) & (a > b) & (lightness > RED_L)
    inside = field.lab[field.inside, 0]
    median = float(np.median(inside)) if len(inside) else 0.0
    candidates["blotch"] = lightness < min(BLOTCH_L, median - BLOTCH_UNDER_LESION_L)
    clear, size = field.inside & field.clear, deep.size
    found = {}
    for name, candidate in candidates.items():
        where = candidate & deep
        needed = LEAST_SHARE[name] * field.area / STEP**2
        if name == "blotch" and needed <= np.count_nonzero(where) < size:
            where = _smooth(where, field.lab[..., 0], planes[0])
        if np.count_nonzero(where) < needed:
            found[name] = np.zeros(clear.shape, bool)
            continue
        large = np.repeat(np.repeat(_opened(where), STEP, axis=0), STEP, axis=1)
        found[name] = large[: clear.shape[0], : clear.shape[1]] & clear
    return found


def _smooth(
    dark: NDArray[np.bool_], lightness: NDArray[np.float32], reduced: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Of what is dark, what is smooth, carried on to the edge of the dark."""
    mean = ndimage.gaussian_filter(reduced, ROUGH_PX)
    square = ndimage.gaussian_filter(block_mean(lightness**2, STEP), ROUGH_PX)
    smooth = dark & (square - mean**2 < BLOTCH_ROUGH**2)
    if not smooth.any():
        return smooth
    # Near its edge the step to what is lighter makes it rough: there it is taken back.
    carried: NDArray[np.bool_] = ndimage.binary_dilation(smooth, iterations=round(2 * ROUGH_PX), mask=dark)
    return carried


def _opened(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without what is narrow."""
    wide = ndimage.distance_transform_edt(where) > OPENING_PX
    if not wide.any():
        return wide
    grown: NDArray[np.bool_] = ndimage.distance_transform_edt(~wide) <= OPENING_PX
    return grown & where
