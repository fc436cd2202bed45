"""Colours of a lesion: CIE Lab, and the six colours that dermoscopy names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

from augderm.domain.assessment import ColourShare

DERMOSCOPIC_COLOURS: dict[str, tuple[float, float, float]] = {
    # Our own prototypes in CIE L*a*b* (D65): the ABCD rule names the colours but no values. White
    # counts only where it is lighter than the skin around (Nachbar 1994).
    "white": (88.0, 4.0, 6.0),
    "red": (52.0, 42.0, 22.0),
    "light_brown": (60.0, 17.0, 25.0),
    "dark_brown": (30.0, 14.0, 14.0),
    "blue_grey": (48.0, -2.0, -8.0),
    "black": (10.0, 2.0, 1.0),
}
PRESENT_SHARE = 0.03
"""Least share of the lesion's area at which a colour counts as present; below it are stray pixels
of hair, glare and edges."""
WHITE_OVER_SKIN_L = 2.0
"""How much lighter (L*) than the median skin around it a pixel must be to count as white."""


def to_lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """SRGB (..., 3) uint8 to CIE L*a*b* (D65, 2 degrees), (..., 3) float32."""
    lab: NDArray[np.float32] = rgb2lab(pixels.astype(np.float32) / np.float32(255))
    return lab


def colour_shares(lesion: NDArray[np.float32], skin_lightness: float | None) -> dict[str, ColourShare]:
    """Share of each dermoscopic colour by the nearest prototype (Delta E*ab).

    Args:
        lesion: (n, 3) L*a*b* of the lesion's pixels, n >= 1.
        skin_lightness: median L* of the skin around the lesion; None where there is none in view,
            then white is not claimed.
    """
    names = list(DERMOSCOPIC_COLOURS)
    prototypes = np.array(list(DERMOSCOPIC_COLOURS.values()), dtype=np.float32)
    # |p - q|^2 without |p|^2, which is the same for all prototypes.
    distances = (prototypes**2).sum(axis=1) - 2 * lesion @ prototypes.T
    white = names.index("white")
    lighter = (
        np.zeros(len(lesion), bool)
        if skin_lightness is None
        else lesion[:, 0] > skin_lightness + WHITE_OVER_SKIN_L
    )
    distances[~lighter, white] = np.inf
    counts = np.bincount(distances.argmin(axis=1), minlength=len(names)) / len(lesion)
    return {
        name: ColourShare(share=float(share), present=bool(share >= PRESENT_SHARE))
        for name, share in zip(names, counts, strict=True)
    }
