"""The view model of a signed case's report: every word in one language, every picture drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from augderm.domain.body_map import curve_path, view_named

MAP_INK, MAP_SKIN, MAP_MARK = "#53606d", "#f3f5f7", "#a23350"


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photograph as a JPEG, with its caption and its words for who cannot see it."""

    jpeg: bytes
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class BodyMap:
    """Where the lesion is: a picture, and the same in words."""

    svg: str
    alt: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine's part, after the person's. `parts`: a heading and its items, one for each photograph."""

    title: str
    note: str
    parts: tuple[tuple[str, tuple[Item, ...]], ...]
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a report shows. What is "", None or empty is left out.

    Attributes:
        language: a code, "de".
        direction: of the writing.
        paragraphs: of the letter before the report.
        patient, lesion, decision: items under the titles of the same names; the decision is the person's.
        notice: what to know before the decision is relied on.
        signature: who signed, and when.
        history: all that was signed and added, by time, where that is more than the decision.
        page: "Page {page} of {pages}", in the language.
    """

    language: str
    direction: Literal["ltr", "rtl"]
    title: str
    clinic: str
    limit_of_use: str
    synthetic: str
    paragraphs: tuple[str, ...]
    patient_title: str
    patient: tuple[Item, ...]
    lesion_title: str
    lesion: tuple[Item, ...]
    body_map: BodyMap | None
    decision_title: str
    decision: tuple[Item, ...]
    notice: str
    signature: str
    history_title: str
    history: tuple[Item, ...]
    photographs_title: str
    photographs: tuple[Photograph, ...]
    machine: Machine
    page: str


def body_map_svg(view: str, x: float, y: float) -> str:
    """The outline of a view of the body map with a point on it, as an SVG of its own.

    Args:
        view: a code of `domain.body_map.VIEWS`.
        x, y: fractions of the view, 0..1.

    Raises:
        InvalidConfig: there is no such view.
    """
    shown = view_named(view)
    width, height = shown.size
    outline = "".join(curve_path(curve) for curve in shown.curves)
    left, top, mark = x * width, y * height, 0.025 * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">'
        f'<path d="{outline}" fill="{MAP_SKIN}" stroke="{MAP_INK}" stroke-width="{0.006 * height:.3g}"/>'
        f'<circle cx="{left:.4g}" cy="{top:.4g}" r="{mark:.3g}" fill="none" stroke="{MAP_MARK}" '
        f'stroke-width="{0.008 * height:.3g}"/>'
        f'<circle cx="{left:.4g}" cy="{top:.4g}" r="{mark / 4:.3g}" fill="{MAP_MARK}"/></svg>'
    )
