"""Round dark spots in the lesion: dots and globules, and the blue-grey ones of peppering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.structures.blobs import Blobs, bright_blobs
from augderm.analysis.structures.lesion_field import LesionField

RADII = (1.6, 2.3, 3.2, 4.5)
"""In pixels of the field (25 to 50 micrometres each)."""
CONTRAST = 7.0
"""Least difference in L* from what is around."""
BLACK_L = 20.0
"""Darker spots are black, and have no hue."""
BLUE_GREY_B = 4.0
"""Largest b* of a blue-grey spot; brown ones are well above."""
GREY_PX = 40
"""Of the smallest spots that is five."""


def dark_spots(field: LesionField, flat: NDArray[np.float32]) -> Blobs:
    """Dots and globules of any colour.

    Args:
        field: the lesion.
        flat: its `LesionField.flat`.
    """
    return bright_blobs(-flat, field.deep & field.clear, RADII, CONTRAST)


def blue_grey(field: LesionField, spots: Blobs) -> NDArray[np.bool_]:
    """Which of the spots (N,) are blue-grey rather than brown or black."""
    grey: NDArray[np.bool_] = _grey(field.lab)[spots.y.astype(int), spots.x.astype(int)]
    return grey


def may_be_grey(field: LesionField, flat: NDArray[np.float32]) -> bool:
    """Whether enough of the lesion is dark as spots are, and blue-grey, for grey spots to be there."""
    dark = (flat <= -CONTRAST / 2) & field.clear
    return bool(np.count_nonzero(dark & _grey(field.lab)) >= GREY_PX)


def _grey(lab: NDArray[np.float32]) -> NDArray[np.bool_]:
    grey: NDArray[np.bool_] = (lab[..., 2] < BLUE_GREY_B) & (lab[..., 0] > BLACK_L)
    return grey
