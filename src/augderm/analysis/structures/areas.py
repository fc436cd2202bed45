"""Areas of one colour without structure: veil, scar-like depigmentation, blotches, red areas."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.structures.coarse import Coarse, opened
from augderm.domain.structures import StructureName

VEIL_L = (25.0, 65.0)
VEIL_B, VEIL_BELOW_SKIN_B = 3.0, 10.0
"""Blue-whitish: b* at most so, and so much below the skin's; neither black nor as light as the skin."""
SCAR_OVER_SKIN_L, SCAR_CHROMA = 2.0, 0.8
"""Scar-like: lighter than the skin by so much L*, its chroma at most this share of the skin's."""
BLOTCH_L, BLOTCH_UNDER_LESION_L, BLOTCH_ROUGH = 38.0, 6.0, 3.0
"""Blotch: L* at most so and so much under the lesion's median, its standard deviation nearby at most so."""
RED_A, RED_OVER_SKIN_A, RED_L = 24.0, 8.0, 30.0
"""Red: a* at least so and so much over the skin's, redder than it is yellow or brown; not darker than L*."""
LEAST_SHARE: Mapping[StructureName, float] = MappingProxyType(
    {
        "blue_whitish_veil": 0.04,
        "scar_like_depigmentation": 0.04,
        "blotch": 0.05,
        "red_area": 0.05,
    }
)
"""Least share of the lesion's area from which an area is located."""


def find_areas(coarse: Coarse) -> dict[StructureName, NDArray[np.bool_]]:
    """Each area, (h, w) bool at the field's size; empty where there is less of it than `LEAST_SHARE`.

    What is named against the skin (veil, scar, red) is left out where the skin's colour is not in view.
    """
    field, lightness, a, b = coarse.field, coarse.lightness, coarse.a, coarse.b
    candidates: dict[StructureName, NDArray[np.bool_]] = {}
    if field.skin is not None:
        skin_l, skin_a, skin_b = field.skin
        candidates["blue_whitish_veil"] = (
            (b < min(VEIL_B, skin_b - VEIL_BELOW_SKIN_B)) & (lightness > VEIL_L[0]) & (lightness < VEIL_L[1])
        )
        candidates["scar_like_depigmentation"] = (lightness > skin_l + SCAR_OVER_SKIN_L) & (
            a * a + b * b < SCAR_CHROMA**2 * (skin_a**2 + skin_b**2)
        )
        candidates["red_area"] = (a > max(RED_A, skin_a + RED_OVER_SKIN_A)) & (a > b) & (lightness > RED_L)
    inside = field.lab[field.inside, 0]
    median = float(np.median(inside)) if len(inside) else 0.0
    candidates["blotch"] = lightness < min(BLOTCH_L, median - BLOTCH_UNDER_LESION_L)
    found = {}
    for name, candidate in candidates.items():
        where = candidate & coarse.deep
        needed = coarse.pixels_of(LEAST_SHARE[name])
        if name == "blotch" and needed <= np.count_nonzero(where) < where.size:
            where = coarse.smooth(where, BLOTCH_ROUGH)
        if np.count_nonzero(where) < needed:
            found[name] = np.zeros(field.inside.shape, bool)
            continue
        found[name] = coarse.in_field(opened(where))
    return found
