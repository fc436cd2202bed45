"""The border of one lesion at two visits, drawn by one rule.

The network's border moves with sharpness and size of the picture. So it only says about where the border is;
at either visit it is then drawn where the colour leaves that of the skin by the same step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.border import clean_mask
from augderm.analysis.color import to_lab
from augderm.analysis.followup.colour import plane_over
from augderm.analysis.followup.difference import smooth

BAND = 0.12
"""How far the border may move from the network's, in diameters of the lesion; inside of that all is lesion,
outside nothing."""
RIM = 0.03
"""Depth under the border, likewise, from which on (to `BAND`) the lesion's rim is looked at: clear of its
blur."""
WEAKEST_PERCENTILE = 10
"""Of the colour differences of the rim to the skin: the level must part the rim's weakest side too."""
OPENING = 0.02
"""Likewise: what is thinner than twice this is a spot or hair that touches the border, and cut off."""
OTHER_LEVELS = (0.75, 1.25)
"""The borders are drawn at these multiples of the level too, to see whether the change of area is the
level's choice."""
MAX_UNSTEADY = 0.03
"""Greatest difference of the logarithm of the ratio of both areas between the levels: the precision that is
promised of a change of area (docs/explain/followup.md)."""
MIN_CONTRAST = 5.0
"""Least colour difference (Delta E*ab) between that and the skin's own unevenness by which a border is
drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Both lesions, (h, w) bool, and whether the ratio of their areas hardly depends on the level."""

    baseline: NDArray[np.bool_]
    follow_up: NDArray[np.bool_]
    steady: bool


def borders_by_level(
    pictures: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ring: NDArray[np.bool_],
    seen: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Borders | None:
    """Draw both borders where the colour is half as far from the skin's as the baseline's rim is.

    Args:
        pictures: baseline and follow-up, (h, w, 3) uint8 sRGB, in one frame and light.
        masks: the network's lesion of either, (h, w) bool, not empty.
        ring: the skin around both, (h, w) bool, not empty.
        seen: where nothing lies over the skin of either.

    Returns:
        None where the lesion stands out too little.
    """
    lab = smooth(to_lab(pictures[0]), seen[0])
    skin = plane_over(ring, lab[ring])
    away = [np.linalg.norm(each - skin, axis=2) for each in (lab, smooth(to_lab(pictures[1]), seen[1]))]
    depth = ndimage.distance_transform_edt(masks[0]) / _diameter(masks[0])
    rim = (depth > RIM) & (depth < BAND) & seen[0]
    if not rim.any():
        return None
    uneven = float(np.median(away[0][ring]))
    contrast = float(np.percentile(away[0][rim], WEAKEST_PERCENTILE)) - uneven
    if contrast < MIN_CONTRAST:
        return None
    level = uneven + contrast / 2
    drawn = [_drawn(each, mask, level) for each, mask in zip(away, masks, strict=True)]
    if not all(each.any() for each in drawn):
        return None
    growth = [
        _growth(drawn),
        *(
            _growth([_drawn(each, mask, factor * level) for each, mask in zip(away, masks, strict=True)])
            for factor in OTHER_LEVELS
        ),
    ]
    return Borders(drawn[0], drawn[1], steady=max(growth) - min(growth) <= MAX_UNSTEADY)


def _growth(drawn: Sequence[NDArray[np.bool_]]) -> float:
    """Logarithm of the second area over the first; infinite where there is none."""
    areas = [np.count_nonzero(each) for each in drawn]
    return math.log(areas[1] / areas[0]) if all(areas) else math.inf


def _drawn(away: NDArray[np.float32], mask: NDArray[np.bool_], level: float) -> NDArray[np.bool_]:
    diameter = _diameter(mask)
    reach, radius = BAND * diameter, OPENING * diameter
    window = _window(mask, math.ceil(reach) + 2)
    network = mask[window]
    inside = ndimage.distance_transform_edt(network) > reach
    near = ndimage.distance_transform_edt(~network) <= reach
    whole = (away[window] > level) & near | inside
    kept = ndimage.distance_transform_edt(whole) > radius
    drawn = np.zeros_like(mask)
    if kept.any():
        drawn[window] = ndimage.distance_transform_edt(~kept) <= radius
    return clean_mask(drawn.astype(np.float32))


def _window(mask: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The box of a mask, not empty, with a margin."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _diameter(mask: NDArray[np.bool_]) -> float:
    return 2 * math.sqrt(np.count_nonzero(mask) / math.pi)
