"""Bringing pictures of one lesion onto each other, by a shift."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.signal.windows import hann
from skimage.registration import phase_cross_correlation

MAX_SHIFT = 0.1
"""Largest shift that is believed, as a share of the shorter side: beyond it the hand has moved so far that
the skin has turned or stretched too, which a shift does not undo."""
MIN_AGREEMENT = 0.3
"""Least correlation of the edges after the shift. The best of all shifts always agrees a little: of 25 pairs
of unlike textures none was above 0.24 at 96 pixels, nor above 0.16 at 200."""
STEPS_PER_PIXEL = 20
"""The shift is told to 1/20 of a pixel."""
EDGE_SIGMA_PX = 1.5
"""Width of the derivative that finds edges: wide enough to leave out the noise of single pixels."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far a picture must be moved to lie on the reference.

    Attributes:
        down_px, right_px: the move.
        agreement: correlation of the edges after it, -1..1.
        believed: whether it is within `MAX_SHIFT` and agrees by `MIN_AGREEMENT`.
    """

    down_px: float
    right_px: float
    agreement: float
    believed: bool


def find_shift(reference: NDArray[np.float32], moving: NDArray[np.float32]) -> Shift:
    """Find the shift by the cross-correlation of the edges (`skimage.registration`).

    Edges, and not levels: a vessel or network line stays where it is while its contrast changes with the
    wavelength or the polarisation, and may even turn over.

    Args:
        reference, moving: (h, w) of one shape; nan where unknown.
    """
    height, width = reference.shape
    window = np.outer(hann(height), hann(width)).astype(np.float32)
    fixed, loose = _edges(reference), _edges(moving)
    if not (fixed.any() and loose.any()):
        return Shift(0.0, 0.0, 0.0, believed=False)
    found, _, _ = phase_cross_correlation(
        fixed * window, loose * window, upsample_factor=STEPS_PER_PIXEL, normalization=None
    )
    down, right = float(found[0]), float(found[1])
    moved = ndimage.shift(loose, (down, right), order=1, cval=0.0)
    agreement = _correlation(fixed * window, moved * window)
    near = max(abs(down), abs(right)) <= MAX_SHIFT * min(height, width)
    return Shift(down, right, agreement, near and agreement >= MIN_AGREEMENT)


def moved_by(picture: NDArray[np.float32], shift: Shift) -> NDArray[np.float32]:
    """A picture (h, w) or (h, w, c) moved; nan where nothing was photographed."""
    by = (shift.down_px, shift.right_px) + (0.0,) * (picture.ndim - 2)
    if not any(by):
        return picture
    moved: NDArray[np.float32] = ndimage.shift(picture, by, order=1, cval=np.nan)
    return moved


def moved_variance(variance: NDArray[np.float32], shift: Shift) -> NDArray[np.float32]:
    """The variance (h, w) of the noise of a picture after `moved_by`.

    A part of a pixel's shift takes the mean of two neighbours, whose noises partly cancel: for weights f and
    1 - f the variance falls to f^2 + (1 - f)^2 in each direction.
    """
    parts = [by - math.floor(by) for by in (shift.down_px, shift.right_px)]
    kept = math.prod(part**2 + (1 - part) ** 2 for part in parts)
    return np.float32(kept) * moved_by(variance, shift)


def _edges(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    known = np.isfinite(picture)
    middle = float(np.median(picture[known])) if known.any() else 0.0
    whole = np.where(known, picture, middle).astype(np.float32)
    edges: NDArray[np.float32] = ndimage.gaussian_gradient_magnitude(whole, EDGE_SIGMA_PX)
    centred: NDArray[np.float32] = edges - edges.mean()
    return centred


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0
