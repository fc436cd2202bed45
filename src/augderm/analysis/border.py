"""From the network's border probabilities to one clean lesion and its outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import measure

MIN_LESION_FRACTION = 0.001
"""Smallest share of the image that counts as a lesion; below it the find is noise."""


def enlarge(grid: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Resample a coarse map (rows, columns) smoothly to (height, width), values unchanged."""
    image = Image.fromarray(np.ascontiguousarray(grid, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))


def clean_mask(probability: NDArray[np.float32], threshold: float = 0.5) -> NDArray[np.bool_]:
    """The one lesion of a border map: its heaviest region, without holes.

    Args:
        probability: (h, w) float in 0..1, that a pixel belongs to the lesion.
        threshold: above it a pixel counts.

    Returns:
        (h, w) bool; empty where no region reaches `MIN_LESION_FRACTION` of the image.
    """
    inside = probability > threshold
    labels, count = ndimage.label(inside)
    if count == 0:
        return np.zeros(probability.shape, bool)
    if count > 1:
        weights = np.bincount(labels.ravel(), probability.ravel(), minlength=count + 1)
        inside = labels == 1 + int(np.argmax(weights[1:]))
    if np.count_nonzero(inside) < MIN_LESION_FRACTION * inside.size:
        return np.zeros(probability.shape, bool)
    return _without_holes(inside)


def _without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    # Labels the background once, where ndimage.binary_fill_holes dilates step by step; and only that in and
    # around the lesion's box, beyond which it hangs together with the box's rim.
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = (
        slice(max(0, int(rows[0]) - 1), int(rows[-1]) + 2),
        slice(max(0, int(columns[0]) - 1), int(columns[-1]) + 2),
    )
    outside, count = ndimage.label(~mask[box])
    if count <= 1:
        return mask
    frame = np.concatenate([outside[0], outside[-1], outside[:, 0], outside[:, -1]])
    open_to_frame = np.zeros(count + 1, bool)
    open_to_frame[np.unique(frame)] = True
    open_to_frame[0] = False
    filled = mask.copy()
    filled[box] = ~open_to_frame[outside]
    return filled


def outline(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The lesion's closed outline with subpixel smoothness.

    The mask is blurred by one pixel and cut at one half, which takes the pixel stairs away: they
    would lengthen a circle's outline by up to 27 %.

    Returns:
        (n, 2) float: x, y in pixel coordinates where pixel (0, 0) spans 0..1; first = last point.
        Empty (0, 2) for an empty mask.
    """
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if not len(rows):
        return np.zeros((0, 2))
    top, left = int(rows[0]), int(columns[0])
    box = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    margin = 4
    soft = ndimage.gaussian_filter(np.pad(box, margin).astype(np.float32), 1.0, truncate=3.0)
    contours = measure.find_contours(soft, 0.5)
    if not contours:
        return np.zeros((0, 2))
    longest = max(contours, key=len)
    # find_contours counts from pixel centres, rows first.
    xy: NDArray[np.float64] = longest[:, ::-1] + np.array([left, top]) - margin + 0.5
    return xy
