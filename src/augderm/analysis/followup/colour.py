"""The colours of two visits under one light: that in which the skin around looks the same."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.color import to_lab
from augderm.analysis.maps.optical_density import linear_light, srgb_levels
from augderm.analysis.skin import MIN_SKIN_PIXELS, VIEW_MIN_L

RING = (0.06, 0.5)
"""Where the skin around begins and ends, in diameters of the lesion from its border: off the border's own
blur, and near enough to stand in the same light."""
MIN_QUARTERS = 3
"""Quarters around the lesion that must have skin for a slope of the light to be told."""
SMOOTH_PX = 2.0
DARKEST = 1e-3
"""Linear light below which a logarithm says nothing."""


def skin_ring(
    baseline: NDArray[np.uint8],
    laid: NDArray[np.uint8],
    lesion: NDArray[np.bool_],
    usable: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """The skin around a lesion that is well seen at both visits.

    Args:
        baseline, laid: (h, w, 3) uint8 sRGB, in one frame.
        lesion: (h, w) bool, what is lesion at either visit, not empty.
        usable: (h, w) bool, within both frames and nothing over the skin.
    """
    diameter = 2 * math.sqrt(np.count_nonzero(lesion) / math.pi)
    away = ndimage.distance_transform_edt(~lesion)
    ring: NDArray[np.bool_] = (away > RING[0] * diameter) & (away <= RING[1] * diameter) & usable
    for pixels in (baseline, laid):
        ring &= (pixels < 255).all(axis=2)
        # Tells dark corners that fade out from skin.
        ring[ring] = to_lab(pixels[ring])[:, 0] > VIEW_MIN_L
    return ring


def relit(
    baseline: NDArray[np.uint8], laid: NDArray[np.uint8], ring: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """Bring the follow-up under the baseline's light, and a slope of the light over the frame with it.

    Args:
        baseline, laid: (h, w, 3) uint8 sRGB, in one frame.
        ring: `skin_ring`.

    Returns:
        the follow-up, and the factors (3,) on its linear light at the ring's middle (von Kries); None where
        too little skin is in view.
    """
    if np.count_nonzero(ring) < MIN_SKIN_PIXELS:
        return None
    light = linear_light(laid)
    logs = [
        np.log(np.maximum(ndimage.gaussian_filter(each, (SMOOTH_PX, SMOOTH_PX, 0))[ring], DARKEST))
        for each in (linear_light(baseline), light)
    ]
    gain = plane_over(ring, logs[0] - logs[1])
    factors = np.exp(gain)
    rows, columns = np.nonzero(ring)
    return srgb_levels(light * factors), factors[int(rows.mean()), int(columns.mean())].astype(np.float64)


def plane_over(ring: NDArray[np.bool_], values: NDArray[np.floating]) -> NDArray[np.float32]:
    """The plane (h, w, c) through values (n, c) in the ring: level, and its slope where the ring
    surrounds its middle.
    """
    rows, columns = (each.astype(np.float64) for each in np.nonzero(ring))
    y, x = rows - rows.mean(), columns - columns.mean()
    sides = len(np.unique(2 * (x > 0) + (y > 0)))
    terms = [np.ones_like(x)] + ([x, y] if sides >= MIN_QUARTERS else [])
    height, width = ring.shape
    level = np.median(values, axis=0)
    # Spots and hairs that a mask missed are no light: what lies far from the middle value is left out.
    spread = 1.4826 * np.median(np.abs(values - level), axis=0) + 1e-6
    kept = (np.abs(values - level) < 3 * spread + 0.2).all(axis=1)
    if np.count_nonzero(kept) < MIN_SKIN_PIXELS:
        kept[:] = True
    fitted = np.linalg.lstsq(np.stack(terms, axis=1)[kept], values[kept].astype(np.float64), rcond=None)[0]
    plane = np.broadcast_to(fitted[0], (height, width, values.shape[1])).astype(np.float32)
    if len(fitted) > 1:
        across = (np.arange(width) - columns.mean())[None, :, None] * fitted[1]
        down = (np.arange(height) - rows.mean())[:, None, None] * fitted[2]
        plane = plane + (across + down).astype(np.float32)
    return plane
