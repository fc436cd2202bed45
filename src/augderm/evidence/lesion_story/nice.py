"""The weighted 7-point checklist of NICE guideline NG12, filled by what was told.

Two points for each major feature, one for each minor; from 3 the suspected-cancer pathway. It is clinical:
not the dermoscopic 7-point checklist, with which it shares a name and a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.domain.assessment import Measures
from augderm.domain.scores import ScoreVerdict
from augderm.evidence.lesion_story.told import NOT_ANSWERED, Told
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule

SUSPICIOUS_FROM = 3
LARGE_FROM_MM = 7.0
COVERAGE_FACTOR = 2
"""Standard uncertainties to either side of a measured diameter within which it is not settled: 95 %."""
MAJOR = Decimal(2)
DIAMETER_ITEM = "diameter"


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    del values
    return "suspicious" if total >= SUSPICIOUS_FROM else "not_suspicious"


NICE = ScoreRule(
    name="nice_seven_point",
    checklist="nice_seven_point",
    title="Weighted 7-point checklist (clinical)",
    source="NICE guideline NG12",
    limits="Major features 2 points, minor 1: from 3 the suspected-cancer pathway (2 weeks).",
    unit="points",
    items=(
        ItemRule("change_in_size", "Change in size (major)", MAJOR),
        ItemRule("irregular_shape", "Irregular shape (major)", MAJOR),
        ItemRule("irregular_colour", "Irregular colour (major)", MAJOR),
        ItemRule(DIAMETER_ITEM, "Diameter of 7 mm or more"),
        ItemRule("inflamed", "Inflammation"),
        ItemRule("oozing", "Oozing"),
        ItemRule("sensation_changed", "Change in sensation"),
    ),
    verdict=_verdict,
)


def findings(told: Told) -> dict[str, Finding]:
    """What was told of each item; the diameter where it was told."""
    lesion = told.lesion
    grows = lesion.growth in ("slow", "rapid")
    # That it does not grow leaves open whether it shrinks; that it does not itch, whether it hurts.
    size = True if grows and lesion.change_in_size is None else lesion.change_in_size
    sensation = True if lesion.itch and lesion.sensation_changed is None else lesion.sensation_changed
    return {
        "change_in_size": told.finding(size, ("change_in_size", "growth")),
        "irregular_shape": told.yes_no("irregular_shape"),
        "irregular_colour": told.yes_no("irregular_colour"),
        DIAMETER_ITEM: _told_diameter(lesion.diameter_mm),
        "inflamed": told.yes_no("inflamed"),
        "oozing": told.yes_no("oozing", "It bleeds; that is not oozing." if lesion.bleeding else ""),
        "sensation_changed": told.finding(sensation, ("sensation_changed", "itch")),
    }


def _told_diameter(diameter_mm: float | None) -> Finding:
    place = "anamnesis.answers.lesion.diameter_mm"
    if diameter_mm is None:
        return Finding(0, 1, NOT_ANSWERED, place)
    large = int(diameter_mm >= LARGE_FROM_MM)
    return Finding(large, large, f"Told: diameter {diameter_mm:g} mm.", place)


def measured_diameter(measures: Measures | None) -> Finding | None:
    """The diameter as the image shows it; None where nothing was measured in millimetres.

    A lesion that the frame cuts is at least as large as what is seen of it. Within twice the scale's standard
    uncertainty of the limit it stays open.
    """
    if measures is None or measures.scale is None or measures.long_axis_mm is None:
        return None
    diameter = measures.long_axis_mm
    relative = (measures.scale.uncertainty_mm_per_px or 0.0) / measures.scale.mm_per_px
    least, most = (diameter * (1 + sign * COVERAGE_FACTOR * relative) for sign in (-1, 1))
    cut = measures.touches_frame > 0
    text = f"Measured: {diameter:.1f} mm, by a scale that is {_scale_text(measures.scale.source, relative)}."
    if cut:
        text += " The frame cuts the lesion: it is at least as large."
    lowest, highest = int(least >= LARGE_FROM_MM), int(cut or most >= LARGE_FROM_MM)
    return Finding(lowest, highest, text, "measures.long_axis_mm")


def _scale_text(source: str, relative: float) -> str:
    return "given" if source == "given" else f"a ruler's (to {100 * COVERAGE_FACTOR * relative:.1f} %)"
