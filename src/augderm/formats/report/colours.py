"""The view of the lesion's colours: the six that dermoscopy names, and CIE L*a*b*."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from skimage.color import lab2rgb

from augderm.analysis.color import DERMOSCOPIC_COLOURS, PRESENT_SHARE
from augderm.domain.assessment import Measures
from augderm.formats.report.wording import number, percent

NAMES = {
    "white": "White",
    "red": "Red",
    "light_brown": "Light brown",
    "dark_brown": "Dark brown",
    "blue_grey": "Blue-grey",
    "black": "Black",
}
AXES = ("L* (dark to light)", "a* (green to red)", "b* (blue to yellow)")


@dataclass(frozen=True, slots=True)
class ColourRow:
    """One dermoscopic colour; `swatch` is #rrggbb."""

    name: str
    swatch: str
    share: str
    presence: str
    present: bool


@dataclass(frozen=True, slots=True)
class LabRow:
    """One axis of CIE L*a*b*: mean and standard deviation over the lesion."""

    axis: str
    mean: str
    spread: str


@dataclass(frozen=True, slots=True)
class ColourView:
    """`mean_swatch` is the mean colour as #rrggbb, None where it is undefined."""

    named: tuple[ColourRow, ...]
    count: str
    lab: tuple[LabRow, ...]
    mean_swatch: str | None


def view_colours(measures: Measures) -> ColourView:
    """Turn a lesion's colours into labelled text; where they were not measured, say why."""
    if measures.colours is None or measures.lab_mean is None or measures.lab_spread is None:
        return ColourView(named=(), count=measures.no_colours, lab=(), mean_swatch=None)
    present = sum(colour.present for colour in measures.colours.values())
    return ColourView(
        named=tuple(
            ColourRow(
                name=NAMES[name],
                swatch=swatch(DERMOSCOPIC_COLOURS[name]) or "",
                share=percent(colour.share),
                presence="present" if colour.present else "absent",
                present=colour.present,
            )
            for name, colour in measures.colours.items()
        ),
        count=f"{present} of {len(measures.colours)} dermoscopic colours present; a colour counts from "
        f"{100 * PRESENT_SHARE:g} % of the lesion’s area.",
        lab=tuple(
            LabRow(axis, number(mean, places=1), number(spread, places=1))
            for axis, mean, spread in zip(AXES, measures.lab_mean, measures.lab_spread, strict=True)
        ),
        mean_swatch=swatch(measures.lab_mean),
    )


def swatch(lab: tuple[float, float, float]) -> str | None:
    """L*a*b* (D65) as #rrggbb, clipped to sRGB; None where a component is not finite."""
    if not all(map(math.isfinite, lab)):
        return None
    levels = np.round(np.clip(lab2rgb(np.array(lab, np.float64)), 0, 1) * 255).astype(int)
    return "#" + "".join(f"{level:02x}" for level in levels)
