"""Melanin and haemoglobin maps of an ordinary colour photograph: relative to the skin around.

The law of Beer and Lambert in three broad bands (after Tsumura, Haneishi, Miyake, J Opt Soc Am A
1999;16:2169, who find the two directions by independent components; here they come from the published
spectra). Three bands of an unknown camera tell where there is more and where there is less, and no amount.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.color import to_lab
from augderm.analysis.maps.chromophores import density_per_unit
from augderm.analysis.maps.illumination import flattened, light_field
from augderm.analysis.maps.optical_density import linear_light, srgb_levels
from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps
from augderm.analysis.maps.regions import plain_skin, skin_around
from augderm.analysis.maps.unmixing import Unmixed, unmix
from augderm.analysis.maps.white_balance import LUMINANCE, balanced, skin_light
from augderm.analysis.skin import VIEW_MIN_L
from augderm.domain.errors import InvalidImage

BANDS_NM = {"red": (600.0, 15.0), "green": (540.0, 15.0), "blue": (470.0, 15.0)}
"""Middle and standard deviation of nominal camera bands. Cameras differ, and their colour correction mixes
the bands; these part vascular lesions from pigmented ones about as well as any of 36 triples that were
tried (docs/explain/maps.md)."""
TYPICAL_AMOUNTS = np.array([[10.0, 0.0], [0.0, 3.75], [0.0, 1.25]])
"""Of `CHROMOPHORES`, for melanin and for blood that is oxygenated to 75 %: the amounts whose densities in
the three bands give the two directions. Three bands cannot tell the forms of haemoglobin apart."""
MIN_LIGHT = 1e-3
"""Linear light below which 8 bits of sRGB hold no colour (the third level of 255)."""
CLIPPED_NOTE_SHARE = 0.01
UNIT = "optical density above the skin around"
LIMITS = (
    (
        "Relative, not quantitative: three broad bands of a camera whose sensitivities are not known; values "
        "compare places of one photograph, not photographs or persons."
    ),
    "The skin around is 0 by definition: a change of all skin does not show.",
    "Depth is not known: deep pigment looks blue-grey, fits neither absorber, and shows in the residual.",
    "Hair, gloss, ink and ruler count as absorbers where they lie; see the residual.",
)


def colour_maps(pixels: NDArray[np.uint8], lesion: NDArray[np.bool_]) -> ParameterMaps:
    """Map melanin and haemoglobin.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        lesion: (h, w) bool, not empty.

    Raises:
        InvalidImage: there is too little skin around the lesion, or it is black in a channel.
    """
    light = linear_light(pixels)
    view = to_lab(pixels)[..., 0] > VIEW_MIN_L
    ring = skin_around(lesion, view)
    brightness = np.log10(np.maximum(light @ LUMINANCE, MIN_LIGHT))
    field = light_field(brightness, plain_skin(lesion, view))
    light = flattened(light, field)
    skin = skin_light(light, ring)
    if float(skin.min()) < MIN_LIGHT:
        raise InvalidImage(
            "The skin around the lesion is black in one of the colour channels: nothing can be told against "
            "it; photograph in white light, brighter."
        )
    found = unmix_colour(light, skin)
    clipped = float((pixels[lesion | ring] == 255).any(axis=1).mean())
    notes = []
    if field is None:
        notes.append("The light was not flattened: too little skin, or not on all sides of the lesion.")
    if clipped > CLIPPED_NOTE_SHARE:
        notes.append(
            f"{100 * clipped:.0f} % of lesion and skin are at the highest level of a channel: there the maps "
            "are lower bounds of the contrast; expose less."
        )
    seen = view | lesion
    return ParameterMaps(
        kind="colour",
        maps=(
            _map("melanin", "Melanin, relative", found.amounts[0], seen),
            _map("haemoglobin", "Haemoglobin, relative", found.amounts[1], seen),
            ParameterMap("residual", "Residual", "optical density", _known(found.residual, seen)),
        ),
        lesion=lesion,
        skin=ring,
        limits=LIMITS,
        pictures={"balanced": srgb_levels(balanced(light, skin))},
        facts={
            "skin_linear_rgb": [float(value) for value in skin],
            "light_fall": None if field is None else float(10 ** (field.max() - field.min())),
            "clipped_share": clipped,
        },
        notes=tuple(notes),
    )


def unmix_colour(light: NDArray[np.float32], skin: NDArray[np.float32]) -> Unmixed:
    """Unmix linear light (h, w, 3) against that of the skin (3,), each in the same unit.

    A gain of any channel that both have in common changes nothing, as long as no light is below
    `MIN_LIGHT`.
    """
    density = -np.log10(np.maximum(light, MIN_LIGHT) / skin)
    return unmix(np.moveaxis(density, -1, 0).astype(np.float32), colour_spectra())


def colour_spectra() -> NDArray[np.float64]:
    """(3, 2): optical density of melanin and of haemoglobin in red, green and blue; each has a mean of 1.

    So an amount of 1 is a mean optical density of 1 over the three channels.
    """
    nanometres = np.arange(400.0, 701.0, 2.0)
    weights = np.stack(
        [np.exp(-(((nanometres - middle) / width) ** 2) / 2) for middle, width in BANDS_NM.values()]
    )
    # A band passes the light that is not absorbed: where blood is opaque, below 440 nm, more of it changes
    # nothing, and a mean of the coefficients would be ruled by just those wavelengths.
    absorbed = density_per_unit(nanometres.tolist()) @ TYPICAL_AMOUNTS
    bands = -np.log10(weights @ 10**-absorbed / weights.sum(axis=1, keepdims=True))
    unit: NDArray[np.float64] = bands / bands.mean(axis=0)
    return unit


def _map(name: str, title: str, values: NDArray[np.float32], seen: NDArray[np.bool_]) -> ParameterMap:
    return ParameterMap(name, title, UNIT, _known(values, seen), signed=True)


def _known(values: NDArray[np.float32], seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Without what lies outside of the lens's view."""
    return np.where(seen, values, np.nan).astype(np.float32)
