"""All detectors of structures on one lesion."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.lesion_view import LesionView
from augderm.analysis.structures.areas import LEAST_SHARE, find_areas
from augderm.analysis.structures.blobs import Blobs
from augderm.analysis.structures.coarse import Coarse
from augderm.analysis.structures.lesion_field import LesionField, lesion_field
from augderm.analysis.structures.lines import lengths, linear_vessels, streaks, white_lines
from augderm.analysis.structures.red_dots import dotted_vessels
from augderm.analysis.structures.spots import blue_grey, dark_spots, may_be_grey
from augderm.analysis.structures.ulceration import LEAST_ULCER, ulceration
from augderm.domain.structures import (
    DESCRIPTIVE,
    StructureFinding,
    StructureName,
    Validation,
    not_looked_for,
)

LOCATED_IN_OF_100: Mapping[StructureName, int] = MappingProxyType(
    {
        "blue_whitish_veil": 2,
        "scar_like_depigmentation": 1,
        "peppering": 3,
        "blotch": 44,
        "red_area": 24,
        "ulceration": 2,
        "linear_vessels": 2,
        "dotted_vessels": 1,
        "shiny_white_lines": 0,
    }
)
"""In how many of 100 lesions of skin a detector without labels to compare with locates something: what is
located in every other one says little."""
LIMITS_ON_PHANTOMS: Mapping[StructureName, str] = MappingProxyType(
    {
        "blotch": "finds it from 10 % of the lesion and 36 L* down, not where it is rough by 6 L*",
        "red_area": "finds it from 5 % of the lesion and 13 a* over the skin on",
        "ulceration": "finds it from 3 % of the lesion, 15 a* and 18 b* over the skin on, not where its edge "
        "is 12 pixels of 400 wide",
        "dotted_vessels": "finds dots of 3 to 8 pixels of 400 that are 10 a* redder than what is around, and "
        "none that lose twice as much L*, as pigment does",
    }
)
"""From where on a detector of areas finds what is planted in phantoms, every time; of the others it is known
that they find what phantoms have (docs/explain/structures.md has the commands)."""
VALIDATION: Mapping[StructureName, Validation] = MappingProxyType(
    {
        name: Validation(
            f"not validated on skin, where it marks {often} of 100 lesions; on phantoms it "
            f"{LIMITS_ON_PHANTOMS.get(name, 'finds what is planted')}"
        )
        for name, often in LOCATED_IN_OF_100.items()
    }
    | {
        "dots_and_globules": Validation("poor on skin, for orientation alone", 0.63, 300, 65, 0.19, 82),
        "streaks": Validation(
            "poor on skin at telling whether and how many; where they are, their area follows the experts’, "
            "by 0.24 beyond what lesion area and presence explain, in images that mostly taught the network",
            *(0.65, 300, 9, 0.55, 63),
        ),
    }
)
"""How well a detector was measured to work on skin (docs/explain/structures.md has the commands)."""
NEVER_DENIED: frozenset[StructureName] = frozenset({"ulceration", "dotted_vessels"})
"""What is never said to be absent: both are common in carcinomas, where these detectors mark next to nothing
(0 and 3 of 60 basal cell carcinomas), so that finding none is no finding."""
LEAST_SPOTS, LEAST_LINES = 5, 3
"""Fewest objects that are located: one or two are chance."""
ALIKE, EVEN = 0.4, 0.45
"""Regular spots: the spread of their sizes over the mean is at most ALIKE, and no quarter of the lesion holds
more than EVEN of them."""
LEAST_FOR_REGULAR = 8


def find_structures(
    view: LesionView, size: tuple[int, int], *, reduction: float = 1.0, skip: Collection[StructureName] = ()
) -> tuple[StructureFinding, ...]:
    """Look for every structure that a detector exists for.

    Args:
        view: the lesion; nothing is looked for where it is hidden.
        size: width and height of the image that the view was made from, which the masks get.
        reduction: pixels of the original photograph per pixel of that image, >= 1.
        skip: what is not looked for.

    Returns:
        A finding each, in the order of `DESCRIPTIVE`. One that says nothing of what was skipped, of what is
        named against the skin where no skin is in view, of all where the lesion is too narrow to look in, and
        of what is in `NEVER_DENIED` where it is not located.
    """
    field = lesion_field(view)
    if not field.deep.any():
        return look_for_nothing()
    found = _Found(field, size, reduction / field.factor)
    coarse = Coarse.of(field)
    findings = [found.area(name, where, LEAST_SHARE[name]) for name, where in find_areas(coarse).items()]
    if field.skin is not None:
        findings.append(found.area("ulceration", ulceration(coarse), LEAST_ULCER))
        vessels = linear_vessels(field)
        findings.append(found.lines("linear_vessels", vessels))
        findings.append(found.spots("dotted_vessels", dotted_vessels(coarse, vessels)))
    findings.append(found.lines("shiny_white_lines", white_lines(field)))
    if "streaks" not in skip:
        findings.append(found.lines("streaks", streaks(field)))
    dots = "dots_and_globules" not in skip
    flat = field.flat()
    spots = dark_spots(field, flat) if dots or may_be_grey(field, flat) else NO_SPOTS
    grey = blue_grey(field, spots)
    findings.append(found.spots("peppering", spots[grey]))
    if dots:
        findings.append(found.spots("dots_and_globules", spots[~grey]))
    by_name = {
        one.name: one
        for one in findings
        if one.name not in skip and (one.located or one.name not in NEVER_DENIED)
    }
    return tuple(
        by_name.get(name) or not_looked_for(name, "image analysis", VALIDATION[name]) for name in DESCRIPTIVE
    )


def look_for_nothing() -> tuple[StructureFinding, ...]:
    """The findings of a lesion of which too much is hidden: each says nothing."""
    return tuple(not_looked_for(name, "image analysis", VALIDATION[name]) for name in DESCRIPTIVE)


NO_SPOTS = Blobs(*np.zeros((4, 0)))


class _Found:
    """Makes findings of what detectors return on one field."""

    def __init__(self, field: LesionField, size: tuple[int, int], scale: float) -> None:
        self._field, self._size, self._scale = field, size, scale

    def area(self, name: StructureName, where: NDArray[np.bool_], least: float) -> StructureFinding:
        return self._finding(name, self._field.share(where) >= least, where)

    def lines(self, name: StructureName, labelled: NDArray[np.int32]) -> StructureFinding:
        found = lengths(labelled)
        return self._finding(
            name, len(found) >= LEAST_LINES, labelled > 0, len(found), float(np.median(found or [0]))
        )

    def spots(self, name: StructureName, spots: Blobs) -> StructureFinding:
        width = float(np.median(spots.radius)) * 2 if len(spots) else 0.0
        where = spots.drawn(self._field.inside.shape)
        regular = _regular(self._field, spots)
        return self._finding(name, len(spots) >= LEAST_SPOTS, where, len(spots), width, regular)

    def _finding(
        self,
        name: StructureName,
        located: bool,
        where: NDArray[np.bool_],
        count: int | None = None,
        median_px: float = 0.0,
        regular: bool | None = None,
    ) -> StructureFinding:
        return StructureFinding(
            name=name,
            source="image analysis",
            located=located,
            share=self._field.share(where),
            validation=VALIDATION[name],
            count=count,
            median_size_px=median_px * self._scale if count else None,
            regular=regular,
            mask=_enlarged(self._field, where, self._size),
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
    if not where.any():
        return np.zeros(size[::-1], bool)
    whole = np.zeros(field.reduced_px, np.uint8)
    whole[field.window] = where * np.uint8(255)
    image = Image.fromarray(whole).resize(size, Image.Resampling.NEAREST)
    large: NDArray[np.bool_] = np.asarray(image) > 0
    return large
