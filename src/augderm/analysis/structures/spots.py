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


def dark_spots(field: LesionField) -> Blobs:
    """Dots and globules of any colour."""
    return bright_blobs(-field.flat(), field.deep & field.clear, RADII, CONTRAST)


def blue_grey(field: LesionField, spots: Blobs) -> NDArray[np.bool_]:
    """Which of the spots (N,) are blue-grey rather than brown or black."""
    colour: NDArray[np.float32] = field.lab[spots.y.astype(int), spots.x.astype(int)]
    grey: NDArray[np.bool_] = (colour[:, 2] < BLUE_GREY_B) & (colour[:, 0] > BLACK_L)
    return grey


def may_be_grey(field: LesionField) -> bool:
    """Whether enough of the lesion has the colour of blue-grey spots for some to be there."""
    lab = field.lab
    grey = (lab[..., 2] < BLUE_GREY_B) & (lab[..., 0] > BLACK_L) & field.deep & field.clear
    return bool(np.count_nonzero(grey) >= GREY_PX)
