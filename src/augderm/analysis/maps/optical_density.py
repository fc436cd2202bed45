"""From levels to reflectance and optical density, the scale on which absorbers add up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidImage

MIN_REFLECTANCE = 1e-3
"""Below it nothing came back that can be told from the camera's own noise: an optical density of 3."""
MAX_UNLIT_SHARE = 0.05
"""Largest share of a flat's pixels that may be no brighter than the dark: dead pixels and the corners
outside a round field of view would be more, so a flat is taken without a mask."""


def linear_light(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """SRGB levels to linear light (IEC 61966-2-1).

    Args:
        pixels: (..., 3) uint8 sRGB.

    Returns:
        (..., 3) float32 in 0..1.
    """
    level = np.arange(256) / 255
    light = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)[pixels]


def srgb_levels(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light (..., 3) to sRGB levels; what is outside 0..1 is clipped."""
    held = np.clip(light, 0, 1)
    level = np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055)
    return np.round(level * 255).astype(np.uint8)


def reflectance(
    planes: NDArray[np.float32], dark: NDArray[np.float32] | None, flat: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """The share of the light that came back, by plane.

    Args:
        planes: (n, h, w) linear levels; nan where a pixel was saturated.
        dark: levels without light, (n, h, w); 0 where None.
        flat: levels of a white standard in the same light, (n, h, w). Where None, the levels are divided
            by the brightest of each plane: the unknown factor is then a shift of the optical density.

    Returns:
        (n, h, w) float32; nan where there is no light to divide by.

    Raises:
        InvalidImage: a plane has no light or is saturated all over, or its flat is no brighter than its
            dark.
    """
    for index, plane in enumerate(planes):
        if np.isnan(plane).all():
            raise InvalidImage(f"Plane {index + 1} is saturated all over; expose it less.")
    zero = np.float32(0) if dark is None else dark
    light = planes - zero
    if flat is None:
        white = np.nanpercentile(light, 99.5, axis=(1, 2), keepdims=True)
        for dark_plane in np.flatnonzero(~(white[:, 0, 0] > 0)):
            raise InvalidImage(
                f"Plane {dark_plane + 1} is no brighter than the dark: no light; take it again."
            )
        reflected: NDArray[np.float32] = (light / white).astype(np.float32)
        return reflected
    white = flat - zero
    unlit = ~(white > 0)
    for index, share in enumerate(unlit.mean(axis=(1, 2))):
        if share > MAX_UNLIT_SHARE:
            raise InvalidImage(
                f"The flat of plane {index + 1} is no brighter than the dark, or saturated, in "
                f"{100 * share:.0f} % of its pixels (the limit is {100 * MAX_UNLIT_SHARE:.0f} %): a flat is "
                "the picture of a white standard in the same light; take it again, or leave it out."
            )
    return np.where(unlit, np.nan, light / np.where(unlit, 1, white)).astype(np.float32)


def optical_density(reflected: NDArray[np.float32]) -> NDArray[np.float32]:
    """-log10 of the reflectance (Beer and Lambert's law makes absorbers add up on this scale).

    nan where the reflectance is below `MIN_REFLECTANCE` or unknown.
    """
    seen = reflected >= MIN_REFLECTANCE
    return np.where(seen, -np.log10(np.where(seen, reflected, 1)), np.nan).astype(np.float32)
