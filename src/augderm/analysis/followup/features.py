"""Points that can be found again in another photograph of the same skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.feature import SIFT, match_descriptors

FEATURE_SIDE_PX = 480
"""Long side of the picture that is searched: at 800 the search takes three times as long, and most of what
is found besides is noise."""
LIGHT_SIGMA_PX, CONTRAST_SIGMA_PX = 16, 32
"""Widths over which uneven light, and then uneven contrast, are taken out."""
LEVEL_OFFSET, LEAST_CONTRAST = 8.0, 0.02
"""Level, and standard deviation of its logarithm, below which darkness and noise are not blown up."""
LEAST_BLOB = 0.01
"""Least difference of Gaussians of a point; of skin with its contrast evened out, so far weaker than
scikit-image's own for photographs of houses."""
MAX_RATIO = 0.85
"""A match must be closer than the next best by this (Lowe, Int J Comput Vis 2004;60:91, has 0.8); what it
lets through besides the geometry takes out."""
MIN_TO_MATCH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Points (n, 2) float64, x and y in pixels of the picture, and their descriptors (n, 128)."""

    points: NDArray[np.float64]
    descriptors: NDArray[np.uint8]


def find_features(pixels: NDArray[np.uint8], hidden: NDArray[np.bool_]) -> Features:
    """Find SIFT points (`skimage.feature.SIFT`) on the skin.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        hidden: (h, w) bool, what does not belong to the skin: points on it are left out, for a ruler or the
            edge of the lens would be found again wherever the instrument is.
    """
    level, factor = _evened(pixels)
    finder = SIFT(upsampling=1, c_dog=LEAST_BLOB)
    try:
        finder.detect_and_extract(level)
    except RuntimeError:  # its way of saying that it found nothing
        return Features(np.zeros((0, 2)), np.zeros((0, 128), np.uint8))
    points: NDArray[np.float64] = (finder.keypoints[:, ::-1] + 0.5) / factor
    column, row = np.floor(points).astype(int).T
    height, width = hidden.shape
    kept = ~hidden[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return Features(points[kept], finder.descriptors[kept])


def match_features(one: Features, other: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points (m, 2) of either that look alike, row by row; many of them wrongly."""
    if min(len(one.points), len(other.points)) < MIN_TO_MATCH:
        return np.zeros((0, 2)), np.zeros((0, 2))
    pairs = match_descriptors(one.descriptors, other.descriptors, cross_check=True, max_ratio=MAX_RATIO)
    return one.points[pairs[:, 0]], other.points[pairs[:, 1]]


def _evened(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float]:
    """The picture without the lamp's unevenness and with the same contrast everywhere, about 0..1."""
    image = Image.fromarray(pixels).convert("L")
    factor = FEATURE_SIDE_PX / max(image.size)
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    level = np.log(np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float32) + LEVEL_OFFSET)
    detail = level - ndimage.gaussian_filter(level, LIGHT_SIGMA_PX)
    contrast = np.sqrt(ndimage.gaussian_filter(detail**2, CONTRAST_SIGMA_PX)) + LEAST_CONTRAST
    return (detail / contrast / 8 + 0.5).astype(np.float64), factor
