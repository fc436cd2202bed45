"""The follow-up in the baseline's frame, and where its colours differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import ProjectiveTransform, warp

from augderm.analysis.color import to_lab

SMOOTH_PX = 2.0
"""Standard deviation of the blur before colours are compared: above the error of a good registration, so that
an edge that lies a pixel off is no difference."""
OUTSIDE = -255.0
"""Level that stands for nothing."""


def lay_over(
    picture: NDArray[np.uint8], matrix: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Lay a follow-up onto the baseline.

    Args:
        picture: (h', w', c) uint8.
        matrix: (3, 3) from its pixels to the baseline's, where pixel (0, 0) spans 0..1.
        shape: (h, w) of the baseline.

    Returns:
        (h, w, c) uint8, and (h, w) bool, where the follow-up shows anything.
    """
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    inverse = ProjectiveTransform(np.linalg.inv(half) @ np.linalg.inv(matrix) @ half)
    seen = warp(
        picture.astype(np.float32), inverse, output_shape=shape, order=1, mode="constant", cval=OUTSIDE
    )
    # Between inside and outside the values run through what looks like levels: a pixel more is left out.
    covered = ndimage.binary_erosion((seen >= 0).all(axis=2), border_value=1)
    return np.clip(np.round(seen), 0, 255).astype(np.uint8), covered


def colour_difference(
    baseline: NDArray[np.uint8], follow_up: NDArray[np.uint8], covered: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Delta E*ab (h, w) between two pictures (h, w, 3) in one frame; nan where not covered."""
    lab, other = smooth(to_lab(baseline), covered), smooth(to_lab(follow_up), covered)
    difference = np.sqrt(((lab - other) ** 2).sum(axis=2))
    return np.where(covered, difference, np.nan).astype(np.float32)


def smooth(lab: NDArray[np.float32], covered: NDArray[np.bool_]) -> NDArray[np.float32]:
    """L*a*b* (h, w, 3) blurred within what is covered (h, w): nothing from beyond its edge."""
    weight = ndimage.gaussian_filter(covered.astype(np.float32), SMOOTH_PX)
    blurred = ndimage.gaussian_filter(lab * covered[..., None], (SMOOTH_PX, SMOOTH_PX, 0))
    return np.asarray(blurred / np.maximum(weight, 1e-3)[..., None], np.float32)
