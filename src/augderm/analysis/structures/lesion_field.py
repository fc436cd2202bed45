"""What every detector of structures looks at: the lesion's colours, how deep a pixel lies in it, the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.lesion_view import LesionView
from augderm.analysis.skin import MIN_SKIN_PIXELS, VIEW_MIN_L

MARGIN_PX = 12
"""Skin around the lesion's bounding box: enough for every blur."""
RIM_PX = 3
"""Depth at which the lesion is itself, and not mixed with skin."""
SKIN_STEP = 4
"""Of the pixels of skin every fourth is enough for their median."""
SHADING_PX = 8.0
"""Blur that keeps the shading alone."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionField:
    """A lesion at the size at which its structures are looked for.

    It ends MARGIN_PX beyond the lesion, to spare the work on what is skin alone.

    Attributes:
        lab: (h, w, 3) float32 L*a*b*.
        inside: (h, w) bool, the lesion.
        deep: (h, w) bool, the lesion itself, more than RIM_PX from its border.
        skin: median L*, a*, b* of the skin around; None where too little of it is in view.
        clear: (h, w) bool, what is not covered by hair, ink, bubbles or the like.
        factor: size of this over that of the image it was made from, <= 1.
        window: rows and columns of the reduced image that it is cut from.
        reduced_px: height and width of the reduced image.
    """

    lab: NDArray[np.float32]
    inside: NDArray[np.bool_]
    deep: NDArray[np.bool_]
    skin: tuple[float, float, float] | None
    clear: NDArray[np.bool_]
    factor: float
    window: tuple[slice, slice]
    reduced_px: tuple[int, int]

    @property
    def area(self) -> int:
        """Of the lesion, in square pixels."""
        return int(np.count_nonzero(self.inside))

    @property
    def diameter(self) -> float:
        """Of the circle of the lesion's area, in pixels."""
        return float(2 * np.sqrt(max(1, self.area) / np.pi))

    def share(self, where: NDArray[np.bool_]) -> float:
        """Share of the lesion's area that a mask (h, w) covers, 0..1."""
        return np.count_nonzero(where & self.inside) / max(1, self.area)

    def depth(self) -> NDArray[np.float32]:
        """(h, w) float32, distance to the border in pixels: above 0 inside, below 0 outside."""
        inwards = ndimage.distance_transform_edt(self.inside)
        depth: NDArray[np.float32] = (inwards - ndimage.distance_transform_edt(~self.inside)).astype(
            np.float32
        )
        return depth

    def flat(self) -> NDArray[np.float32]:
        """(h, w) float32, L* of the lesion carried on beyond its border, less its large-scale shading.

        Spots near the border stand out as they do in the middle, and the border itself is gone.
        """
        lightness = self.lab[..., 0]
        if not self.deep.any():
            return np.zeros_like(lightness)
        nearest = ndimage.distance_transform_edt(~self.deep, return_distances=False, return_indices=True)
        carried = lightness[tuple(nearest)]
        flat: NDArray[np.float32] = carried - ndimage.gaussian_filter(carried, SHADING_PX, truncate=3.0)
        return flat


def lesion_field(view: LesionView) -> LesionField:
    """Cut the field of a lesion out of its view; the view's lesion must not be empty."""
    lab, inside = view.lab, view.inside
    around = lab[~inside & ~view.hidden]
    around = around[around[:, 0] > VIEW_MIN_L]
    skin = np.median(around[::SKIN_STEP], axis=0) if len(around) >= MIN_SKIN_PIXELS else None
    window = _window(inside)
    whole = inside[window]
    narrow = ndimage.minimum_filter(whole.view(np.uint8), 2 * RIM_PX + 1, mode="nearest")
    return LesionField(
        lab=np.ascontiguousarray(lab[window].transpose(2, 0, 1)).transpose(1, 2, 0),
        inside=whole,
        deep=narrow.view(bool),
        skin=None if skin is None else (float(skin[0]), float(skin[1]), float(skin[2])),
        clear=~view.hidden[window],
        factor=view.factor,
        window=window,
        reduced_px=inside.shape,
    )


def _window(inside: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    return (
        slice(max(0, int(rows[0]) - MARGIN_PX), int(rows[-1]) + 1 + MARGIN_PX),
        slice(max(0, int(columns[0]) - MARGIN_PX), int(columns[-1]) + 1 + MARGIN_PX),
    )
