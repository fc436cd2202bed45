"""Lesion and skin around it: where the figures of a map are taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from augderm.analysis.border import clean_mask
from augderm.analysis.skin import MIN_SKIN_PIXELS
from augderm.domain.errors import InvalidImage

GAP = 0.05
"""Left out between lesion and skin, in diameters of the lesion: the border is no step."""
RING = 0.6
"""How far the skin around reaches from the border, in diameters of the lesion."""
MIN_LESION_DENSITY = 0.05
"""Least optical density by which a lesion must be darker than what is around it."""
SMOOTH = 0.01
"""Width of the blur before a lesion is looked for, as a share of the longer side."""


def plain_skin(lesion: NDArray[np.bool_], view: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """All that is in view and off the border of the lesion (h, w), not empty."""
    plain: NDArray[np.bool_] = (_diameters_away(lesion) > GAP) & view
    return plain


def _diameters_away(lesion: NDArray[np.bool_]) -> NDArray[np.float64]:
    diameter = 2 * float(np.sqrt(np.count_nonzero(lesion) / np.pi))
    away: NDArray[np.float64] = ndimage.distance_transform_edt(~lesion) / diameter
    return away


def skin_around(lesion: NDArray[np.bool_], view: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ring of skin around a lesion.

    Args:
        lesion: (h, w) bool, not empty.
        view: (h, w) bool, where something was photographed.

    Raises:
        InvalidImage: there is too little skin in view.
    """
    away = _diameters_away(lesion)
    ring: NDArray[np.bool_] = (away > GAP) & (away <= RING) & view
    count = int(np.count_nonzero(ring))
    if count < MIN_SKIN_PIXELS:
        raise InvalidImage(
            f"There are {count} pixels of skin around the lesion (at least {MIN_SKIN_PIXELS} are needed): "
            "maps are told against the skin; photograph the lesion with a margin of skin."
        )
    return ring


def darker_region(density: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The lesion of a stack: its largest region that absorbs more than the rest (Otsu's threshold).

    Args:
        density: (h, w) optical density; nan where unknown.

    Raises:
        InvalidImage: nothing stands out by `MIN_LESION_DENSITY`.
    """
    known = np.isfinite(density)
    if known.any():
        middle = float(np.median(density[known]))
        smooth = ndimage.gaussian_filter(np.where(known, density, middle), SMOOTH * max(density.shape))
        values = smooth[known]
        inside = known & (smooth > threshold_otsu(values)) if np.ptp(values) > 0 else known & False
        lesion = clean_mask(inside.astype(np.float32))
        if lesion.any() and (known & ~lesion).any():
            rise = float(np.median(density[lesion & known]) - np.median(density[known & ~lesion]))
            if rise >= MIN_LESION_DENSITY:
                return lesion
    raise InvalidImage(
        "No lesion was found: nothing is darker than the rest by an optical density of "
        f"{MIN_LESION_DENSITY}; centre the lesion in the field of view, with skin around it."
    )
