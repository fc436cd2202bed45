"""A lesion at the size at which its colours and structures are looked at, and what hides it there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.artefacts import ArtefactMasks, find_artefacts
from augderm.analysis.ruler import RulerScale
from augderm.analysis.small import Small


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


def view_lesion(small: Small, mask: NDArray[np.bool_], *, ruler: RulerScale | None = None) -> LesionView:
    """Reduce a lesion and find what hides it.

    Args:
        small: the photograph, reduced.
        mask: (h, w) bool, not empty, of the photograph as it was.
        ruler: what `ruler.find_ruler` found in it.
    """
    cover = _small_cover(mask, *small.size)
    inside = cover >= 0.5
    artefacts = find_artefacts(small.pixels, small.lab, inside, ruler=ruler, factor=small.factor)
    return LesionView(small.lab, cover, inside, artefacts, artefacts.hidden, small.factor)


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
