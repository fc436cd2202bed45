"""What a page shows of the body map: every word translated, every path ready to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from augderm.domain.body_drawings import ViewCode
from augderm.domain.body_map import (
    REGIONS,
    VIEWS,
    View,
    curve_path,
    middle_of,
    polygon_path,
    region_named,
    views_of,
)
from augderm.domain.body_sites import SIDE_WORDS, SITES
from augderm.domain.errors import InvalidConfig

GENERAL_WORDS: dict[str, str] = {
    "head/neck": "Head and neck",
    "anterior torso": "Front of the trunk",
    "posterior torso": "Back of the trunk",
    "lateral torso": "Side of the trunk",
    "upper extremity": "Arm and hand",
    "lower extremity": "Leg and foot",
    "palms/soles": "Palms and soles",
    "oral/genital": "Mouth and genitals",
}
"""Of ISIC's general sites, in the order of the list; the keys of their translations."""
PAGE_WORDS: dict[str, str] = {
    "site": "Site on the body",
    "choose": "Choose a site",
    "view": "View",
    "hint": "Click the place, or move with the arrow keys and choose with Enter.",
    "chosen": "Chosen",
    "lesion": "Lesion",
}
"""What else the map says, by the names that the template uses."""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A lesion on the map.

    Attributes:
        number: what is written on it.
        region: the code of its region.
        view: where x and y hold; None where only the region is known: it is then drawn hollow, in the
            region's middle, in the view that looks closest.
        x, y: fractions of the view, 0..1.
    """

    number: str
    region: str
    view: str | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class PointContent:
    """One lesion, in the view's units; `exact` where someone pointed at the place."""

    number: str
    name: str
    left: float
    top: float
    exact: bool


@dataclass(frozen=True, slots=True)
class RegionContent:
    """One region: code, accessible name, data of its path."""

    code: str
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class ViewContent:
    """One view; regions in painting order: the one that counts lies on top. Sides: "" in a profile."""

    code: str
    name: str
    width: float
    height: float
    outline: str
    regions: tuple[RegionContent, ...]
    points: tuple[PointContent, ...]
    viewers_left: str
    viewers_right: str


@dataclass(frozen=True, slots=True)
class MapContent:
    """All of it.

    Attributes:
        views: the pictures; the first is shown at first, unless one is chosen.
        options: of the plain list: (general site, ((region code, name), ...)).
        chosen: the point or region chosen before; None for none.
        words: `PAGE_WORDS`, translated.
    """

    views: tuple[ViewContent, ...]
    options: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    chosen: MapPoint | None
    words: dict[str, str]

    @property
    def first_view(self) -> str:
        if self.chosen is None:
            return self.views[0].code
        return self.chosen.view or _closest(self.chosen.region)


def all_words() -> tuple[str, ...]:
    """Every word that a translator has to translate for the map, once each."""
    found = [view.words for view in VIEWS.values()] + [site.words for site in SITES]
    found += [*SIDE_WORDS.values(), *GENERAL_WORDS.values(), *PAGE_WORDS.values()]
    return tuple(dict.fromkeys(found))


def map_content(
    lesions: Sequence[MapPoint] = (),
    chosen: MapPoint | None = None,
    translate: Callable[[str], str] = str,
) -> MapContent:
    """Everything that `web/templates/body_map.html.j2` draws.

    Args:
        lesions: drawn as numbered points.
        chosen: the place that the form starts with.
        translate: given each of `all_words()`.

    Raises:
        InvalidConfig: a point is of no region or view, or not within 0..1.
    """
    for each in (*lesions, *([] if chosen is None else [chosen])):
        _check(each)
    options = tuple(
        (translate(words), tuple(_named(general, translate))) for general, words in GENERAL_WORDS.items()
    )
    return MapContent(
        tuple(_view(view, lesions, translate) for view in VIEWS.values()),
        options,
        chosen,
        {name: translate(words) for name, words in PAGE_WORDS.items()},
    )


def _named(general: str, translate: Callable[[str], str]) -> list[tuple[str, str]]:
    return [(code, each.words(translate)) for code, each in REGIONS.items() if each.site.general == general]


@cache
def _drawn(code: ViewCode) -> tuple[str, tuple[str, ...]]:
    """The paths of a view, which are the same on every page: its outline, and its regions as painted."""
    view = VIEWS[code]
    outline = "".join(curve_path(curve) for curve in view.curves)
    return outline, tuple(polygon_path(each.shape) for each in reversed(view.regions))


def _view(view: View, lesions: Sequence[MapPoint], translate: Callable[[str], str]) -> ViewContent:
    outline, paths = _drawn(view.code)
    return ViewContent(
        view.code,
        translate(view.words),
        *view.size,
        outline,
        tuple(
            RegionContent(each.region.code, each.region.words(translate), path)
            for each, path in zip(reversed(view.regions), paths, strict=True)
        ),
        tuple(
            _point(each, view, translate)
            for each in lesions
            if (each.view or _closest(each.region)) == view.code
        ),
        "" if view.viewers_left is None else translate(SIDE_WORDS[view.viewers_left]),
        "" if view.viewers_right is None else translate(SIDE_WORDS[view.viewers_right]),
    )  # fmt: skip


def _point(each: MapPoint, view: View, translate: Callable[[str], str]) -> PointContent:
    x, y = middle_of(each.region, view.code) if each.x is None or each.y is None else (each.x, each.y)
    name = f"{translate(PAGE_WORDS['lesion'])} {each.number}: {REGIONS[each.region].words(translate)}"
    return PointContent(each.number, name, x * view.size[0], y * view.size[1], each.x is not None)


def _closest(region: str) -> str:
    return views_of(region)[-1]


def _check(point: MapPoint) -> None:
    region_named(point.region)
    told = (point.view is not None, point.x is not None, point.y is not None)
    if any(told) and not all(told):
        raise InvalidConfig(f"the point of {point.region} needs view, x and y, or none of them")
    if point.view is not None and point.view not in VIEWS:
        raise InvalidConfig(f"{point.view!r} is no view of the body map; known are {', '.join(VIEWS)}")
    for name, value in (("x", point.x), ("y", point.y)):
        if value is not None and not 0 <= value <= 1:
            raise InvalidConfig(f"{name} of the point of {point.region} is {value:g}; give 0 to 1")
