"""What every detector of structures looks at: the lesion's colours, how deep a pixel lies in it, the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.skin import MIN_SKIN_PIXELS, VIEW_MIN_L
from augderm.analysis.small import Small

MARGIN_PX = 12
"""Skin around the lesion's bounding box: enough for every blur."""
RIM_PX = 3.0
"""Depth at which the lesion is itself, and not mixed with skin."""
SHADING_PX = 8.0
"""Blur that keeps the shading alone."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionField:
    """A lesion at the size at which its structures are looked for, that of `Small`.

    A photograph through a dermatoscope shows some 10 to 20 mm, so a pixel is 25 to 50 micrometres: a dot (0.1
    mm) is 2 to 4 pixels wide. It ends MARGIN_PX beyond the lesion, to spare the work on what is skin alone.

    Attributes:
        lab: (h, w, 3) float32 L*a*b*.
        inside: (h, w) bool, the lesion.
        depth: (h, w) float32, distance to the border in pixels: above 0 inside, below 0 outside.
        diameter: of the circle of the lesion's area, in pixels.
        skin: median L*, a*, b* of the skin around; None where too little of it is in view.
        clear: (h, w) bool, what is not covered by hair, ink, bubbles or the like.
        flat: (h, w) float32, L* of the lesion carried on beyond its border, less its large-scale shading:
            spots near the border stand out as they do in the middle, and the border itself is gone.
        factor: size of this over that of the image it was made from, <= 1.
        window: rows and columns of the reduced image that it is cut from.
        reduced_px: height and width of the reduced image.
    """

    lab: NDArray[np.float32]
    inside: NDArray[np.bool_]
    depth: NDArray[np.float32]
    diameter: float
    skin: tuple[float, float, float] | None
    clear: NDArray[np.bool_]
    flat: NDArray[np.float32]
    factor: float
    window: tuple[slice, slice]
    reduced_px: tuple[int, int]

    @property
    def area(self) -> int:
        """Of the lesion, in square pixels."""
        return int(self.inside.sum())

    def share(self, where: NDArray[np.bool_]) -> float:
        """Share of the lesion's area that a mask (h, w) covers, 0..1."""
        return float((where & self.inside).sum()) / max(1, self.area)


def lesion_field(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    covered: NDArray[np.bool_] | None = None,
    small: Small | None = None,
) -> LesionField:
    """Make the field of a lesion.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        mask: (h, w) bool, the lesion, not empty.
        covered: (h, w) bool, hair, ink, bubbles and the like; nothing where None.
        small: `pixels` reduced, where that was made already.
    """
    small = small or Small.of(pixels)
    lab = small.lab
    inside = _reduced(mask, small.size)
    clear = ~_reduced(covered, small.size) if covered is not None else np.ones_like(inside)
    around = lab[~inside & clear & (lab[..., 0] > VIEW_MIN_L)]
    skin = np.median(around, axis=0) if len(around) >= MIN_SKIN_PIXELS else None
    window = _window(inside)
    lab, inside, clear = lab[window], inside[window], clear[window]
    depth = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    return LesionField(
        lab=lab,
        inside=inside,
        depth=depth.astype(np.float32),
        diameter=float(2 * np.sqrt(max(1, inside.sum()) / np.pi)),
        skin=None if skin is None else (float(skin[0]), float(skin[1]), float(skin[2])),
        clear=clear,
        flat=_flattened(lab[..., 0], depth),
        factor=small.factor,
        window=window,
        reduced_px=(small.size[1], small.size[0]),
    )


def _window(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return (
        slice(max(0, int(rows[0]) - MARGIN_PX), int(rows[-1]) + 1 + MARGIN_PX),
        slice(max(0, int(columns[0]) - MARGIN_PX), int(columns[-1]) + 1 + MARGIN_PX),
    )


def _flattened(lightness: NDArray[np.float32], depth: NDArray[np.floating]) -> NDArray[np.float32]:
    deep = depth > RIM_PX
    if not deep.any():
        return np.zeros_like(lightness)
    nearest = ndimage.distance_transform_edt(~deep, return_distances=False, return_indices=True)
    carried = lightness[tuple(nearest)]
    flat: NDArray[np.float32] = carried - ndimage.gaussian_filter(carried, SHADING_PX)
    return flat


def _reduced(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    if mask.shape == (size[1], size[0]):
        return mask
    grey = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.BILINEAR)
    small: NDArray[np.bool_] = np.asarray(grey) >= 128
    return small
