"""All measures of one lesion, from its pixels, mask and outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.asymmetry import measure_asymmetry
from augderm.analysis.color import colour_shares, to_lab
from augderm.analysis.edge import border_eighths
from augderm.analysis.reduce import reduce_to
from augderm.analysis.shape import measure_shape, share_on_frame
from augderm.domain.assessment import Measures

COLOUR_SIDE_PX = 400
"""Longest side at which colours are measured: a quarter of the pixels of 800, and averaging over
neighbouring pixels takes sensor noise out of the shares."""
VIEW_MIN_L = 15.0
"""Pixels darker than this (L*) outside the lesion are the dark corners of the lens, not skin."""
MIN_SKIN_PIXELS = 200
"""Fewest skin pixels around a lesion from which its lightness can be told."""


def measure_lesion(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    outline: NDArray[np.float64],
    *,
    reduction: float = 1.0,
    mm_per_px: float | None = None,
) -> Measures:
    """Measure a lesion.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        mask: (h, w) bool, not empty.
        outline: (n, 2) closed outline of the mask, x and y in pixels (`border.outline`).
        reduction: pixels of the original photograph per pixel of `pixels`, >= 1; lengths are given
            in the original's pixels.
        mm_per_px: millimetres per pixel of the original, where known.
    """
    height, width = mask.shape
    shape = measure_shape(outline)
    small, factor = reduce_to(pixels, COLOUR_SIDE_PX)
    lab = to_lab(small)
    cover = _small_cover(mask, lab.shape[1], lab.shape[0])
    small_mask = cover >= 0.5
    lesion = lab[small_mask]
    around = lab[~small_mask, 0]
    around = around[around > VIEW_MIN_L]
    skin_lightness = float(np.median(around)) if len(around) >= MIN_SKIN_PIXELS else None
    asymmetry = measure_asymmetry(cover, lab)
    mean, spread = lesion.mean(axis=0), lesion.std(axis=0)
    return Measures(
        area_px2=shape.area * reduction**2,
        perimeter_px=shape.perimeter * reduction,
        long_axis_px=shape.long_axis * reduction,
        short_axis_px=shape.short_axis * reduction,
        orientation_deg=shape.orientation_deg,
        circularity=shape.circularity,
        shape_asymmetry=asymmetry.shape,
        colour_asymmetry=asymmetry.colour,
        least_asymmetry=asymmetry.least,
        border_eighths=border_eighths(lab[..., 0], outline * factor, shape.area * factor**2),
        colours=colour_shares(lesion, skin_lightness),
        lab_mean=(float(mean[0]), float(mean[1]), float(mean[2])),
        lab_spread=(float(spread[0]), float(spread[1]), float(spread[2])),
        touches_frame=share_on_frame(outline, width, height),
        mm_per_px=mm_per_px,
    )


def _small_cover(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.float32]:
    """The share of each reduced pixel that is lesion, 0..1."""
    cover = mask.astype(np.float32)
    if mask.shape == (height, width):
        return cover
    image = Image.fromarray(cover)
    small = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    if (small >= 0.5).any():
        return small
    # A lesion of a few pixels must not vanish in the reduction.
    touched = np.asarray(image.resize((width, height), Image.Resampling.BOX)) > 0
    return touched.astype(np.float32)
