"""A lesion at the size at which its colours and structures are looked at, and what hides it there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.artefacts import ArtefactMasks, find_artefacts
from augderm.analysis.color import to_lab
from augderm.analysis.reduce import reduce_to
from augderm.analysis.ruler import RulerScale

VIEW_SIDE_PX = 400
"""Longest side: a quarter of the pixels of 800; averaging over neighbouring pixels takes sensor noise out. A
photograph through a dermatoscope shows some 10 to 20 mm, so a pixel is 25 to 50 micrometres: a dot (0.1 mm)
is 2 to 4 pixels wide."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionView:
    """What is measured of a lesion, made once for all that measures it.

    Attributes:
        lab: (h, w, 3) float32 L*a*b*.
        cover: (h, w) float32, the share of each pixel that is lesion, 0..1.
        inside: (h, w) bool, the lesion, not empty.
        artefacts: what hides the skin.
        hidden: (h, w) bool, their union.
        factor: size of this over that of the image, <= 1.
    """

    lab: NDArray[np.float32]
    cover: NDArray[np.float32]
    inside: NDArray[np.bool_]
    artefacts: ArtefactMasks
    hidden: NDArray[np.bool_]
    factor: float

    @property
    def hidden_share(self) -> float:
        """Share of the lesion that is hidden, 0..1."""
        return int(np.count_nonzero(self.inside & self.hidden)) / int(np.count_nonzero(self.inside))


def view_lesion(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], *, ruler: RulerScale | None = None
) -> LesionView:
    """Reduce a lesion and find what hides it.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        mask: (h, w) bool, not empty.
        ruler: what `ruler.find_ruler` found in `pixels`.
    """
    small, factor = reduce_to(pixels, VIEW_SIDE_PX)
    lab = to_lab(small)
    cover = _small_cover(mask, lab.shape[1], lab.shape[0])
    inside = cover >= 0.5
    artefacts = find_artefacts(small, lab, inside, ruler=ruler, factor=factor)
    return LesionView(lab, cover, inside, artefacts, artefacts.hidden, factor)


def _small_cover(mask: NDArray[np.bool_], width: int, height: int) -> NDArray[np.float32]:
    """The share of each reduced pixel that is lesion, 0..1."""
    cover = mask.astype(np.float32)
    if mask.shape == (height, width):
        return cover
    image = Image.fromarray(cover)
    small = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    if (small >= 0.5).any():
        return small
    # A lesion of a few pixels must not vanish in the reduction.
    touched = np.asarray(image.resize((width, height), Image.Resampling.BOX)) > 0
    return touched.astype(np.float32)
