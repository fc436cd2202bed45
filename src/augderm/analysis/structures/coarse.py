"""The lesion's colours coarser, for what is of one colour over more than a spot's width, and its forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.structures.lesion_field import LesionField, block_mean

STEP = 2
"""Pixels of the field per pixel here, in each direction: a quarter of the pixels is a quarter of the work."""
SMOOTH_PX = 0.9
"""Blur before a pixel's colour is judged."""
OPENING_PX = 1.5
"""Radius of the narrowest area that counts."""
ROUGH_PX = 1.5
"""Blur that says how rough it is nearby."""


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """A lesion's field at a half of its size.

    Attributes:
        field: what it was made from.
        lightness, a, b: (h, w) float32 L*, a*, b*, blurred by SMOOTH_PX.
        plain: (h, w) float32 L* without the blur.
        deep: (h, w) bool, the lesion itself; its border mixes lesion and skin, so areas begin within.
    """

    field: LesionField
    lightness: NDArray[np.float32]
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    plain: NDArray[np.float32]
    deep: NDArray[np.bool_]

    @classmethod
    def of(cls, field: LesionField) -> Coarse:
        """Reduce a field."""
        planes = [block_mean(field.lab[..., plane], STEP) for plane in range(3)]
        lightness, a, b = (ndimage.gaussian_filter(plane, SMOOTH_PX) for plane in planes)
        deep = block_mean(field.deep.astype(np.float32), STEP) > 0.5
        return cls(field, lightness, a, b, planes[0], deep)

    def pixels_of(self, share: float) -> float:
        """How many pixels here are a share (0..1) of the lesion's area."""
        return share * self.field.area / STEP**2

    def smooth(self, part: NDArray[np.bool_], most: float) -> NDArray[np.bool_]:
        """Of a part (h, w) what is smooth, carried on to the part's edge.

        Args:
            part: (h, w) bool.
            most: standard deviation of L* nearby, at most.
        """
        if not part.any():
            return part
        mean = ndimage.gaussian_filter(self.plain, ROUGH_PX)
        square = ndimage.gaussian_filter(block_mean(self.field.lab[..., 0] ** 2, STEP), ROUGH_PX)
        smooth = part & (square - mean**2 < most**2)
        if not smooth.any():
            return smooth
        # Near its edge the step to other colours makes it rough: there it is taken back.
        carried: NDArray[np.bool_] = ndimage.binary_dilation(
            smooth, iterations=round(2 * ROUGH_PX), mask=part
        )
        return carried

    def in_field(self, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """A mask (h, w) at the field's size, of what is in view."""
        clear = self.field.inside & self.field.clear
        large = np.repeat(np.repeat(where, STEP, axis=0), STEP, axis=1)
        seen: NDArray[np.bool_] = large[: clear.shape[0], : clear.shape[1]] & clear
        return seen


def opened(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask without what is narrow."""
    wide = ndimage.distance_transform_edt(where) > OPENING_PX
    if not wide.any():
        return wide
    grown: NDArray[np.bool_] = ndimage.distance_transform_edt(~wide) <= OPENING_PX
    return grown & where
