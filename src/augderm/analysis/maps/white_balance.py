"""White balance from the skin around the lesion, where there is no grey card in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import lab2rgb

from augderm.analysis.maps.optical_density import linear_light
from augderm.analysis.phantom import SKIN_LAB

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""Of linear sRGB (IEC 61966-2-1)."""


def skin_light(light: NDArray[np.float32], skin: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The median linear light (3,) of the skin, by channel; `skin` is (h, w) bool, not empty."""
    median: NDArray[np.float32] = np.median(light[skin], axis=0).astype(np.float32)
    return median


def balanced(light: NDArray[np.float32], skin: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light whose skin has the hue of the reference skin, at its own luminance (von Kries).

    It makes pictures of one person comparable under different lamps. It also takes away what is the
    person's own hue: between persons it says nothing.

    Args:
        light: (h, w, 3) linear sRGB.
        skin: (3,) of the skin, above 0.
    """
    levels = np.round(lab2rgb(np.array([[SKIN_LAB]])) * 255).astype(np.uint8)
    reference = linear_light(levels)[0, 0]
    target = reference * (float(LUMINANCE @ skin) / float(LUMINANCE @ reference))
    levelled: NDArray[np.float32] = (light * (target / skin)).astype(np.float32)
    return levelled
