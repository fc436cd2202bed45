"""What a photograph gives to a comparison: points to hold on to, the lesion, and what lies over the skin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.followup.features import Features, find_features
from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.ruler import RulerScale
from augderm.analysis.small import Small

BORDER_MARGIN = 0.06
"""How far from the lesion skin begins, in diameters of the lesion."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What registration and colours need of a photograph.

    Attributes:
        features: its points.
        mask: (h, w) bool, the lesion; not empty.
        outline: (n, 2) its outline, x and y in pixels.
        hidden: (h, w) bool, hair, ink, bubbles and the like.
        off_lesion: (h, w) bool, skin that lies clear of the border: what is on it goes where the border goes.
    """

    features: Features
    mask: NDArray[np.bool_]
    outline: NDArray[np.float64]
    hidden: NDArray[np.bool_]
    off_lesion: NDArray[np.bool_]

    def on_skin(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the points (n, 2), x and y, lie clear of the lesion."""
        height, width = self.off_lesion.shape
        column, row = np.floor(points).astype(int).T
        off: NDArray[np.bool_] = self.off_lesion[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        return off


def see(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    outline: NDArray[np.float64],
    ruler: RulerScale | None = None,
) -> Sight:
    """Look at a photograph (h, w, 3) uint8 sRGB with its lesion.

    What the instrument brings along (ruler, edge of the lens), and bubbles, ink and patches, are no points to
    hold on to. Hair is: where it has moved meanwhile it agrees with nothing else, and drops out.
    """
    found = view_lesion(Small.of(pixels), mask, ruler=ruler).artefacts
    brought = found.dark_corner | found.bubbles | found.ink | found.patches | found.ruler
    whole = (mask.shape[1], mask.shape[0])
    hidden, moving = (
        np.asarray(Image.fromarray(each).resize(whole, Image.Resampling.NEAREST))
        for each in (found.hidden, brought)
    )
    diameter = 2 * math.sqrt(np.count_nonzero(mask) / math.pi)
    off = ndimage.distance_transform_edt(~mask) > BORDER_MARGIN * diameter
    return Sight(find_features(pixels, moving), mask, outline, hidden, off)
