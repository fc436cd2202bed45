"""The view of where structures are: a layer for each that was located, and the legend of all."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.marks import Style, draw_marks
from augderm.domain.assessment import Assessment, Measures
from augderm.domain.structures import (
    ANSWERED_BY,
    DESCRIPTIVE,
    LIKELY,
    NETWORK_DESCRIPTIVE,
    StructureFinding,
    Validation,
)
from augderm.formats.report.wording import number, percent

NAMES = {
    "pigment_network": "Pigment network",
    "negative_network": "Negative network",
    "milia_like_cyst": "Milia-like cysts",
    "globules": "Globules and dots",
    "streaks": "Streaks",
    "dots_and_globules": "Dots and globules",
    "blue_whitish_veil": "Blue-whitish veil",
    "scar_like_depigmentation": "Scar-like depigmentation",
    "peppering": "Peppering",
    "blotch": "Blotch",
    "red_area": "Red area",
    "ulceration": "Ulceration or erosion",
    "linear_vessels": "Linear vessels",
    "dotted_vessels": "Dotted vessels",
    "shiny_white_lines": "Shiny white lines",
}
"""Metaphoric terms; the descriptive ones are the domain's."""
OBJECTS = {
    "dots_and_globules": ("spots", "wide"),
    "peppering": ("spots", "wide"),
    "streaks": ("lines", "long"),
    "linear_vessels": ("lines", "long"),
    "dotted_vessels": ("spots", "wide"),
    "shiny_white_lines": ("lines", "long"),
}
SKY, GREEN, YELLOW, BLUE, RED, PURPLE, WHITE = (
    (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
    (255, 255, 255),
)  # fmt: skip
"""Of Okabe and Ito (Color Universal Design, 2008), which colour-blind readers tell apart; and white."""
STYLES = {
    "pigment_network": Style(YELLOW, "x"),
    "negative_network": Style(WHITE, "x", "dashed"),
    "milia_like_cyst": Style(WHITE, "|", "dotted"),
    "globules": Style(GREEN, "/", "dotted"),
    "streaks": Style(SKY, "", "dashed"),
    "dots_and_globules": Style(GREEN, ""),
    "blue_whitish_veil": Style(SKY, "/"),
    "scar_like_depigmentation": Style(WHITE, "-"),
    "peppering": Style(PURPLE, "", "dotted"),
    "blotch": Style(RED, "\\"),
    "red_area": Style(PURPLE, "|", "dashed"),
    "ulceration": Style(YELLOW, "\\", "dashed"),
    "linear_vessels": Style(RED, "", "dotted"),
    "dotted_vessels": Style(YELLOW, ""),
    "shiny_white_lines": Style(WHITE, "", "dashed"),
}
"""No two have the same colour and pattern."""
CASING = (16, 24, 32)
SWATCH_PX = (46, 26)
MOST, CENTRAL = 0.6, 0.25
"""Share of the lesion that is most of it; offset of the middle, over the lesion's radius, that is none."""
OUTER, INNER = 1.15, 0.85
"""Mean distance from the lesion's middle, over that of the lesion itself, of what lies around or within."""
HOURS = 12
SOURCES = {"network": "the network", "image analysis": "image analysis"}
NOTE = (
    "A layer shows where, of the network only where its calibrated probability reaches {likely}. What image "
    "analysis marks is a place to look at, not a claim that the structure is there."
)


@dataclass(frozen=True, slots=True, eq=False)
class LocatedRow:
    """A structure that was located.

    Attributes:
        key: its name without blanks, unique in a report.
        name, descriptive: metaphoric and descriptive term.
        where: how much and where, in words.
        source, validation: what found it, and how well that was measured to work, in words.
        layer: a PNG with transparency to be laid over the photograph.
        swatch: a PNG of its colour and pattern, on the colour of skin.
    """

    key: str
    name: str
    descriptive: str
    where: str
    source: str
    validation: str
    layer: bytes
    swatch: bytes


@dataclass(frozen=True, slots=True, eq=False)
class LocatedView:
    """All that was located, what was looked for without that, and what was not looked for."""

    rows: tuple[LocatedRow, ...]
    not_located: str
    not_looked_for: str
    note: str


def view_located(assessment: Assessment) -> LocatedView | None:
    """Draw and word where structures are; None where no finding is to be told."""
    pictures, findings = assessment.pictures, assessment.findings
    if not findings or pictures is None:
        return None
    rows = [_row(one, pictures.mask, assessment.measures) for one in findings if one.located]
    return LocatedView(
        rows=tuple(rows),
        not_located=_listed([one for one in findings if one.located is False]),
        not_looked_for=_listed([one for one in findings if one.located is None]),
        note=NOTE.format(likely=percent(LIKELY)),
    )


def validation_text(validation: Validation) -> str:
    """In one phrase, its numbers with it."""
    text = validation.words[:1].upper() + validation.words[1:]
    if validation.auc is None:
        return text
    text += f": presence {presence_validation(validation)}"
    if validation.area_correlation is not None:
        text += f", area rank correlation {validation.area_correlation:.2f} with the experts’"
        text += f" in {validation.area_images} images that have it"
    return text


def presence_validation(validation: Validation) -> str:
    """How well presence alone was measured to be told."""
    if validation.auc is None:
        return validation.words
    return f"AUC {validation.auc:.2f} ({validation.positive} of {validation.images} images have it)"


def _descriptive(finding: StructureFinding) -> str:
    terms: Mapping[str, str] = NETWORK_DESCRIPTIVE
    if finding.source == "image analysis":
        terms = dict(DESCRIPTIVE.items())
    return terms[finding.name]


def _row(finding: StructureFinding, lesion: NDArray[np.bool_], measures: Measures | None) -> LocatedRow:
    style = STYLES[finding.name]
    possible = finding.source == "image analysis" and finding.name not in ANSWERED_BY
    name = NAMES[finding.name]
    return LocatedRow(
        key=f"{finding.source.replace(' ', '-')}-{finding.name.replace('_', '-')}",
        name=f"Possible {name[0].lower()}{name[1:]}" if possible else name,
        descriptive=_descriptive(finding),
        where=_where(finding, lesion, measures),
        source=SOURCES[finding.source],
        validation=validation_text(finding.validation),
        layer=_layer(draw_marks(finding.mask, style), style),
        swatch=_swatch(style),
    )


def _where(finding: StructureFinding, lesion: NDArray[np.bool_], measures: Measures | None) -> str:
    parts = [f"{percent(finding.share)} of the lesion", place_text(finding, lesion)]
    if finding.count and finding.median_size_px:
        objects, extent = OBJECTS[finding.name]
        scale = measures.mm_per_px if measures else None
        size = finding.median_size_px
        shown = number(size, "px") if scale is None else number(size * scale, "mm", digits=2)
        parts.insert(0, f"{finding.count} {objects}, {shown} {extent} (median)")
    return ", ".join(parts)


def place_text(finding: StructureFinding, lesion: NDArray[np.bool_]) -> str:
    """Where in the lesion, in words: by the clock, 12 being up, where it lies to one side.

    Args:
        finding: located.
        lesion: (h, w) bool, as large as its mask, not empty.
    """
    if finding.share is not None and finding.share >= MOST:
        return "over most of it"
    assert finding.centroid
    rows, columns = np.nonzero(lesion)
    height, width = lesion.shape
    middle_x, middle_y = columns.mean() + 0.5, rows.mean() + 0.5
    right, down = finding.centroid[0] * width - middle_x, finding.centroid[1] * height - middle_y
    if math.hypot(right, down) < CENTRAL * math.sqrt(len(rows) / math.pi):
        away = [
            np.hypot(xs + 0.5 - middle_x, ys + 0.5 - middle_y).mean()
            for ys, xs in (np.nonzero(finding.mask), (rows, columns))
        ]
        outwards = away[0] / max(away[1], 1e-9)
        return (
            "around its edge"
            if outwards > OUTER
            else "in its centre"
            if outwards < INNER
            else "spread over it"
        )
    hour = round(math.atan2(right, -down) / (2 * math.pi) * HOURS) % HOURS or HOURS
    return f"towards {hour} o’clock"


def _listed(findings: Sequence[StructureFinding]) -> str:
    names = [NAMES[one.name].lower() + (" (network)" if one.source == "network" else "") for one in findings]
    return ", ".join(names)


def _layer(drawn: NDArray[np.uint8], style: Style) -> bytes:
    image = Image.fromarray(drawn, "P")
    image.putpalette([0, 0, 0, *CASING, *style.rgb])
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=bytes([0, 150, 255]), compress_level=9)
    return buffer.getvalue()


def _swatch(style: Style) -> bytes:
    """A piece of its hatch, or two rings, on skin."""
    width, height = SWATCH_PX
    mask = np.zeros((height, width), bool)
    if style.fill:
        mask[4:-4, 4:-4] = True
    else:
        mask[9:-9, 8:16] = mask[9:-9, 30:38] = True
    drawn = draw_marks(mask, style)
    colours = np.array([(201, 160, 140), CASING, style.rgb], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colours[drawn]).save(buffer, "PNG")
    return buffer.getvalue()
