"""The slow fall of light over a photograph, told from the skin and taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_SKIN_SHARE = 0.1
"""Least share of the frame that must be skin; a surface fitted to less says little of the rest."""
MIN_QUADRANT_SHARE = 0.02
"""Least share of each quadrant of the frame that must be skin, so that the surface is held all around."""
MOST_SAMPLES = 20_000
TRIMMED_AT = 2.5
"""Standard deviations beyond which a pixel is no plain skin (a hair, gloss, another lesion)."""
ROUNDS = 3


def light_field(brightness: NDArray[np.float32], skin: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    """The slow part of the light, as a surface of second degree fitted to the skin.

    A second degree holds the fall of a lamp to one side and of a lens to its rim; a higher one would begin
    to follow the lesion. Pixels far from the surface are left out and it is fitted again.

    Args:
        brightness: (h, w) log10 of the linear light.
        skin: (h, w) bool, where there is plain skin.

    Returns:
        (h, w) float32 log10, with a median of 0 over the skin, to be subtracted; None where the skin does
        not hold it on all sides.
    """
    height, width = brightness.shape
    usable = skin & np.isfinite(brightness)
    halves = [slice(None, height // 2), slice(height // 2, None)]
    sides = [slice(None, width // 2), slice(width // 2, None)]
    quadrants = [float(usable[rows, columns].mean()) for rows in halves for columns in sides]
    if usable.mean() < MIN_SKIN_SHARE or min(quadrants) < MIN_QUADRANT_SHARE:
        return None
    rows, columns = np.nonzero(usable)
    step = max(1, len(rows) // MOST_SAMPLES)
    rows, columns = rows[::step], columns[::step]
    terms = _terms(rows / height * 2 - 1, columns / width * 2 - 1)
    seen = brightness[rows, columns].astype(np.float64)
    kept = np.ones(len(seen), bool)
    for _ in range(ROUNDS):
        weights, *_ = np.linalg.lstsq(terms[kept], seen[kept], rcond=None)
        left = seen - terms @ weights
        spread = 1.4826 * float(np.median(np.abs(left[kept] - np.median(left[kept]))))
        kept = np.abs(left) <= max(TRIMMED_AT * spread, 1e-6)
    y, x = np.mgrid[:height, :width]
    surface = _terms((y / height * 2 - 1).ravel(), (x / width * 2 - 1).ravel()) @ weights
    field = surface.reshape(height, width)
    centred: NDArray[np.float32] = (field - np.median(field[usable])).astype(np.float32)
    return centred


def flattened(light: NDArray[np.float32], field: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Linear light (h, w, 3) with the field divided out, the same in all channels; as it is for None."""
    if field is None:
        return light
    return (light / 10 ** field[..., None]).astype(np.float32)


def _terms(y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
