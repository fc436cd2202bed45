"""Colours of a lesion: CIE Lab, and the six colours that dermoscopy names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS > 0.04045, ((_LEVELS + 0.055) / 1.055) ** 2.4, _LEVELS / 12.92).astype(np.float32)
"""Light of each of the 256 levels, 0..1: the inverse of sRGB's curve (IEC 61966-2-1)."""
_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_RELATIVE_XYZ = (_XYZ / _WHITE[:, None]).astype(np.float32)
"""From linear sRGB to X, Y, Z over those of white (D65, 2 degrees; the numbers of scikit-image)."""
_OF_ROOTS = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]], np.float32)
"""From f(X), f(Y), f(Z) to L* + 16, a*, b*."""
_DARK = np.float32((6 / 29) ** 3)
_DARK_SLOPE = np.float32((29 / 6) ** 2 / 3)
"""Below `_DARK` CIE's f is a straight line of this slope (CIE 15:2004)."""
WHITE_OVER_SKIN_L = 2.0
"""How much lighter (L*) than the median skin around it a pixel must be to count as white."""


def to_lab(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """SRGB (..., 3) uint8 to CIE L*a*b* (D65, 2 degrees), (..., 3) float32, within 0.001 of the formula.

    L*, a* and b* lie in memory one after the other: `lab[..., 0]` is as quick to go through as any plane.
    """
    # By table, since there are only 256 levels, and plane by plane: numpy is slow along an axis of three.
    light = _LINEAR.take(pixels.reshape(-1, 3), mode="clip")
    relative = _RELATIVE_XYZ @ light.T
    # f is the cube root, and a line where it is dark. exp(log / 3): numpy has no quick cube root for
    # every processor.
    root = np.maximum(relative, _DARK)
    np.log(root, out=root)
    root *= np.float32(1 / 3)
    np.exp(root, out=root)
    if relative.size and relative.min() < _DARK:
        relative -= _DARK
        np.minimum(relative, 0, out=relative)
        relative *= _DARK_SLOPE
        root += relative
    planes = _OF_ROOTS @ root
    planes[0] -= 16
    lab: NDArray[np.float32] = np.moveaxis(planes.reshape(3, *pixels.shape[:-1]), 0, -1)
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
