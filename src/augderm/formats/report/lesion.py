"""The view of what was measured of the lesion: geometry, border, colours."""

from __future__ import annotations

from dataclasses import dataclass

from augderm.domain.assessment import Border, BorderEighth, Measures, Scale
from augderm.formats.report.colours import ColourView, view_colours
from augderm.formats.report.rose import border_rose
from augderm.formats.report.wording import at_least, number, percent

NO_SCALE = "No scale known: lengths in pixels of the original image."
SCALE_SOURCES = {"given": "as given", "ruler": "from the ticks of a ruler in the image"}
ROSE_NOTE = (
    "The wedge reaches the outer ring where all of the contrast is crossed within a narrow band (1: abrupt); "
    "it is short where the border fades out. Dashed: not determined."
)
CLOCK_HOURS = ("3:00–4:30", "4:30–6:00", "6:00–7:30", "7:30–9:00",
               "9:00–10:30", "10:30–12:00", "12:00–1:30", "1:30–3:00")  # fmt: skip
"""The eighths of the border as dermatologists name places on it: on the clock face of the image."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure. `mm` is None where no scale is known, a dash where the measure is no length."""

    label: str
    note: str
    value: str
    mm: str | None


@dataclass(frozen=True, slots=True)
class EighthRow:
    """One eighth of the border: the hours of the clock it spans, contrast and sharpness."""

    hours: str
    contrast: str
    sharpness: str


@dataclass(frozen=True, slots=True)
class MeasuredView:
    """All that was measured. `rose` is an SVG drawing, `warning` is "" or says what is a lower bound."""

    scale: str
    in_mm: bool
    warning: str
    measures: tuple[MeasureRow, ...]
    eighths: tuple[EighthRow, ...]
    rose: str
    rose_description: str
    rose_note: str
    colours: ColourView


def view_measured(measures: Measures, border: Border | None) -> MeasuredView:
    """Turn measures into labelled text."""
    return MeasuredView(
        scale=_scale(measures.scale) if measures.scale else NO_SCALE,
        in_mm=measures.scale is not None,
        warning="The lesion is cut by the frame: area and axes are lower bounds (≥)."
        if measures.touches_frame > 0
        else "",
        measures=(*_lengths(measures), *_ratios(measures), *_place(measures, border)),
        eighths=tuple(map(_eighth, CLOCK_HOURS, measures.border_eighths)),
        rose=border_rose([eighth.sharpness for eighth in measures.border_eighths]),
        rose_note=ROSE_NOTE,
        rose_description=_describe(measures.border_eighths),
        colours=view_colours(measures),
    )


def _scale(scale: Scale) -> str:
    length = f"Scale: {number(scale.mm_per_px, 'mm')}"
    if scale.uncertainty_mm_per_px is not None:
        per_cent = number(100 * scale.uncertainty_mm_per_px / scale.mm_per_px, "%", digits=2)
        length += f" (standard uncertainty {per_cent})"
    return f"{length} per pixel of the original image, {SCALE_SOURCES[scale.source]}."


def _lengths(measures: Measures) -> list[MeasureRow]:
    cut = measures.touches_frame > 0
    rows = (
        ("Area", "inside the border", "area_px2", "px²", measures.area_mm2, "mm²", cut),
        ("Perimeter", "length of the outline", "perimeter_px", "px", measures.perimeter_mm, "mm", False),
        ("Long axis", "greatest diameter", "long_axis_px", "px", measures.long_axis_mm, "mm", cut),
        ("Short axis", "at right angles to it", "short_axis_px", "px", measures.short_axis_mm, "mm", cut),
    )
    return [
        MeasureRow(
            label,
            note,
            at_least(number(getattr(measures, field), unit), bound),
            None if measures.mm_per_px is None else at_least(number(mm, mm_unit), bound),
        )
        for label, note, field, unit, mm, mm_unit, bound in rows
    ]


def _ratios(measures: Measures) -> list[MeasureRow]:
    shape = measures.shape_asymmetry
    colour = [None if share is None else 100 * share for share in measures.colour_asymmetry or (None, None)]
    difference = "ΔE*ab to the mirror image"
    rows = (
        (
            "Direction of the long axis",
            "0° level, positive clockwise",
            number(measures.orientation_deg, "°", places=0),
        ),
        ("Circularity", "1 is a circle", number(measures.circularity, places=2)),
        ("Shape asymmetry, major axis", "outside the mirror image", percent(shape[0])),
        ("Shape asymmetry, minor axis", "outside the mirror image", percent(shape[1])),
        ("Colour asymmetry, major axis", difference, number(colour[0], places=1)),
        ("Colour asymmetry, minor axis", difference, number(colour[1], places=1)),
    )
    return [_without_length(measures, *row) for row in rows]


def _place(measures: Measures, border: Border | None) -> list[MeasureRow]:
    share = percent(border.area_fraction if border else None)
    certainty = percent(border.confidence if border else None)
    rows = (
        ("Outline on the frame", "above 0 the lesion goes on outside", percent(measures.touches_frame)),
        ("Share of the image", "area of the lesion", share),
        (
            "Hidden share",
            "by hair, ink and the like; no colour is measured there",
            percent(measures.hidden_share),
        ),
        ("Certainty of the border", "mean over the lesion, of the network", certainty),
    )
    return [_without_length(measures, *row) for row in rows]


def _without_length(measures: Measures, label: str, note: str, value: str) -> MeasureRow:
    return MeasureRow(label, note, value, None if measures.mm_per_px is None else "–")


def _eighth(hours: str, eighth: BorderEighth) -> EighthRow:
    return EighthRow(hours, number(eighth.contrast, places=1), number(eighth.sharpness, places=2))


def _describe(eighths: tuple[BorderEighth, ...]) -> str:
    named = (
        f"{hours} {number(eighth.sharpness, places=2)}"
        for hours, eighth in zip(CLOCK_HOURS, eighths, strict=True)
    )
    return "Sharpness of the border on the clock face: " + ", ".join(named) + "."
