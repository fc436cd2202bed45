"""The page of a lesion over its visits: pictures to flicker and slide between, and every change in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from augderm.domain.assessment import LIMIT_OF_USE, Assessment
from augderm.domain.followup import Change, ComparedPictures, Comparison, FollowUp, Registration
from augderm.domain.text import visible
from augderm.formats.report.advice import AdviceView, view_advice
from augderm.formats.report.content import SHORT_HASH, STATUS, SYNTHETIC
from augderm.formats.report.html import template
from augderm.formats.report.layers import heat_legend, heat_png, outline_path, photograph_jpeg
from augderm.formats.report.presence import NAMES
from augderm.formats.report.wording import NARROW_SPACE, NOT_DETERMINED, number, percent

TITLE = "A lesion over its visits"
QUANTITIES = {
    "area": "Area",
    "long_axis": "Greatest diameter",
    "shape_asymmetry": "Asymmetry of shape",
    "colour_asymmetry": "Asymmetry of colour",
    "mean_colour": "Mean colour",
    "malignancy": "Probability of malignancy",
}
GROUPS = {
    "size": "Size",
    "asymmetry": "Asymmetry",
    "colour": "Colours",
    "structure": "Structures",
    "probability": "Malignancy",
}
VERDICTS = {
    "changed": "Changed",
    "within_repeatability": "Within repeatability",
    "not_determined": "Not determined",
}
GRADES = {"changed": "changed", "within_repeatability": "same"}
UNITS = {"px2": "px²", "px": "px", "mm2": "mm²", "mm": "mm"}
SHOWN_FROM, STRONGEST = 4.0, 30.0
"""Delta E*ab at which the difference map begins, above what noise and a pixel's misplacement leave, and at
which it is strongest."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One quantity of one follow-up, worded; `grade` is changed, same or none."""

    name: str
    baseline: str
    follow_up: str
    change: str
    limit: str
    verdict: str
    grade: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class VisitView:
    """One follow-up. Pictures are None where it was not compared; SVG paths are in the baseline's
    frame.
    """

    number: int
    name: str
    when: str
    finding: str
    grade: str
    reason: str
    status: str
    registration: str
    groups: tuple[tuple[str, tuple[ChangeRow, ...]], ...]
    notes: tuple[str, ...]
    advice: AdviceView | None
    photograph: bytes | None
    difference: bytes | None
    outline: str
    baseline_outline: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One quantity at every visit: (text, grade) each."""

    name: str
    baseline: str
    cells: tuple[tuple[str, str], ...]


def report_comparison(
    comparison: Comparison, *, synthetic: bool = False, read_at: datetime | None = None
) -> str:
    """Draw the page.

    Args:
        comparison: the lesion over its visits.
        synthetic: the images are phantoms; the page says so.
        read_at: when it was compared; not shown where None.

    Returns:
        A whole HTML document without script or request. Views are switched by radio buttons and CSS; the
        slider is a box that can be made wider.
    """
    first = comparison.baseline
    assert first.pictures is not None
    height, width = first.pictures.pixels.shape[:2]
    visits = [view_visit(place, each) for place, each in enumerate(comparison.follow_ups, 1)]
    model = first.model
    return template(
        "followup.html.j2"
    ).render(
        title=TITLE,
        limit_of_use=LIMIT_OF_USE,
        report={"limit_of_use": LIMIT_OF_USE},  # for the foot of printed pages, in report.css
        synthetic=SYNTHETIC if synthetic else None,
        baseline=visible(first.image),
        taken=_taken(first) or "date not known",
        patient=visible((first.capture.patient if first.capture else None) or ""),
        status=STATUS[first.status],
        reason=visible(first.reason),
        model=f"{visible(model.name)} {visible(model.version)} ({model.sha256[:SHORT_HASH]})",
        read_at=f"{read_at:%Y-%m-%d %H:%M %Z}".strip() if read_at else "",
        notes=list(map(visible, comparison.notes)),
        repeatability=comparison.repeatability,
        width=width,
        height=height,
        photograph=photograph_jpeg(first.pictures.pixels),
        visits=visits,
        timeline=_timeline(comparison),
        legend=heat_legend(),
        shown_from=f"{SHOWN_FROM:.0f}",
        strongest=f"{STRONGEST:.0f}",
    )


def view_visit(place: int, found: FollowUp) -> VisitView:
    """Word and draw one follow-up."""
    pictures = found.pictures
    groups = [
        (title, tuple(row_of(change) for change in found.changes if change.group == group))
        for group, title in GROUPS.items()
    ]
    return VisitView(
        number=place,
        name=visible(found.assessment.image),
        when=_when(found),
        finding=finding_of(found),
        grade="changed" if found.changed else "none" if found.reason or found.left_open else "same",
        reason=visible(found.reason),
        status=STATUS[found.assessment.status],
        registration=_registration(found.registration) if found.registration else "",
        groups=tuple((title, rows) for title, rows in groups if rows),
        notes=tuple(map(visible, found.notes)),
        advice=view_advice(found.advice) if found.advice else None,
        photograph=photograph_jpeg(_on_grey(pictures)) if pictures else None,
        difference=_difference(pictures.difference) if pictures else None,
        outline=outline_path(pictures.outline) if pictures else "",
        baseline_outline=outline_path(pictures.baseline_outline) if pictures else "",
    )


def finding_of(found: FollowUp) -> str:
    """What is to be said first of a follow-up, in one line."""
    if found.reason:
        return "Not compared"
    open_groups = {change.group for change in found.left_open}
    named = ", ".join(title.lower() for group, title in GROUPS.items() if group in open_groups)
    left_open = f"; not determined, all or in part: {named}" if named else ""
    if len(found.left_open) == len(found.changes):
        return "Nothing of it could be compared"
    if not found.changed:
        return f"No change beyond the repeatability of what was compared{left_open}"
    return "Changed: " + ", ".join(name_of(change.name).lower() for change in found.changed) + left_open


def name_of(quantity: str) -> str:
    """The words for a quantity."""
    if quantity.startswith("colour_") and quantity not in QUANTITIES:
        return "Share of " + quantity.removeprefix("colour_").replace("_", " ")
    if quantity.startswith("structure_"):
        return NAMES[quantity.removeprefix("structure_")]
    return QUANTITIES[quantity]


def row_of(change: Change) -> ChangeRow:
    """Word one quantity."""
    return ChangeRow(
        name=name_of(change.name),
        baseline="–" if change.name == "mean_colour" else _value(change, change.baseline),
        follow_up="–" if change.name == "mean_colour" else _value(change, change.follow_up),
        change=change_text(change),
        limit=_limit(change),
        verdict=VERDICTS[change.verdict],
        grade=GRADES.get(change.verdict, "none"),
        reason=change.reason,
    )


def _value(change: Change, value: float | None) -> str:
    if change.unit in ("share", "probability"):
        return percent(value)
    return number(value, UNITS.get(change.unit, ""))


def change_text(change: Change) -> str:
    """The change with its sign, in per cent, percentage points, Delta E or times the odds."""
    value = change.change
    if value is None:
        return NOT_DETERMINED
    if change.kind == "ratio":
        return _signed(100 * value, "%")
    if change.kind == "log_odds":
        return f"odds ×{NARROW_SPACE}{number(math.exp(value), digits=2)}"
    if change.unit == "delta_e":
        return f"ΔE {number(value, places=1)}"
    return _signed(100 * value, "points")


def _signed(value: float, unit: str) -> str:
    text = number(value, unit, places=1)
    return f"+{text}" if value > 0 else text


def _limit(change: Change) -> str:
    if change.kind == "ratio":
        least = -100 * change.limit / (1 + change.limit)
        return f"+{number(100 * change.limit, places=1)} to {number(least, '%', places=1)}"
    if change.kind == "log_odds":
        return f"× or ÷ {number(math.exp(change.limit), digits=2)}"
    if change.unit == "delta_e":
        return f"ΔE {number(change.limit, places=1)}"
    return f"±{NARROW_SPACE}{number(100 * change.limit, 'points', places=1)}"


def _timeline(comparison: Comparison) -> list[TimelineRow]:
    """Rows only where a follow-up was compared; the baseline's value is that of the first such."""
    done = [each for each in comparison.follow_ups if each.changes]
    rows = []
    for place, change in enumerate(done[0].changes if done else ()):
        cells = []
        for each in comparison.follow_ups:
            now = each.changes[place] if each.changes else None
            grade = GRADES.get(now.verdict, "none") if now else "none"
            cells.append((change_text(now) if now else "not compared", grade))
        base = next(
            (each.changes[place] for each in done if each.changes[place].baseline is not None), change
        )
        shown = "–" if change.name == "mean_colour" else _value(base, base.baseline)
        rows.append(TimelineRow(name_of(change.name), shown, tuple(cells)))
    return rows


def _when(found: FollowUp) -> str:
    taken = _taken(found.assessment)
    if found.days is None:
        return taken or "date not known"
    return f"{taken}, {found.days} {'day' if found.days == 1 else 'days'} after the baseline"


def _taken(read: Assessment) -> str:
    return (read.capture.taken_on if read.capture else None) or ""


def _registration(found: Registration) -> str:
    by = "by the skin around" if found.on_skin else "by the lesion itself and the skin around"
    return (
        f"Laid onto the baseline {by}: {found.points} points agree, {found.skin_points} of them off the "
        f"lesion; turned by {number(found.turn_deg, '°', places=0)}, scale {number(found.scale, places=2)}, "
        f"tilt {number(found.tilt, places=2)}, estimated error {number(found.error_px, 'px', places=1)}."
    )


def _on_grey(pictures: ComparedPictures) -> NDArray[np.uint8]:
    """The follow-up alone: grey where it shows nothing."""
    return np.where(pictures.covered[..., None], pictures.pixels, np.uint8(200))


def _difference(difference: NDArray[np.float32]) -> bytes:
    known = np.nan_to_num(difference, nan=0.0)
    return heat_png(np.clip((known - SHOWN_FROM) / (STRONGEST - SHOWN_FROM), 0, 1))
