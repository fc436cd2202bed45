"""What polarised and non-polarised pictures of one lesion show differently.

Crossed polarisers keep back what the surface mirrors; birefringent collagen turns the polarisation and
shines. So shiny white structures are brighter in the polarised picture, and scale, milia-like cysts and
gloss in the other (dermoscopedia, "Differences between polarized and non polarized dermoscopy").
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.color import to_lab
from augderm.analysis.maps.illumination import flattened, light_field
from augderm.analysis.maps.optical_density import linear_light, srgb_levels
from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps
from augderm.analysis.maps.regions import plain_skin, skin_around
from augderm.analysis.maps.registration import MIN_AGREEMENT, find_shift, moved_by
from augderm.analysis.maps.white_balance import LUMINANCE, skin_light
from augderm.analysis.skin import VIEW_MIN_L
from augderm.domain.errors import InvalidImage

MIN_LIGHT = 1e-3
DIFFERENT_L = 5.0
"""Difference in L* from which a place counts as different: our own, several times what 8 bits and sensor
noise make; not set on patients."""
LIMITS = (
    (
        "Brighter in one picture is a candidate and no finding: shiny white structures under polarised "
        "light, scale, milia-like cysts and gloss without."
    ),
    "Both pictures are matched to the same skin around: a difference of all skin does not show.",
    (
        "The pictures are laid on each other by a shift; a turn, or skin pressed in one and not in the "
        "other, leaves pairs of bright and dark edges."
    ),
)


def polarisation_maps(
    polarised: NDArray[np.uint8], other: NDArray[np.uint8], lesion: NDArray[np.bool_]
) -> ParameterMaps:
    """Map the difference of a pair.

    Args:
        polarised: (h, w, 3) uint8 sRGB, under polarised light.
        other: the same lesion without polarisation, of the same shape.
        lesion: (h, w) bool in the polarised picture, not empty.

    Raises:
        InvalidImage: the pictures do not fit on each other, or there is too little skin around the lesion.
    """
    if polarised.shape != other.shape:
        sizes = [f"{shape[1]} x {shape[0]}" for shape in (polarised.shape, other.shape)]
        raise InvalidImage(
            f"The pictures of the pair are {sizes[0]} and {sizes[1]} pixels at working size; give two of the "
            "same camera and size, not cropped."
        )
    first, second = to_lab(polarised)[..., 0], to_lab(other)[..., 0]
    shift = find_shift(first, second)
    if not shift.believed:
        raise InvalidImage(
            f"The pictures of the pair do not fit on each other: shift {shift.right_px:.0f}, "
            f"{shift.down_px:.0f} pixels, agreement of the edges {shift.agreement:.2f} (at least "
            f"{MIN_AGREEMENT}); give two pictures of one lesion, taken without moving the instrument."
        )
    moved = moved_by(linear_light(other), shift)
    covered = np.isfinite(moved[..., 0])
    view = (first > VIEW_MIN_L) & covered & (moved_by(second, shift) > VIEW_MIN_L)
    ring = skin_around(lesion, view)
    plain = plain_skin(lesion, view)
    light = linear_light(polarised)
    skin = skin_light(light, ring)
    lightness = [
        to_lab(srgb_levels(np.nan_to_num(_against_skin(each, plain, ring) * skin)))[..., 0]
        for each in (light, moved)
    ]
    difference = np.where(view | (lesion & covered), lightness[0] - lightness[1], np.nan).astype(np.float32)
    inside = difference[lesion]
    return ParameterMaps(
        kind="polarisation",
        maps=(
            ParameterMap(
                "polarisation", "Lightness, polarised minus non-polarised", "L*", difference, signed=True
            ),
        ),
        lesion=lesion,
        skin=ring,
        limits=LIMITS,
        facts={
            "down_px": shift.down_px,
            "right_px": shift.right_px,
            "agreement": shift.agreement,
            "different_from_l": DIFFERENT_L,
            "brighter_polarised_share": float((inside >= DIFFERENT_L).mean()),
            "brighter_non_polarised_share": float((inside <= -DIFFERENT_L).mean()),
        },
    )


def _against_skin(
    light: NDArray[np.float32], plain: NDArray[np.bool_], ring: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Flattened light in units of that of the skin around."""
    brightness = np.log10(np.maximum(light @ LUMINANCE, MIN_LIGHT))
    even = flattened(light, light_field(brightness, plain))
    shown: NDArray[np.float32] = (even / np.maximum(skin_light(even, ring), MIN_LIGHT)).astype(np.float32)
    return shown
