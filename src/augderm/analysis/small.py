"""One photograph at the size at which it is measured: reduced and converted once, for all who measure it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.color import to_lab
from augderm.analysis.reduce import reduce_to

SMALL_SIDE_PX = 400
"""Longest side at which colours, quality and what hides the skin are measured, so that limits mean the same
for every camera: a quarter of the pixels of 800, and averaging over neighbouring pixels takes sensor noise
out of the shares. A photograph through a dermatoscope shows some 10 to 20 mm, so a pixel is 25 to 50
micrometres: a dot (0.1 mm) is 2 to 4 pixels wide."""


@dataclass(frozen=True, eq=False)
class Small:
    """A photograph of at most `SMALL_SIDE_PX` on its long side.

    Attributes:
        pixels: (h, w, 3) uint8 sRGB.
        factor: its size over that of the photograph that it was made from, <= 1.
    """

    pixels: NDArray[np.uint8]
    factor: float

    @classmethod
    def of(cls, pixels: NDArray[np.uint8]) -> Small:
        """Reduce (h, w, 3) uint8 sRGB; what is small enough stays as it is."""
        return cls(*reduce_to(pixels, SMALL_SIDE_PX))

    @cached_property
    def lab(self) -> NDArray[np.float32]:
        """(h, w, 3) float32 L*a*b*; made when first asked for."""
        return to_lab(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]
