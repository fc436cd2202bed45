"""Where bare skin is in view on a photograph of a body region: not the wall, clothes, or hair of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.color import to_lab
from augderm.analysis.reduce import reduce_to
from augderm.analysis.skin import VIEW_MIN_L

LOOK_SIDE_PX = 400
"""Long side of the picture on which skin is told from the rest."""
HUES_DEG, MIN_CHROMA = (10.0, 88.0), 6.0
"""Hue (from a* towards b*) and least chroma that skin has in any light that leaves it looking like skin."""
MIN_HUE_REACH_DEG, REACH = 12.0, 4.0
"""Skin is what lies within so many robust standard deviations of the commonest hue, at least so far."""
MAX_HOLE_SHARE = 0.004
"""Share of the frame up to which what is unlike skin, and surrounded by it, is a lesion and not a cover."""
MIN_PART_SHARE = 0.02
"""Share of the frame below which something like skin is none of the region."""
MARGIN_PX = 2
"""Of `LOOK_SIDE_PX`: the edge of the skin is mixed with what lies beside it."""


def bare_skin(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell skin by its hue.

    Args:
        pixels: (h, w, 3) uint8 sRGB.

    Returns:
        (h, w) bool; all False where nothing looks like skin. Clothes and walls of the hue of skin count as
        skin: they cannot be told apart here.
    """
    small, _ = reduce_to(pixels, LOOK_SIDE_PX)
    lab = to_lab(small)
    a, b = lab[..., 1], lab[..., 2]
    hue = np.degrees(np.arctan2(b, a))
    like = (lab[..., 0] > VIEW_MIN_L) & (np.hypot(a, b) > MIN_CHROMA)
    like &= (hue > HUES_DEG[0]) & (hue < HUES_DEG[1])
    if like.any():
        middle = float(np.median(hue[like]))
        reach = max(MIN_HUE_REACH_DEG, REACH * 1.4826 * float(np.median(np.abs(hue[like] - middle))))
        like &= np.abs(hue - middle) < reach
    like = ndimage.binary_opening(like, iterations=1)
    like = _without_small(~like, MAX_HOLE_SHARE, inverted=True)
    like = _without_small(like, MIN_PART_SHARE, inverted=False)
    # The frame's edge is no edge of the skin.
    like = ndimage.binary_erosion(like, iterations=MARGIN_PX, border_value=1)
    size = (pixels.shape[1], pixels.shape[0])
    whole = Image.fromarray(like.astype(np.uint8) * np.uint8(255)).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(whole) > 127


def _without_small(mask: NDArray[np.bool_], share: float, *, inverted: bool) -> NDArray[np.bool_]:
    """Without parts below a share of the frame; of what is left the opposite, where `inverted`."""
    labels, count = ndimage.label(mask)
    large = np.bincount(labels.ravel(), minlength=count + 1) >= share * mask.size
    large[0] = False
    kept: NDArray[np.bool_] = large[labels]
    return ~kept if inverted else kept
