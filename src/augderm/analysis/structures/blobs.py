"""Round spots of a plane, by the determinant of the Hessian in scale space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.hessian import curvature

ROUND = 0.35
"""Least ratio of the two curvatures at a spot's centre: 1 is a disc, 0 a line."""
DISC = float(np.e / 2)
"""Height of a disc over the normalised response -s^2 (L_xx + L_yy) at its centre, at the best scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Blobs:
    """Spots, the strongest first.

    Attributes:
        x, y: (N,) centres in pixels (a pixel's centre is at 0.5).
        radius: (N,) in pixels.
        contrast: (N,) by how much the plane rises over what is around, in its own units.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    radius: NDArray[np.float64]
    contrast: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, which: NDArray[np.bool_]) -> Blobs:
        return Blobs(self.x[which], self.y[which], self.radius[which], self.contrast[which])

    def drawn(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """A mask (h, w) of all discs."""
        mask = np.zeros(shape, bool)
        for x, y, radius in zip(self.x, self.y, self.radius, strict=True):
            rows = slice(max(0, int(y - radius)), int(y + radius) + 2)
            columns = slice(max(0, int(x - radius)), int(x + radius) + 2)
            ys, xs = np.ogrid[rows, columns]
            inside = np.hypot(xs + 0.5 - x, ys + 0.5 - y) <= radius
            part = mask[rows, columns]
            part |= inside[: part.shape[0], : part.shape[1]]
        return mask


def bright_blobs(
    plane: NDArray[np.float32], where: NDArray[np.bool_], radii: tuple[float, ...], least_contrast: float
) -> Blobs:
    """Spots that are brighter than what is around them.

    A Gaussian of standard deviation s answers most to a disc of radius s * sqrt(2) (Lindeberg, IJCV 1998).
    The contrast is that of a disc of this radius and of the same response: -L_xx - L_yy, normalised by s^2,
    is 2 / e of a disc's height at its best scale.

    Args:
        plane: (h, w), any unit.
        where: (h, w) bool, where a spot's centre may lie.
        radii: in pixels, ascending; spots of about these are found.
        least_contrast: in the plane's unit.
    """
    contrasts = []
    for radius in radii:
        bent = curvature(plane, radius / np.sqrt(2))
        # Both curvatures must fall off: the weaker over the stronger says how round it is.
        weaker, stronger = -bent.greatest, -bent.least
        contrast = np.where((weaker > ROUND * stronger) & (stronger > 0), (weaker + stronger) * DISC, 0)
        contrasts.append(contrast)
    stack = np.stack(contrasts)
    # A spot is the strongest within its own radius and among the scales.
    best = stack.argmax(axis=0)
    peak = np.take_along_axis(stack, best[None], axis=0)[0]
    strong = (peak >= least_contrast) & where
    for scale in np.unique(best[strong]):
        around = ndimage.maximum_filter(stack[scale], size=2 * round(radii[scale]) + 1, mode="nearest")
        strong &= (best != scale) | (peak >= around)
    ys, xs = np.nonzero(strong)
    order = np.argsort(-peak[ys, xs], kind="stable")
    ys, xs = ys[order], xs[order]
    return _apart(
        xs.astype(np.float64) + 0.5,
        ys.astype(np.float64) + 0.5,
        np.array(radii)[best[ys, xs]],
        peak[ys, xs].astype(np.float64),
    )


def _apart(
    x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64], contrast: NDArray[np.float64]
) -> Blobs:
    """Without the spots that lie within a stronger one."""
    kept: list[int] = []
    for i in range(len(x)):
        if kept:
            distance = np.hypot(x[kept] - x[i], y[kept] - y[i])
            if (distance < np.maximum(radius[kept], radius[i])).any():
                continue
        kept.append(i)
    return Blobs(x[kept], y[kept], radius[kept], contrast[kept])
