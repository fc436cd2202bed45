"""What every detector of structures looks at: the lesion's colours, how deep a pixel lies in it, the skin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.lesion_view import LesionView
from augderm.analysis.skin import MIN_SKIN_PIXELS, VIEW_MIN_L

MARGIN_PX = 12
"""Skin around the lesion's bounding box: enough for every blur."""
RIM_PX = 3
"""Depth at which the lesion is itself, and not mixed with skin."""
SKIN_STEP = 4
"""Of the pixels of skin every fourth is enough for their median."""
SHADING_PX, SHADING_STEP = 8.0, 4
"""Blur that keeps the shading alone, and pixels per pixel at which that is enough."""


@dataclass(frozen=True, slots=True, eq=False)
class LesionField:
    """A lesion at the size at which its structures are looked for, that of `Small`.

    A photograph through a dermatoscope shows some 10 to 20 mm, so a pixel is 25 to 50 micrometres: a dot (0.1
    mm) is 2 to 4 pixels wide. It ends MARGIN_PX beyond the lesion, to spare the work on what is skin alone.

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
        return int(np.count_nonzero(where & self.inside)) / max(1, self.area)

    def depth(self) -> NDArray[np.float32]:
        """(h, w) float32, distance to the border in pixels: above 0 inside, below 0 outside."""
        inwards = ndimage.distance_transform_edt(self.inside)
        depth: NDArray[np.float32] = (inwards - ndimage.distance_transform_edt(~self.inside)).astype(
            np.float32
        )
        return depth

    def flat(self) -> NDArray[np.float32]:
        """(h, w) float32, L* of the lesion less its large-scale shading; 0 at its rim and beyond.

        The shading is the mean of what is deep in the lesion alone, so that spots near the border stand out
        as they do in the middle, and the border itself is gone.
        """
        lightness, deep = self.lab[..., 0], self.deep.astype(np.float32)
        weight: NDArray[np.float32] = np.maximum(_blurred(deep), np.float32(1e-6))
        shading: NDArray[np.float32] = _blurred(lightness * deep) / weight
        flat: NDArray[np.float32] = (lightness - enlarged(shading, SHADING_STEP, lightness.shape)) * deep
        return flat


def _blurred(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    small = block_mean(plane, SHADING_STEP)
    blurred: NDArray[np.float32] = ndimage.gaussian_filter(
        small, SHADING_PX / SHADING_STEP, mode="constant", truncate=3.0
    )
    return blurred


def block_mean(plane: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """The mean of each square of `step` pixels; the last row and column are repeated to fill theirs."""
    even = np.pad(plane, [(0, -side % step) for side in plane.shape], mode="edge")
    total = np.zeros_like(even[::step, ::step])
    for row in range(step):
        for column in range(step):
            total += even[row::step, column::step]
    return total / np.float32(step**2)


def enlarged(plane: NDArray[np.float32], step: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The inverse of `block_mean` but for what it averaged: smooth between the squares' middles."""
    height, width = plane.shape
    image = Image.fromarray(plane).resize((width * step, height * step), Image.Resampling.BILINEAR)
    large: NDArray[np.float32] = np.asarray(image)[: shape[0], : shape[1]]
    return large


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
