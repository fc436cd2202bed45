"""Lesions drawn with known structures in them, in CIE Lab."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.color import lab2rgb

SKIN = (72.0, 12.0, 17.0)
BROWN = (45.0, 14.0, 20.0)
SIDE, RADIUS = 400, 130.0


class Lesion:
    """A round brown lesion on skin, to which structures are added.

    Attributes:
        lab: (SIDE, SIDE, 3).
        mask: (SIDE, SIDE) bool.
    """

    def __init__(self, colour: tuple[float, float, float] = BROWN, radius: float = RADIUS) -> None:
        self.away = np.hypot(*(np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2))
        self.mask = self.away < radius
        self.lab = np.where(self.mask[..., None], colour, SKIN).astype(float)

    def disc(self, x: float, y: float, radius: float, colour: tuple[float, float, float]) -> None:
        """Paint a disc, its centre x, y from the lesion's centre."""
        ys, xs = np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2
        self.lab[np.hypot(xs - x, ys - y) <= radius] = colour

    def line(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        width: float,
        colour: tuple[float, float, float],
    ) -> None:
        """Paint a straight line between two points, x and y from the lesion's centre."""
        ys, xs = np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2
        (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
        along = np.clip(((xs - x) * dx + (ys - y) * dy) / (dx**2 + dy**2), 0, 1)
        self.lab[np.hypot(xs - x - along * dx, ys - y - along * dy) <= width / 2] = colour

    def pixels(self, noise: float = 2.0, blur: float = 0.8) -> NDArray[np.uint8]:
        """(SIDE, SIDE, 3) uint8 sRGB, a little blurred and noisy as from a camera."""
        soft = ndimage.gaussian_filter(self.lab, (blur, blur, 0))
        levels = lab2rgb(soft) * 255 + np.random.default_rng(0).normal(0, noise, soft.shape)
        rounded: NDArray[np.uint8] = np.clip(np.round(levels), 0, 255).astype(np.uint8)
        return rounded
