"""The map of the body: from a point of a view to the region of the skin under it, and back.

A point is x, y as fractions of a view's width and height, 0..1, y down. Left and right are the patient's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from augderm.domain.body_drawings import DRAWINGS, Drawing, Shape, ViewCode
from augderm.domain.body_sites import SIDE_WORDS, SITE_BY_CODE, BodySite, Side
from augderm.domain.errors import InvalidConfig

CURVE_STEPS = 6
"""Straight pieces between two points of an outline, for telling inside from outside: within 0.2 units of the
curve that is drawn."""
MIDDLE_STEPS = 32
"""Of the grid on which a region's middle is looked for, along each side."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Region:
    """A site, on the side where it has sides.

    Attributes:
        code: its name in data: "left_cheek", "chin".
    """

    site: BodySite
    side: Side | None

    @property
    def code(self) -> str:
        return self.site.code if self.side is None else f"{self.side}_{self.site.code}"

    def words(self, translate: Callable[[str], str] = str) -> str:
        """The accessible name, "Cheek, patient's left"; `translate` is given the words of site and side."""
        words = translate(self.site.words)
        return words if self.side is None else f"{words}, {translate(SIDE_WORDS[self.side])}"


@dataclass(frozen=True, slots=True)
class RegionShape:
    """Where a region is in a view: what of this polygon lies inside the outline and under no earlier one.

    Attributes:
        region: which.
        shape: a polygon in the view's units.
    """

    region: Region
    shape: Shape


@dataclass(frozen=True, slots=True)
class View:
    """One picture of the map.

    Attributes:
        code, words: its name in data, and in English, the key of its translations.
        size: width and height in its own units.
        curves: points that the closed outlines pass through.
        regions: in the order in which they count.
        viewers_left, viewers_right: the patient's side that lies there; None in a profile, which shows one.
    """

    code: ViewCode
    words: str
    size: tuple[float, float]
    curves: tuple[Shape, ...]
    regions: tuple[RegionShape, ...]
    viewers_left: Side | None
    viewers_right: Side | None


def region_at(view: str, x: float, y: float) -> Region | None:
    """The region at a point of a view; None beside the body.

    Raises:
        InvalidConfig: there is no such view, or x or y is not within 0..1.
    """
    seen = view_named(view)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise InvalidConfig(f"the point ({x:g}, {y:g}) is not on the body map; give x and y from 0 to 1")
    at = np.array([[x * seen.size[0], y * seen.size[1]]])
    found = int(region_indices(seen, at)[0])
    return None if found < 0 else seen.regions[found].region


def views_of(region: str) -> tuple[ViewCode, ...]:
    """The views that show a region, the closest look last.

    Raises:
        InvalidConfig: there is no such region.
    """
    region_named(region)
    return tuple(
        code for code, view in VIEWS.items() if any(each.region.code == region for each in view.regions)
    )


@cache
def middle_of(region: str, view: str) -> Point:
    """A point well inside a region, for a lesion that is known by its region only.

    Raises:
        InvalidConfig: the view does not show the region, or there is none of that name.
    """
    seen, found = view_named(view), region_named(region)
    index = next((i for i, each in enumerate(seen.regions) if each.region == found), None)
    if index is None:
        raise InvalidConfig(
            f"the view {view} does not show {found.code}; give one of {', '.join(views_of(region))}"
        )
    corners = np.array(seen.regions[index].shape)
    low, high = np.maximum(corners.min(axis=0), 0), np.minimum(corners.max(axis=0), seen.size)
    xs, ys = (low[i] + (high[i] - low[i]) * (np.arange(MIDDLE_STEPS) + 0.5) / MIDDLE_STEPS for i in (0, 1))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    inside = (region_indices(seen, grid.reshape(-1, 2)) == index).reshape(grid.shape[:2])
    centre = grid[inside].mean(axis=0)
    # What is left after peeling off one layer after the other lies farthest from every edge.
    deepest = inside
    while inside.any():
        deepest = inside
        padded = np.pad(inside, 1)
        inside = inside & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    candidates = grid[deepest]
    x, y = candidates[np.argmin(((candidates - centre) ** 2).sum(axis=1))]
    return float(x / seen.size[0]), float(y / seen.size[1])


def region_named(code: str) -> Region:
    """The region with this code.

    Raises:
        InvalidConfig: there is none.
    """
    if code not in REGIONS:
        raise InvalidConfig(f"{code!r} is no region of the body map; give one as in body_map.REGIONS")
    return REGIONS[code]


def view_named(code: str) -> View:
    """The view with this code.

    Raises:
        InvalidConfig: there is none.
    """
    if code not in VIEWS:
        raise InvalidConfig(f"{code!r} is no view of the body map; known are {', '.join(VIEWS)}")
    return VIEWS[cast(ViewCode, code)]


def curve_path(points: Shape) -> str:
    """A closed smooth curve through these points (Catmull-Rom) as the data of an SVG path."""
    pieces = [f"M{points[0][0]:g} {points[0][1]:g}"]
    pieces += ["C" + " ".join(f"{x:.5g} {y:.5g}" for x, y in piece) for piece in _beziers(points)]
    return "".join(pieces) + "Z"


def polygon_path(shape: Shape) -> str:
    """A polygon as the data of an SVG path."""
    return "M" + "L".join(f"{x:.5g} {y:.5g}" for x, y in shape) + "Z"


def _beziers(points: Shape) -> list[tuple[Point, Point, Point]]:
    """Of each point to the next, around: two control points and the end."""
    count = len(points)
    found = []
    for i in range(count):
        before, start, end, after = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        found.append((first, second, end))
    return found


@cache
def _outlines(view: ViewCode) -> tuple[Shape, ...]:
    return tuple(_flattened(curve) for curve in VIEWS[view].curves)


def _flattened(points: Shape) -> Shape:
    found: list[Point] = []
    for start, (first, second, end) in zip(points, _beziers(points), strict=True):
        for k in range(CURVE_STEPS):
            t = k / CURVE_STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            corners = (start, first, second, end)
            found.append(
                (
                    sum(w * x for w, (x, _) in zip(weights, corners, strict=True)),
                    sum(w * y for w, (_, y) in zip(weights, corners, strict=True)),
                )
            )
    return tuple(found)


def region_indices(view: View, points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Of each of (n, 2) points in the view's units the index in `view.regions`, -1 beside the body."""
    found = np.full(len(points), -1)
    body = np.logical_or.reduce([_inside(points, outline) for outline in _outlines(view.code)])
    for index, each in enumerate(view.regions):
        free = body & (found < 0)
        if free.any():
            found[np.flatnonzero(free)[_inside(points[free], each.shape)]] = index
    return found


def _inside(points: NDArray[np.float64], shape: Shape) -> NDArray[np.bool_]:
    """Whether a ray from each point crosses the polygon's edges an odd number of times."""
    x, y = points[:, 0, None], points[:, 1, None]
    start = np.array(shape)
    end = np.roll(start, -1, axis=0)
    across = (start[:, 1] > y) != (end[:, 1] > y)
    rise = np.where(end[:, 1] == start[:, 1], 1.0, end[:, 1] - start[:, 1])
    at = start[:, 0] + (y - start[:, 1]) * (end[:, 0] - start[:, 0]) / rise
    crossed: NDArray[np.bool_] = np.count_nonzero(across & (x < at), axis=1) % 2 == 1
    return crossed


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"


def _view(code: ViewCode, drawing: Drawing) -> View:
    width = drawing.size[0]
    middle = 0.0 if drawing.kind == "profile" else width / 2
    moved = _moved(drawing.outline, middle)
    if drawing.kind == "profile":
        curves: tuple[Shape, ...] = (moved,)
    elif drawing.kind == "pair":
        curves = (moved, _mirrored(moved, width))
    else:
        # Down on the right, up again on the left; the two points on the middle line belong to both.
        curves = ((*moved, *_mirrored(moved, width)[-2:0:-1]),)
    regions: list[RegionShape] = []
    for name, shape in drawing.parts:
        site, right = SITE_BY_CODE[name], _moved(shape, middle)
        if drawing.kind == "profile":
            regions.append(RegionShape(Region(site, drawing.side if site.paired else None), right))
        elif site.paired:
            regions.append(RegionShape(Region(site, drawing.side), right))
            regions.append(RegionShape(Region(site, _other(drawing.side)), _mirrored(right, width)))
        else:
            # Both halves in one: every such part starts and ends on the middle line.
            regions.append(RegionShape(Region(site, None), (*right, *_mirrored(right, width)[::-1])))
    sides = (None, None) if drawing.kind == "profile" else (_other(drawing.side), drawing.side)
    return View(code, drawing.words, drawing.size, curves, tuple(regions), *sides)


def _mirrored_view(code: ViewCode, view: View, words: str) -> View:
    """The other profile."""
    width = view.size[0]
    regions = tuple(
        RegionShape(
            Region(each.region.site, None if each.region.side is None else _other(each.region.side)),
            _mirrored(each.shape, width),
        )
        for each in view.regions
    )
    curves = tuple(_mirrored(curve, width) for curve in view.curves)
    return View(code, words, view.size, curves, regions, None, None)


def _moved(shape: Shape, by: float) -> Shape:
    return tuple((x + by, y) for x, y in shape)


def _mirrored(shape: Shape, width: float) -> Shape:
    return tuple((width - x, y) for x, y in shape)


def _all_views() -> Mapping[ViewCode, View]:
    drawn = {code: _view(code, drawing) for code, drawing in DRAWINGS.items()}
    drawn["right"] = _mirrored_view("right", drawn["left"], "Right side of the body, arm raised forwards")
    drawn["head_right"] = _mirrored_view("head_right", drawn["head_left"], "Right side of the head")
    order: tuple[ViewCode, ...] = (
        "front", "back", "left", "right", "head_front", "head_back", "head_left", "head_right", "head_top",
        "palms", "backs_of_hands", "soles", "tops_of_feet",
    )  # fmt: skip
    return MappingProxyType({code: drawn[code] for code in order})


VIEWS: Mapping[ViewCode, View] = _all_views()
REGIONS: Mapping[str, Region] = MappingProxyType(
    {each.region.code: each.region for view in VIEWS.values() for each in view.regions}
)
"""By code, in the order in which the views show them."""
