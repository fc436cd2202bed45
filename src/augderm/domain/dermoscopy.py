"""One dermoscopic image, decoded and upright, at the size it is analysed in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Dermoscopy:
    """A decoded image.

    Attributes:
        pixels: (h, w, 3) uint8, sRGB, upright; at most `limits.WORKING_SIDE_PX` on the long side.
        width_px: width of the upright image before it was reduced, in pixels.
        height_px: its height.
        sha256: hex digest of the file's bytes (of the pixel bytes where there was no file).
        mm_per_px: length of one pixel of the unreduced image in millimetres, where it is known.
        notes: what decoding had to do, each a sentence for a person.
    """

    pixels: NDArray[np.uint8]
    width_px: int
    height_px: int
    sha256: str
    mm_per_px: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def reduction(self) -> float:
        """Pixels of the unreduced image per pixel of `pixels`, >= 1."""
        return self.width_px / int(self.pixels.shape[1])
