"""What lies over the skin by its colour: the lens's dark corners, reflections, ink, colour patches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.middle import median_of
from augderm.analysis.skin import MIN_SKIN_PIXELS
from augderm.analysis.valleys import valley_depths

CORNER_MAX_L = 22.0
"""Greatest L* of the dark surround of a lens."""
CORNER_MARGIN_PX = 4
"""Width of the penumbra inside the lens's edge that is masked with it."""
GLARE_LEVEL = 245
"""Least level (0..255) of all channels in a reflection."""
RIM_REACH_PX, RIM_RISE = 4, 34
"""Half-width, and least rise in levels of the darkest channel over both sides, of a bubble's rim."""
INK_BLUER, INK_MAX_B = 12.0, -3.0
"""Ink is bluer than the skin's median b* by so much, and below so much itself."""
GREENER, GREEN_MAX_A = 12.0, -7.0
"""Green is greener than the skin's median a* by so much, and below so much itself: no skin and no lesion is,
in white light, but under a lamp or white balance with a green cast all skin is."""
PATCH_CHROMA = 52.0
"""Least chroma of a yellow or orange patch."""
PATCH_HUES_DEG = (52.0, 150.0)
"""Hues of those patches; red lesions lie below."""
PATCH_MIN_SHARE = 0.004
"""Least share of the image that a patch takes."""
PATCH_CORE_PX = 5
"""A patch still stands when so many pixels are taken off all around; strokes of ink do not."""


def dark_corner_mask(lab: NDArray[np.float32], lesion: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The dark surround of a lens: what is dark, holds a corner of the frame and is not the lesion.

    Args:
        lab: (h, w, 3) L*a*b*, about 400 pixels on the long side.
        lesion: (h, w) bool.
    """
    dark = (lab[..., 0] < CORNER_MAX_L) & ~lesion
    if not (dark[0, 0] or dark[0, -1] or dark[-1, 0] or dark[-1, -1]):
        return np.zeros(dark.shape, bool)
    labels, count = ndimage.label(dark)
    held = np.zeros(count + 1, bool)
    held[[labels[0, 0], labels[0, -1], labels[-1, 0], labels[-1, -1]]] = True
    held[0] = False
    return _widened(held[labels], CORNER_MARGIN_PX)


def bubble_mask(darkest_channel: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Reflections of the lamp and bright rims of gel bubbles, with a pixel around.

    Args:
        darkest_channel: (h, w) uint8, the lowest of each pixel's three: high where it is bright and white.
    """
    rises = valley_depths(255 - darkest_channel, RIM_REACH_PX)
    highest = np.maximum(np.maximum(rises[0], rises[1]), np.maximum(rises[2], rises[3]))
    return _widened((highest >= RIM_RISE) | (darkest_channel >= GLARE_LEVEL), 1)


def foreign_colour_masks(
    lab: NDArray[np.float32], lesion: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Surgical ink, and colour patches (discs laid at the edge of the view).

    Blue, violet and green are no colours of skin, but blue is one of lesions: what lies mostly within the
    lesion is the lesion's own.

    Args:
        lab: (h, w, 3) L*a*b*, about 400 pixels on the long side.
        lesion: (h, w) bool.

    Returns:
        ink and patches, (h, w) bool each.
    """
    a, b = lab[..., 1], lab[..., 2]
    skin = ~lesion & (lab[..., 0] > 2 * CORNER_MAX_L)
    known = np.count_nonzero(skin) >= MIN_SKIN_PIXELS
    skin_a, skin_b = (median_of(a[skin]), median_of(b[skin])) if known else (10.0, 10.0)
    # Black has no hue worth naming.
    seen = lab[..., 0] > CORNER_MAX_L / 2
    blue, green = b < min(INK_MAX_B, skin_b - INK_BLUER), a < min(GREEN_MAX_A, skin_a - GREENER)
    cold = seen & (blue | green)
    low, high = np.tan(np.radians(90 - np.array(PATCH_HUES_DEG)))
    warm = (a * a + b * b > PATCH_CHROMA**2) & (b > 0) & (a < low * b) & (a > high * b)
    none = np.zeros(cold.shape, bool)
    foreign = cold | warm
    if not foreign.any():
        return none, none
    labels, count = ndimage.label(foreign)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    in_lesion = np.bincount(labels[lesion], minlength=count + 1)
    at_frame = np.zeros(count + 1, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        at_frame[edge] = True
    core = ndimage.minimum_filter(foreign.view(np.uint8), 2 * PATCH_CORE_PX + 1, mode="nearest").view(bool)
    thick = np.bincount(labels[core], minlength=count + 1) > 0
    outside = 2 * in_lesion < pixels
    outside[0] = False
    patch = outside & at_frame & thick & (pixels >= PATCH_MIN_SHARE * foreign.size)
    patches = patch[labels]
    ink = (outside & ~patch)[labels] & cold
    return _widened(ink, 1) if ink.any() else ink, _widened(patches, 2) if patches.any() else patches


def _widened(mask: NDArray[np.bool_], by_px: int) -> NDArray[np.bool_]:
    wide: NDArray[np.uint8] = ndimage.maximum_filter(mask.view(np.uint8), 2 * by_px + 1)
    return wide.view(bool)
