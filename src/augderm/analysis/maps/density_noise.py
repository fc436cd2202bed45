"""How noisy each pixel of an optical density is, told from the pictures themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import nnls

DIFFERENCES = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""What neither a slope nor an edge along rows or columns passes (J. Immerkaer, Comput Vis Image Underst
1996;64:300); scaled so that noise keeps its standard deviation."""
MAD_TO_SPREAD = 1.4826
"""Standard deviation of a normal distribution for a median absolute value of 1."""
LEVELS = 12
"""Levels of light at which the noise is told, each with as many pixels."""
MIN_PIXELS = 50
"""Least pixels to tell the noise at a level from: its standard deviation is then known to 12 %."""
MOST_PIXELS = 60_000
"""Pixels of a plane that are looked at: at each level the standard deviation is then known to 1 %."""
AROUND_PX = 5
"""Side of the square over which the light of a pixel is taken."""


def density_variance(density: NDArray[np.float32], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The variance of the noise of each optical density.

    A camera's noise is read-out, shot and a share of the level: a + b L + c L^2 for the light L (as in
    A. Foi et al., IEEE Trans Image Process 2008;17:1737, with a third term for lamp and flat), and that of
    the optical density is this over L^2. The three are fitted, none below 0, to what is seen at `LEVELS`
    levels of each plane. Fine texture counts as noise; noise that a camera has smoothed already is
    underrated.

    Args:
        density: (n, h, w) optical densities, as they were taken, not moved; nan where unknown.
        light: (n, h, w) levels above the dark, of any unit.

    Returns:
        (n, h, w) float32; 0 where a plane shows no noise, nan where the density is unknown.
    """
    return np.stack([_of_plane(plane, lit) for plane, lit in zip(density, light, strict=True)])


def _of_plane(density: NDArray[np.float32], light: NDArray[np.float32]) -> NDArray[np.float32]:
    known = np.isfinite(density)
    around = ndimage.uniform_filter(known.astype(np.float32), AROUND_PX)
    lit = ndimage.uniform_filter(np.where(known, light, 0).astype(np.float32), AROUND_PX)
    lit = np.where(known, lit / np.maximum(around, 1 / AROUND_PX**2), np.nan)
    seen = np.abs(ndimage.convolve(density, DIFFERENCES))
    usable = np.isfinite(seen) & (lit > 0)
    if np.count_nonzero(usable) < MIN_PIXELS:
        return np.where(known, 0, np.nan).astype(np.float32)
    step = -(-np.count_nonzero(usable) // MOST_PIXELS)
    levels, differences = lit[usable][::step], seen[usable][::step]
    order = np.argsort(levels)
    parts = np.array_split(order, min(LEVELS, len(order) // MIN_PIXELS))
    at = np.array([np.median(levels[part]) for part in parts])
    variances = np.array([(MAD_TO_SPREAD * np.median(differences[part])) ** 2 for part in parts])
    # Relative errors count alike at all levels, and a level without noise does not divide by 0.
    weights = 1 / (variances + 1e-3 * variances.max() + 1e-12)
    terms, _ = nnls(_terms(at) * weights[:, None], variances * weights)
    # Beyond the levels that were seen the curve is not known.
    held = np.clip(lit, at[0], at[-1])
    return np.where(known, (_terms(held.ravel()) @ terms).reshape(held.shape), np.nan).astype(np.float32)


def _terms(light: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = light.astype(np.float64)
    return np.stack([1 / wide**2, 1 / wide, np.ones_like(wide)], axis=1)
