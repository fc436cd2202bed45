"""Where a lesion is: a place on the body map, or words alone; and both held against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augderm.clinic import entries
from augderm.clinic.errors import InvalidEntry
from augderm.domain.body_map import REGIONS, VIEWS, Region, View, region_at, view_named
from augderm.domain.sites import GENERAL_SITES, LATERALITIES
from augderm.formats.site_codes import meaning_of

MIDDLE = 0.03
"""So near to the middle line, as a share of a view's width, a point is of neither side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceEntry:
    """What is chosen or typed: a region, a point in it, or only a general site and side."""

    site: str = ""
    laterality: str = ""
    region: str = ""
    view: str = ""
    x: str = ""
    y: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """As it is stored; see `store.models.LesionRow`. None where nobody said."""

    site: str | None = None
    site_detail: str | None = None
    site_code: str | None = None
    site_code_meaning: str | None = None
    laterality: str | None = None
    map_region: str | None = None
    map_view: str | None = None
    map_x: float | None = None
    map_y: float | None = None


def place_of(entry: PlaceEntry) -> Place:
    """Check a place, and give its words and codes.

    Raises:
        InvalidEntry: there is no such site, region or point; or the map and the words contradict each other:
            a left and a right are the commonest mix-up of sites.
    """
    site = entries.optional_choice("site", entry.site, GENERAL_SITES)
    side = entries.optional_choice("laterality", entry.laterality, LATERALITIES)
    if not entry.region:
        if entry.view or entry.x or entry.y:
            raise InvalidEntry("site", "A point on the body map needs its region; choose the place again.")
        return Place(site=site, laterality=side)
    region = REGIONS[entries.choice("site", entry.region, REGIONS)]
    if site is not None and site != region.site.general:
        raise InvalidEntry(
            "site", "The body map and the words say two different sites; choose the place again."
        )
    point = _point(entry, region)
    side_of_map = region.side or (None if point is None else _side_at(view_named(point[0]), point[1]))
    _refuse_other_side(side, side_of_map, region)
    view, x, y = point or (None, None, None)
    return Place(
        site=region.site.general,
        site_detail=region.site.special,
        site_code=region.site.sct,
        site_code_meaning=meaning_of(region.site.sct),
        laterality=side or region.side,
        map_region=region.code,
        map_view=view,
        map_x=x,
        map_y=y,
    )


def _point(entry: PlaceEntry, region: Region) -> tuple[str, float, float] | None:
    given = (entry.view, entry.x, entry.y)
    if not any(given):
        return None
    try:
        x, y = float(entry.x), float(entry.y)
    except ValueError:
        x = y = math.nan
    within = entry.view in VIEWS and 0 <= x <= 1 and 0 <= y <= 1
    if not within or region_at(entry.view, x, y) != region:
        raise InvalidEntry(
            "site", "This point of the body map is not in the region that was chosen; choose the place again."
        )
    return entry.view, x, y


def _side_at(view: View, x: float) -> str | None:
    """The patient's side of a point in a region that has none of its own, such as the forehead."""
    if view.viewers_left is None:
        return next((side for side in ("left", "right") if view.code.endswith(side)), None)
    if abs(x - 0.5) <= MIDDLE:
        return None
    return view.viewers_left if x < 0.5 else view.viewers_right


def _refuse_other_side(said: str | None, side: str | None, region: Region) -> None:
    if said is None or side is None or said == side:
        return
    # A profile also shows the middle of the face; only a part that has sides cannot lie on the midline.
    if said == "midline" and region.side is None:
        return
    if side == "left":
        raise InvalidEntry(
            "laterality",
            "The place on the body map is on the patient's left, and the side says otherwise. "
            "Look at the patient, and correct one of them.",
        )
    raise InvalidEntry(
        "laterality",
        "The place on the body map is on the patient's right, and the side says otherwise. "
        "Look at the patient, and correct one of them.",
    )
