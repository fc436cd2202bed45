"""All detectors of structures on one lesion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.small import Small
from augderm.analysis.structures.areas import blotches, blue_whitish_veil, red_areas, scar_like
from augderm.analysis.structures.blobs import Blobs
from augderm.analysis.structures.lesion_field import LesionField, lesion_field
from augderm.analysis.structures.lines import lengths, linear_vessels, streaks, white_lines
from augderm.analysis.structures.spots import blue_grey, dark_spots
from augderm.domain.structures import StructureFinding, StructureName

NOT_VALIDATED = "not validated on skin; found as planted in phantoms"
VALIDATION: Mapping[StructureName, str] = MappingProxyType({})
"""How well a detector was measured to work on skin (docs/explain/structures.md has the commands)."""
LEAST_SPOTS, LEAST_STREAKS, LEAST_LINES = 5, 3, 3
"""Fewest objects that count as present: one or two are chance."""
LEAST_SHARE: Mapping[StructureName, float] = MappingProxyType(
    {
        "blue_whitish_veil": 0.04,
        "scar_like_depigmentation": 0.04,
        "blotch": 0.05,
        "red_area": 0.05,
    }
)
"""Least share of the lesion's area that counts as present."""
ALIKE, EVEN = 0.4, 0.45
"""Regular spots: the spread of their sizes over the mean is at most ALIKE, and no quarter of the lesion holds
more than EVEN of them."""
LEAST_FOR_REGULAR = 8


def find_structures(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    covered: NDArray[np.bool_] | None = None,
    *,
    reduction: float = 1.0,
    small: Small | None = None,
) -> tuple[StructureFinding, ...]:
    """Look for every structure that a detector exists for.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        mask: (h, w) bool, the lesion, not empty.
        covered: (h, w) bool, hair, ink, bubbles and the like, where nothing is looked for.
        reduction: pixels of the original photograph per pixel of `pixels`, >= 1.
        small: `pixels` reduced, where that was made already; structures are looked for in it.
    """
    field = lesion_field(pixels, mask, covered, small)
    size = (mask.shape[1], mask.shape[0])
    scale = reduction / field.factor
    spots = dark_spots(field)
    grey = blue_grey(field, spots)
    return (
        _of_spots("dots_and_globules", field, spots[~grey], size, scale),
        _of_lines("streaks", field, streaks(field), LEAST_STREAKS, size, scale),
        _of_area("blue_whitish_veil", field, blue_whitish_veil(field), size),
        _of_area("scar_like_depigmentation", field, scar_like(field), size),
        _of_spots("peppering", field, spots[grey], size, scale),
        _of_area("blotch", field, blotches(field), size),
        _of_area("red_area", field, red_areas(field), size),
        _of_lines("linear_vessels", field, linear_vessels(field), LEAST_LINES, size, scale),
        _of_lines("shiny_white_lines", field, white_lines(field), LEAST_LINES, size, scale),
    )


def _of_area(
    name: StructureName, field: LesionField, where: NDArray[np.bool_], size: tuple[int, int]
) -> StructureFinding:
    share = field.share(where)
    return StructureFinding(
        name=name,
        present=share >= LEAST_SHARE[name],
        share=share,
        count=None,
        median_size_px=None,
        regular=None,
        validation=VALIDATION.get(name, NOT_VALIDATED),
        mask=_enlarged(field, where, size),
    )


def _of_lines(
    name: StructureName,
    field: LesionField,
    labelled: NDArray[np.int32],
    least: int,
    size: tuple[int, int],
    scale: float,
) -> StructureFinding:
    found = lengths(labelled)
    return StructureFinding(
        name=name,
        present=len(found) >= least,
        share=field.share(labelled > 0),
        count=len(found),
        median_size_px=float(np.median(found)) * scale if len(found) else None,
        regular=None,
        validation=VALIDATION.get(name, NOT_VALIDATED),
        mask=_enlarged(field, labelled > 0, size),
    )


def _of_spots(
    name: StructureName, field: LesionField, spots: Blobs, size: tuple[int, int], scale: float
) -> StructureFinding:
    where = spots.drawn(field.inside.shape)
    return StructureFinding(
        name=name,
        present=len(spots) >= LEAST_SPOTS,
        share=field.share(where),
        count=len(spots),
        median_size_px=float(np.median(spots.radius)) * 2 * scale if len(spots) else None,
        regular=_regular(field, spots),
        validation=VALIDATION.get(name, NOT_VALIDATED),
        mask=_enlarged(field, where, size),
    )


def _regular(field: LesionField, spots: Blobs) -> bool | None:
    """Whether spots are alike in size and spread evenly over the quarters of the lesion."""
    if len(spots) < LEAST_FOR_REGULAR:
        return None
    ys, xs = np.nonzero(field.inside)
    right, below = spots.x > np.median(xs) + 0.5, spots.y > np.median(ys) + 0.5
    quarters = np.bincount(right * 2 + below, minlength=4) / len(spots)
    alike = spots.radius.std() <= ALIKE * spots.radius.mean()
    return bool(alike and quarters.max() <= EVEN)


def _enlarged(field: LesionField, where: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    whole = np.zeros(field.reduced_px, np.uint8)
    whole[field.window] = where * np.uint8(255)
    image = Image.fromarray(whole).resize(size, Image.Resampling.NEAREST)
    large: NDArray[np.bool_] = np.asarray(image) > 0
    return large
