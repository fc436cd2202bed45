"""Areas of one colour without structure: veil, scar-like depigmentation, blotches, red areas."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.lesion_field import LesionField

SMOOTH_PX = 2.0
"""Blur before a pixel's colour is judged: an area is of one colour over more than a spot's width."""
OPENING_PX = 3
"""Radius of the narrowest area that counts."""
BORDER_PX = 3.0
"""The border mixes lesion and skin: areas begin this deep inside."""
VEIL_L = (25.0, 65.0)
VEIL_B, VEIL_BELOW_SKIN_B = 3.0, 10.0
"""Blue-whitish: b* at most so, and so much below the skin's; neither black nor as light as the skin."""
SCAR_OVER_SKIN_L, SCAR_CHROMA = 2.0, 0.8
"""Scar-like: lighter than the skin by so much L*, its chroma at most this share of the skin's."""
BLOTCH_L, BLOTCH_UNDER_LESION_L, BLOTCH_ROUGH = 38.0, 6.0, 3.0
"""Blotch: L* at most so and so much under the lesion's median, its standard deviation nearby at most so."""
RED_A, RED_OVER_SKIN_A, RED_L = 24.0, 8.0, 30.0
"""Red: a* at least so and so much over the skin's, redder than it is yellow or brown; not darker than L*."""


def blue_whitish_veil(field: LesionField) -> NDArray[np.bool_]:
    """(h, w) bool; empty where the skin's colour is not in view."""
    lightness, _, b = _smoothed(field)
    if field.skin is None:
        return np.zeros(field.inside.shape, bool)
    blue = (b < VEIL_B) & (b < field.skin[2] - VEIL_BELOW_SKIN_B)
    return _area(field, blue & (lightness > VEIL_L[0]) & (lightness < VEIL_L[1]))


def scar_like(field: LesionField) -> NDArray[np.bool_]:
    """(h, w) bool: lighter and paler than the skin around; empty where that is not in view."""
    lightness, a, b = _smoothed(field)
    if field.skin is None:
        return np.zeros(field.inside.shape, bool)
    pale = np.hypot(a, b) < SCAR_CHROMA * np.hypot(field.skin[1], field.skin[2])
    return _area(field, pale & (lightness > field.skin[0] + SCAR_OVER_SKIN_L))


def blotches(field: LesionField) -> NDArray[np.bool_]:
    """(h, w) bool: dark and smooth."""
    lightness, _, _ = _smoothed(field)
    median = float(np.median(field.lab[field.inside, 0]))
    dark = (lightness < BLOTCH_L) & (lightness < median - BLOTCH_UNDER_LESION_L)
    mean = ndimage.gaussian_filter(field.lab[..., 0], OPENING_PX)
    square = ndimage.gaussian_filter(field.lab[..., 0] ** 2, OPENING_PX)
    smooth = dark & (np.sqrt(np.maximum(square - mean**2, 0)) < BLOTCH_ROUGH)
    # Near its edge the step to what is lighter makes it rough: there it is taken back.
    dark = ndimage.binary_dilation(smooth, iterations=2 * OPENING_PX, mask=dark) if smooth.any() else smooth
    return _area(field, dark)


def red_areas(field: LesionField) -> NDArray[np.bool_]:
    """(h, w) bool: milky red or red, not brown; empty where the skin's colour is not in view."""
    lightness, a, b = _smoothed(field)
    if field.skin is None:
        return np.zeros(field.inside.shape, bool)
    red = (a > RED_A) & (a > field.skin[1] + RED_OVER_SKIN_A) & (a > b) & (lightness > RED_L)
    return _area(field, red)


def _smoothed(field: LesionField) -> tuple[NDArray[np.float32], ...]:
    return tuple(ndimage.gaussian_filter(field.lab[..., plane], SMOOTH_PX) for plane in range(3))


def _area(field: LesionField, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without what is narrow, near the border or covered."""
    wide = ndimage.distance_transform_edt(where & (field.depth > BORDER_PX)) >= OPENING_PX
    if not wide.any():
        return np.zeros(where.shape, bool)
    grown = ndimage.distance_transform_edt(~wide) < OPENING_PX
    found: NDArray[np.bool_] = grown & field.inside & field.clear
    return found
