"""Less noise at the same sharpness: a pixel's amounts averaged with those of its neighbours that are alike.

Non-local means (A. Buades, B. Coll, J.-M. Morel, Multiscale Model Simul 2005;4:490) with a noise that is
known at each pixel: neighbours that differ by no more than their noise are taken for the same skin.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

REACH_PX = 3
"""How far a neighbour may be: a square of 49 pixels, so that noise falls to a seventh at best."""
PATCH_PX = 3
"""Side of the squares that are compared."""
TOLERANCE = 0.3
"""By how much the squared difference of two patches, in units of what noise makes of it, exceeds 1 where the
weight has fallen to 1/e. At 1.0 vessels with 15 % more blood lose a quarter of their contrast, at 0.3 a
tenth (docs/explain/maps.md)."""
MOST_DIFFERENT = 1e3
"""Beyond it a difference is only large; held, so that running sums stay exact."""


def average_alike(
    amounts: NDArray[np.float32], covariance: NDArray[np.float32], *, tolerance: float = TOLERANCE
) -> NDArray[np.float32]:
    """Average each pixel over its alike neighbours.

    Amounts that belong together (of one layer, with one outline) are compared together and get the same
    weights; give others apart.

    Args:
        amounts: (k, h, w); nan where unknown.
        covariance: (k, k, h, w) of the noise at each pixel.
        tolerance: see `TOLERANCE`.

    Returns:
        (k, h, w) float32; unknown where it was.
    """
    known = np.asarray(np.isfinite(amounts).all(axis=0) & np.isfinite(covariance).all(axis=(0, 1)), bool)
    typical = np.median(covariance[..., known], axis=-1) if known.any() else np.zeros((len(amounts),) * 2)
    if not np.linalg.det(typical) > 0:
        return amounts
    own = np.where(known, amounts, 0).astype(np.float32)
    apart, spread = _uncorrelated(own, np.where(known, covariance, 0), typical)
    total = own.copy()
    weight: NDArray[np.float32] = known.astype(np.float32)
    height, width = known.shape
    for down, right in itertools.product(range(REACH_PX + 1), range(-REACH_PX, REACH_PX + 1)):
        if (down, right) <= (0, 0):
            continue  # each pair once
        here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
        if not (known[here].size and known[there].size):
            continue
        both = (known[here] & known[there]).astype(np.float32)
        alike = both * np.exp(-_beyond_noise(apart, spread, here, there, both) / tolerance)
        total[:, *here] += alike * own[:, *there]
        total[:, *there] += alike * own[:, *here]
        weight[here] += alike
        weight[there] += alike
    return np.where(known, total / np.maximum(weight, 1), np.nan).astype(np.float32)


def _uncorrelated(
    amounts: NDArray[np.float32], covariance: NDArray[np.float32], typical: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Sums of the amounts whose noises do not go together, and their variances.

    Told from the typical covariance: how noises go together is ruled by the spectra, and changes little over
    a picture.
    """
    turn = np.linalg.inv(np.linalg.cholesky(typical)).astype(np.float32)
    return np.tensordot(turn, amounts, axes=1), np.einsum("ij,jkhw,ik->ihw", turn, covariance, turn)


def _beyond_noise(
    apart: NDArray[np.float32],
    spread: NDArray[np.float32],
    here: tuple[slice, slice],
    there: tuple[slice, slice],
    both: NDArray[np.float32],
) -> NDArray[np.float32]:
    """By how much the squared difference of the patches around exceeds 1, in units of what noise makes."""
    noise = np.maximum(spread[:, *here] + spread[:, *there], np.finfo(np.float32).tiny)
    differ = ((apart[:, *here] - apart[:, *there]) ** 2 / noise).mean(axis=0)
    differ = np.minimum(differ, MOST_DIFFERENT) * both
    around: NDArray[np.float32] = ndimage.uniform_filter(differ, PATCH_PX)
    if not both.all():
        around /= np.maximum(ndimage.uniform_filter(both, PATCH_PX), 1 / PATCH_PX**2)
    return np.maximum(around - 1, 0)
