"""Fit what images that the network learned from look like to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.learn.blank_skin import MIN_WINDOWS, fit_blankness
from augderm.reader.novelty import NoveltyModel

DISTANCE_PERCENTILE = 97.5
"""Of the calibration images' distances: the limit. The others abstain, though they are true lesions."""
BLANK_PERCENTILE = 99.0
"""Of the calibration images' blankness: above it an image counts as blank skin."""
MIN_IMAGES = 20
"""Fewest images of a modality; with fewer, nothing is said of novelty in it."""
SMALLEST_SPREAD = 1e-6
"""A feature that spreads less is silent; dividing by its spread would make noise of it."""

Floats = NDArray[np.floating]


def fit_novelty(
    learned: Floats, kept_apart: Floats, *, blank: Floats | None = None, windows: Floats | None = None
) -> NoveltyModel | None:
    """Mean and whitening of the images learned from, blankness, and limits on images that were not.

    Args:
        learned: (N, F) features of training images.
        kept_apart: (M, F) of calibration images: the network knows those it was trained on too well for a
            limit.
        blank: (B, F) of windows of skin without a lesion.
        windows: (L, F) of windows of the same size on lesions.

    Returns:
        None where there are too few images; without blankness where there are too few windows.
    """
    if min(len(learned), len(kept_apart)) < MIN_IMAGES:
        return None
    features = np.asarray(learned, np.float64)
    mean = features.mean(axis=0)
    spread = np.maximum(features.std(axis=0), SMALLEST_SPREAD)
    # Of unit spread first: the shrinkage is towards one variance for all features.
    covariance = shrunk_covariance((features - mean) / spread)
    variances, axes = np.linalg.eigh(covariance)
    whitening = (axes / np.sqrt(np.maximum(variances, SMALLEST_SPREAD))) @ axes.T / spread[:, None]
    plain = NoveltyModel(
        mean=mean.astype(np.float32),
        whitening=whitening.astype(np.float32),
        blankness=np.zeros(len(mean) + 1, np.float32),
        limit=1.0,
    )
    return NoveltyModel(
        mean=plain.mean,
        whitening=plain.whitening,
        blankness=_blankness(plain, learned, kept_apart, blank, windows),
        limit=float(np.percentile(plain.scores(kept_apart), DISTANCE_PERCENTILE)),
    )


def _blankness(
    plain: NoveltyModel, learned: Floats, kept_apart: Floats, blank: Floats | None, windows: Floats | None
) -> NDArray[np.float32]:
    if blank is None or windows is None or min(len(blank), len(windows)) < MIN_WINDOWS:
        return plain.blankness
    # Whole images and windows on lesions: neither size nor blur may tell them from blank skin.
    lesions = plain.whitened(np.vstack([learned, windows]))
    weights, offset = fit_blankness(plain.whitened(blank), lesions)
    limit = np.percentile(plain.whitened(kept_apart) @ weights + offset, BLANK_PERCENTILE)
    return np.append(weights, offset - limit).astype(np.float32)


def shrunk_covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance (D, D) of centred rows (N, D), shrunk towards a multiple of the identity.

    By as much as is best in mean square (Ledoit and Wolf, J Multivariate Analysis 2004).
    """
    count, size = centred.shape
    covariance = centred.T @ centred / count
    level = np.trace(covariance) / size
    away = float((covariance**2).sum() - size * level**2)
    squares = centred**2
    noise = float((squares.T @ squares).sum() / count - (covariance**2).sum()) / count
    share = min(noise / away, 1.0) if away > 0 else 1.0
    shrunk: NDArray[np.float64] = (1 - share) * covariance + share * level * np.eye(size)
    return shrunk
