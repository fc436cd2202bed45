"""Everything that hides the skin, as one set of masks."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from augderm.analysis.hair import hair_mask_of
from augderm.analysis.overlays import bubble_mask, dark_corner_mask, foreign_colour_masks
from augderm.analysis.ruler import RulerScale

RULER_MARGIN_PX = 3
"""How far the ruler's mask reaches beyond its ticks."""


@dataclass(frozen=True, slots=True, eq=False)
class ArtefactMasks:
    """Where the skin is hidden, (h, w) bool each, of one size."""

    hair: NDArray[np.bool_]
    dark_corner: NDArray[np.bool_]
    bubbles: NDArray[np.bool_]
    ink: NDArray[np.bool_]
    patches: NDArray[np.bool_]
    ruler: NDArray[np.bool_]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Their union."""
        return self.hair | self.dark_corner | self.bubbles | self.ink | self.patches | self.ruler

    def shares(self, within: NDArray[np.bool_]) -> dict[str, float]:
        """The share of an area, not empty, that each hides, 0..1."""
        total = np.count_nonzero(within)
        return {f.name: np.count_nonzero(getattr(self, f.name) & within) / total for f in fields(self)}


def find_artefacts(
    pixels: NDArray[np.uint8],
    lab: NDArray[np.float32],
    lesion: NDArray[np.bool_],
    *,
    ruler: RulerScale | None = None,
    factor: float = 1.0,
) -> ArtefactMasks:
    """Mask what hides the skin.

    Args:
        pixels: (h, w, 3) uint8 sRGB, about 400 pixels on the long side: what is searched is so many pixels
            wide there.
        lab: (h, w, 3), the same in L*a*b*.
        lesion: (h, w) bool.
        ruler: what `ruler.find_ruler` found.
        factor: size of `pixels` over that of the image in which the ruler was found.
    """
    darkest = np.minimum(np.minimum(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    ink, patches = foreign_colour_masks(lab, lesion)
    return ArtefactMasks(
        hair=hair_mask_of(pixels),
        dark_corner=dark_corner_mask(lab, lesion),
        bubbles=bubble_mask(darkest),
        ink=ink,
        patches=patches,
        ruler=_ruler_mask(ruler, factor, lesion.shape),
    )


def _ruler_mask(ruler: RulerScale | None, factor: float, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A band along the ruler's line, as wide to either side as its longest tick is long."""
    if ruler is None:
        return np.zeros(shape, bool)
    (x0, y0), (x1, y1) = ((x * factor, y * factor) for x, y in ruler.line)
    reach = ruler.height_px * factor + RULER_MARGIN_PX
    length = max(math.hypot(x1 - x0, y1 - y0), 1e-9)
    along = np.array([x1 - x0, y1 - y0]) / length * reach
    out = np.array([-along[1], along[0]])
    start, end = np.array([x0, y0]) - along, np.array([x1, y1]) + along
    image = Image.new("1", (shape[1], shape[0]))
    corners = [start + out, end + out, end - out, start - out]
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in corners], fill=1)
    return np.asarray(image)
