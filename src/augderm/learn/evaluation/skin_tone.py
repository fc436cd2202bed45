"""The tone of the skin around a lesion, where nobody recorded the patient's skin type."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.color import to_lab

ITA_CLASSES: tuple[tuple[str, float], ...] = (
    ("very light", 55.0),
    ("light", 41.0),
    ("intermediate", 28.0),
    ("tan", 10.0),
    ("brown", -30.0),
    ("dark", -math.inf),
)
"""Each class and the angle in degrees that it lies above (Chardon, Cretois, Hourseau, Int J Cosmet Sci
1991;13:191-208; Del Bino and Bernerd, Br J Dermatol 2013;169 Suppl 3:33-40)."""
GAP_SHARE = 0.10
"""Width of the belt next to the border that is left out, over the lesion's equivalent diameter: the
border is uncertain there, and lesions often have a pale or a red rim."""
RING_SHARE = 0.60
"""How far the ring reaches, likewise."""
LEAST_PIXELS = 200
"""Fewest pixels of skin that an angle is told from."""
DARKEST_L = 20.0
"""Pixels below this L* are dark corners, hair or ink: no skin is so dark in a photograph exposed for it."""
TRIM = (0.25, 0.75)
"""Quantiles of L* between which pixels are kept: hair and shadow below, glare and gel above."""


def ita_deg(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float | None:
    """Individual typology angle of the skin around a lesion: arctan((L* - 50) / b*), in degrees.

    Estimated from a photograph whose light and camera nobody calibrated, it orders skins from light to
    dark and is no measurement of one. The medians over a ring outside of the border are taken, without
    dark corners, and over the middle half of the lightnesses.

    Args:
        pixels: (h, w, 3) uint8 sRGB; a side of some 150 to 300 pixels is enough.
        mask: (h, w) bool, the lesion.

    Returns:
        -90..90, lighter above; None where no lesion is marked or too little skin is in view.
    """
    area = int(np.count_nonzero(mask))
    if not area:
        return None
    diameter = 2 * math.sqrt(area / math.pi)
    distance = ndimage.distance_transform_edt(~mask)
    ring = (distance > GAP_SHARE * diameter) & (distance <= RING_SHARE * diameter)
    lab = to_lab(pixels[ring][None])[0]
    lab = lab[lab[:, 0] > DARKEST_L]
    if len(lab) < LEAST_PIXELS:
        return None
    low, high = np.quantile(lab[:, 0], TRIM)
    skin = lab[(lab[:, 0] >= low) & (lab[:, 0] <= high)]
    lightness, yellow = float(np.median(skin[:, 0])), float(np.median(skin[:, 2]))
    # Where b* is not above 0 (a blue cast) arctan would jump; atan2 goes on to beyond 90 and is cut there.
    return max(-90.0, min(90.0, math.degrees(math.atan2(lightness - 50, yellow))))


def ita_class(angle_deg: float) -> str:
    """The class of an angle, from "very light" to "dark"."""
    return next(name for name, above in ITA_CLASSES if angle_deg > above)
