"""Lesions on the body map, as the pages of patient and lesion show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from augderm.clinic.lesions import Lesion
from augderm.domain.body_map import REGIONS
from augderm.domain.sites import GENERAL_SITES, LATERALITIES
from augderm.formats.body_map_page import MapPoint, map_content
from augderm.web.language import translations
from augderm.web.render import language_of


def place_values(
    request: Request, lesions: Sequence[Lesion], chosen: MapPoint | None = None
) -> dict[str, Any]:
    """What `_place.html` and `_body_overview.html` need.

    Args:
        lesions: of the patient; those that are on the map are drawn.
        chosen: where the form starts.
    """
    translate = translations(language_of(request)).gettext
    shown = [point_of(each) for each in lesions if each.map_region is not None]
    return {
        "map": map_content([each for each in shown if each], chosen, translate),
        "links": {each.label: f"/lesions/{each.id}" for each in lesions},
        "names": {
            each.id: REGIONS[each.map_region].words(translate)
            for each in lesions
            if each.map_region is not None
        },
        "sites": GENERAL_SITES,
        "lateralities": LATERALITIES,
    }


def point_of(lesion: Lesion) -> MapPoint | None:
    """A lesion's point; None where it is on no map."""
    if lesion.map_region is None:
        return None
    return MapPoint(lesion.label, lesion.map_region, lesion.map_view, lesion.map_x, lesion.map_y)
