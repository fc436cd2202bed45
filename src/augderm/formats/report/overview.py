"""The page of a body region at two visits: both photographs with numbered marks, new lesions first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.belonging import taken_on
from augderm.domain.overview import (
    NOT_VALIDATED,
    REASONS,
    LoneLesion,
    Overview,
    OverviewComparison,
    OverviewRegistration,
    SameLesion,
    SkinLesion,
)
from augderm.domain.text import visible
from augderm.formats.report.content import SYNTHETIC
from augderm.formats.report.html import template
from augderm.formats.report.layers import photograph_jpeg
from augderm.formats.report.wording import NARROW_SPACE, NOT_DETERMINED, number

TITLE = "A body region at two visits"
KINDS = {
    "new": "New",
    "missing": "Missing",
    "resized": "Changed in size",
    "open": "Not judged",
    "same": "In both",
}
"""In the order of the page; a mark's form tells its kind without colour."""
SIZES = {
    "larger": "Larger",
    "smaller": "Smaller",
    "within": "Within repeatability",
    "not_determined": "Not determined",
}
CROP_LESIONS, CROP_MIN_PX, CROP_SHOWN_PX = 4.0, 24.0, 132
"""Side of the picture of a lesion in its diameters, in pixels of the photograph at least, and as shown."""
MARK_CLEARANCE, MARK_MIN_RADIUS = 1.5, 0.0065
"""Radius of a mark over the lesion's, and at least as a share of the photograph's long side."""

TEXT_SHARE = 0.022
"""Height of a mark's letters over the photograph's width: readable where two stand side by side."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered mark on a photograph, in the pixels of the picture shown. `kind` as in `KINDS`, or
    "expected": the place of a lesion of the other photograph.
    """

    label: str
    kind: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class LesionRow:
    """A lesion worded. Pictures of its place in both photographs are JPEGs; None: outside, or not shown."""

    label: str
    kind: str
    size: str
    change: str
    note: str
    baseline: bytes | None
    follow_up: bytes | None


@dataclass(frozen=True, slots=True)
class PhotographView:
    """A photograph with its marks; `text` is the height of their letters in its pixels."""

    title: str
    name: str
    when: str
    listed: int
    width: int
    height: int
    text: int
    picture: bytes
    marks: tuple[Mark, ...]


def report_overview(found: OverviewComparison, *, synthetic: bool = False) -> str:
    """Draw the page.

    Args:
        found: with the pixels of both photographs.
        synthetic: the photographs are phantoms; the page says so.

    Returns:
        A whole HTML document without script or request. Kinds of marks are switched by check boxes and CSS.
    """
    rows = lesion_rows(found)
    marks = _marks(found)
    return template("overview.html.j2").render(
        title=TITLE,
        limit_of_use=LIMIT_OF_USE,
        report={"limit_of_use": LIMIT_OF_USE},  # for the foot of printed pages, in report.css
        not_validated=NOT_VALIDATED,
        synthetic=SYNTHETIC if synthetic else None,
        finding=finding_of(found),
        reason=visible(found.reason),
        days=found.days,
        notes=list(map(visible, found.notes)),
        registration=registration_text(found.registration) if found.registration else "",
        repeatability=found.repeatability,
        photographs=[
            _view("Baseline", found.baseline, marks[0]),
            _view("Follow-up", found.follow_up, marks[1]),
        ],
        kinds=[(kind, title, len(rows[kind])) for kind, title in KINDS.items()],
        rows=rows,
    )


def finding_of(found: OverviewComparison) -> str:
    """What is to be said first, in one line."""
    if found.reason:
        return "Not compared"
    left_open = sum(each.unjudged is not None for each in (*found.baseline_only, *found.follow_up_only))
    return (
        f"{len(found.new)} new, {len(found.missing)} missing, {len(found.resized)} changed in size, "
        f"{len(found.same) - len(found.resized)} others in both, {left_open} not judged"
    )


def lesion_rows(found: OverviewComparison, *, pictures: bool = True) -> dict[str, list[LesionRow]]:
    """Every lesion of a comparison by the kinds of `KINDS`, labelled as on the page: numbers for those in
    both, N for new, M for missing, B and F for those of baseline and follow-up that are not judged.
    """
    rows: dict[str, list[LesionRow]] = {kind: [] for kind in KINDS}
    before, after = found.baseline, found.follow_up
    for place, pair in enumerate(found.same, 1):
        ours, theirs = before.lesions[pair.baseline], after.lesions[pair.follow_up]
        changed = pair.size in ("larger", "smaller")
        shown = pictures and changed
        # Both pictures show the same width of skin, that of the larger: growth is then seen as such.
        grown = pair.size_ratio or 1.0
        wide = max(1.0, grown) * ours.diameter_px
        rows["resized" if changed else "same"].append(
            LesionRow(
                str(place),
                "resized" if changed else "same",
                f"{_diameter(ours)} → {_diameter(theirs)}",
                size_text(pair),
                _note(pair),
                _crop(before, ours.x_px, ours.y_px, wide) if shown else None,
                _crop(after, theirs.x_px, theirs.y_px, max(1.0, 1 / grown) * theirs.diameter_px)
                if shown
                else None,
            )
        )
    for each, label, kind in _labelled(found):
        own, other = (before, after) if label[0] in "MB" else (after, before)
        lesion = own.lesions[each.lesion]
        mine = other_side = None
        if pictures:
            assert found.registration is not None
            factor = found.registration.scale if own is after else 1 / found.registration.scale
            mine = _crop(own, lesion.x_px, lesion.y_px, lesion.diameter_px)
            if each.unjudged != "outside":
                other_side = _crop(other, *each.expected_px, lesion.diameter_px * factor)
        rows[kind].append(
            LesionRow(
                label,
                kind,
                _diameter(lesion),
                "",
                REASONS[each.unjudged] if each.unjudged else "",
                mine if own is before else other_side,
                other_side if own is before else mine,
            )
        )
    return rows


def size_text(pair: SameLesion) -> str:
    """The change of diameter in per cent, with what is repeatable, and the verdict."""
    if pair.size_ratio is None or pair.size_limit is None:
        return f"{NOT_DETERMINED}: too faint or too small in one of them"
    change = number(100 * (pair.size_ratio - 1), "%", places=0)
    sign = "+" if pair.size_ratio > 1 and not change.startswith("0") else ""
    high, low = (number(100 * (limit - 1), places=0) for limit in (pair.size_limit, 1 / pair.size_limit))
    reach = f"+{high} or {low}{NARROW_SPACE}%"
    if pair.size == "not_determined":
        return f"{NOT_DETERMINED}: {sign}{change} (too few lesions; the shift of all explains up to {reach})"
    return f"{SIZES[pair.size]}: {sign}{change} (repeatable to {reach})"


def registration_text(found: OverviewRegistration) -> str:
    """How the photographs were laid onto each other."""
    return (
        f"Laid onto each other by {found.points} lesions; turned by {number(found.turn_deg, '°', places=0)}, "
        f"scale {number(found.scale, places=2)}; lesions lie {number(found.residual_px, 'px', places=1)} "
        "from where the others foretell them."
    )


def _labelled(found: OverviewComparison) -> list[tuple[LoneLesion, str, str]]:
    named: list[tuple[LoneLesion, str, str]] = []
    for letter, kind, lesions in (
        ("N", "new", found.new),
        ("M", "missing", found.missing),
        ("B", "open", [each for each in found.baseline_only if each.unjudged]),
        ("F", "open", [each for each in found.follow_up_only if each.unjudged]),
    ):
        named += [(each, f"{letter}{place}", kind) for place, each in enumerate(lesions, 1)]
    return named


def _note(pair: SameLesion) -> str:
    return "Another lesion lies so near that which is which is not sure." if pair.others_near else ""


def _diameter(lesion: SkinLesion) -> str:
    return number(lesion.diameter_px, "px", places=0)


def _marks(found: OverviewComparison) -> tuple[list[Mark], list[Mark]]:
    before, after = found.baseline, found.follow_up
    marks: tuple[list[Mark], list[Mark]] = ([], [])
    if found.reason:
        # Nothing is said of them but that they were found.
        for side, seen in enumerate((before, after)):
            marks[side].extend(_mark(seen, lesion, "", "same") for lesion in seen.lesions if lesion.listed)
        return marks
    for place, pair in enumerate(found.same, 1):
        kind = "resized" if pair.size in ("larger", "smaller") else "same"
        marks[0].append(_mark(before, before.lesions[pair.baseline], str(place), kind))
        marks[1].append(_mark(after, after.lesions[pair.follow_up], str(place), kind))
    for each, label, kind in _labelled(found):
        side = 0 if label[0] in "MB" else 1
        own, other = (before, after) if side == 0 else (after, before)
        mark = _mark(own, own.lesions[each.lesion], label, kind)
        marks[side].append(mark)
        if kind in ("new", "missing"):
            x, y = _shown(other, *each.expected_px)
            marks[1 - side].append(Mark(label, f"expected {kind}", x, y, mark.radius))
    return marks


def _mark(seen: Overview, lesion: SkinLesion, label: str, kind: str) -> Mark:
    x, y = _shown(seen, lesion.x_px, lesion.y_px)
    height, width = _pixels(seen).shape[:2]
    radius = max(
        MARK_CLEARANCE * lesion.diameter_px / 2 * width / seen.width_px, MARK_MIN_RADIUS * max(height, width)
    )
    return Mark(label, kind, x, y, round(radius, 1))


def _shown(seen: Overview, x_px: float, y_px: float) -> tuple[float, float]:
    """A place of the unreduced photograph in the picture that is shown."""
    factor = _pixels(seen).shape[1] / seen.width_px
    return round(x_px * factor, 1), round(y_px * factor, 1)


def _pixels(seen: Overview) -> NDArray[np.uint8]:
    assert seen.pixels is not None
    return seen.pixels


def _view(title: str, seen: Overview, marks: list[Mark]) -> PhotographView:
    height, width = _pixels(seen).shape[:2]
    return PhotographView(
        title=title,
        name=visible(seen.image),
        when=taken_on(seen) or "date not known",
        listed=seen.listed,
        width=width,
        height=height,
        text=round(TEXT_SHARE * width),
        picture=photograph_jpeg(_pixels(seen)),
        marks=tuple(marks),
    )


def _crop(seen: Overview, x_px: float, y_px: float, diameter_px: float) -> bytes | None:
    """The square around a place; None where its middle lies outside of the frame."""
    pixels = _pixels(seen)
    height, width = pixels.shape[:2]
    x, y = _shown(seen, x_px, y_px)
    if not (0 <= x < width and 0 <= y < height):
        return None
    half = max(CROP_MIN_PX, CROP_LESIONS * diameter_px * width / seen.width_px) / 2
    # What the frame does not hold is grey.
    canvas = Image.fromarray(pixels).transform(
        (CROP_SHOWN_PX, CROP_SHOWN_PX),
        Image.Transform.EXTENT,
        (x - half, y - half, x + half, y + half),
        Image.Resampling.BILINEAR,
        fillcolor=(200, 200, 200),
    )
    return photograph_jpeg(np.asarray(canvas))
