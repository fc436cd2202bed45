"""Round red dots in the lesion: dotted vessels, told from pigmented dots by what makes them dark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.blobs import Blobs, bright_blobs
from augderm.analysis.structures.coarse import Coarse
from augderm.analysis.structures.lines import VESSEL_OVER_SKIN_A

RADII = (1.6, 2.8)
"""In pixels of the field (25 to 50 micrometres each). What is wider is a lacuna or a clod, and no dot."""
CONTRAST = 6.0
"""Least difference in a* from what is around."""
BLOOD_SHARE = 0.5
"""Least rise in a* per fall in L*. More haemoglobin raises a* by 0.8 to 1.0 for each L* that it takes, more
melanin by at most 0.1 (the densities of `analysis.maps.chromophores` in the nominal bands of
`analysis.maps.colour_maps`, added to skin and browns): this is in the middle."""
NEARBY_PX, RISE, LEAST_PX = 7, 1.5, 5
"""Whether to look at all: LEAST_PX pixels of `Coarse` redder by RISE than the square around them. The
smallest dots are blurred to a quarter of their contrast there."""
RING = np.linspace(0, 2 * np.pi, 12, endpoint=False)
RING_RADII = 1.6
"""The ring around a dot has so many of its radii, and a pixel."""
FREE = 11
"""Of the ring's points so many are less red than the dot by half of CONTRAST: a line leaves it at two sides,
and the edge of a red area at half of them."""


def dotted_vessels(coarse: Coarse, lines: NDArray[np.int32]) -> Blobs:
    """Red dots that are no darker than blood makes them; the field must know the skin's colour.

    Args:
        coarse: the lesion; the dots are at its field's size.
        lines: (h, w) int32, its linear vessels (`lines.linear_vessels`): their swellings are no dots.
    """
    field = coarse.field
    assert field.skin is not None
    # The mean of the lesion alone: else its whole rim would be redder than the skin beside it.
    deep = coarse.deep.astype(np.float32)
    level = ndimage.uniform_filter(coarse.a * deep, NEARBY_PX) / np.maximum(
        ndimage.uniform_filter(deep, NEARBY_PX), np.float32(1e-3)
    )
    risen = coarse.deep & (coarse.a > level + RISE) & (coarse.a > field.skin[1] + VESSEL_OVER_SKIN_A / 2)
    if np.count_nonzero(risen) < LEAST_PX:
        return Blobs(*np.zeros((4, 0)))
    lightness, redness = field.lab[..., 0], field.lab[..., 1]
    where = (redness > field.skin[1] + VESSEL_OVER_SKIN_A) & field.deep & field.clear & (lines == 0)
    dots = bright_blobs(redness, where, RADII, CONTRAST)
    own_a, around_a = _own_and_around(redness, dots)
    own_l, around_l = _own_and_around(lightness, dots)
    free = (around_a < own_a[:, None] - CONTRAST / 2).sum(axis=1) >= FREE
    return dots[free & (dots.contrast >= BLOOD_SHARE * (np.median(around_l, axis=1) - own_l))]


def _own_and_around(
    plane: NDArray[np.float32], dots: Blobs
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(N,) the mean of five pixels in the middle of each dot, and (N, 12) the plane on the ring around it."""
    height, width = plane.shape

    def at(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
        rows, columns = y.astype(int).clip(0, height - 1), x.astype(int).clip(0, width - 1)
        found: NDArray[np.float32] = plane[rows, columns]
        return found

    x, y = dots.x[:, None], dots.y[:, None]
    near_x, near_y = np.array([0, 1, -1, 0, 0]), np.array([0, 0, 0, 1, -1])
    away = RING_RADII * dots.radius[:, None] + 1
    return at(x + near_x, y + near_y).mean(axis=1), at(x + away * np.cos(RING), y + away * np.sin(RING))
