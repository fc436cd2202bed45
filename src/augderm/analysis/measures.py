"""All measures of one lesion, from its pixels, mask and outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.asymmetry import measure_asymmetry
from augderm.analysis.color import colour_shares
from augderm.analysis.edge import border_eighths
from augderm.analysis.lesion_view import LesionView, view_lesion
from augderm.analysis.middle import median_of
from augderm.analysis.ruler import RulerScale
from augderm.analysis.shape import measure_shape, share_on_frame
from augderm.analysis.skin import MIN_SKIN_PIXELS, VIEW_MIN_L
from augderm.analysis.small import Small
from augderm.domain.assessment import Measures, Scale

MAX_HIDDEN = 0.5
"""Greatest share of the lesion that hair, ink and other artefacts may hide; beyond it its colours are not
measured."""


def measure_lesion(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    outline: NDArray[np.float64],
    *,
    reduction: float = 1.0,
    mm_per_px: float | None = None,
    ruler: RulerScale | None = None,
    view: LesionView | None = None,
) -> Measures:
    """Measure a lesion. What lies over the skin is left out of its colours.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        mask: (h, w) bool, not empty.
        outline: (n, 2) closed outline of the mask, x and y in pixels (`border.outline`).
        reduction: pixels of the original photograph per pixel of `pixels`, >= 1; lengths are given
            in the original's pixels.
        mm_per_px: millimetres per pixel of the original, where known.
        ruler: what `ruler.find_ruler` found in `pixels`; it gives the scale where `mm_per_px` does not.
        view: of this lesion, where it was already made; of the same pixels, mask and ruler.
    """
    height, width = mask.shape
    shape = measure_shape(outline)
    view = view or view_lesion(Small.of(pixels), mask, ruler=ruler)
    lab, small_mask, hidden, factor = view.lab, view.inside, view.hidden, view.factor
    seen = small_mask & ~hidden
    around = lab[..., 0][~small_mask & ~hidden & (lab[..., 0] > VIEW_MIN_L)]
    skin_lightness = median_of(around) if len(around) >= MIN_SKIN_PIXELS else None
    asymmetry = measure_asymmetry(view.cover, lab, hidden)
    colours = view.hidden_share <= MAX_HIDDEN
    # Plane by plane, as they lie in memory.
    lesion = np.stack([lab[..., i][seen] for i in range(3)])
    return Measures(
        area_px2=shape.area * reduction**2,
        perimeter_px=shape.perimeter * reduction,
        long_axis_px=shape.long_axis * reduction,
        short_axis_px=shape.short_axis * reduction,
        orientation_deg=shape.orientation_deg,
        circularity=shape.circularity,
        shape_asymmetry=asymmetry.shape,
        colour_asymmetry=asymmetry.colour if colours else None,
        least_asymmetry=asymmetry.least if colours else None,
        border_eighths=border_eighths(lab[..., 0], outline * factor, shape.area * factor**2, hidden),
        colours=colour_shares(lesion.T, skin_lightness) if colours else None,
        lab_mean=_triple(lesion.mean(axis=1)) if colours else None,
        lab_spread=_triple(lesion.std(axis=1)) if colours else None,
        touches_frame=share_on_frame(outline, width, height),
        scale=_scale(mm_per_px, ruler, reduction),
        hidden_share=view.hidden_share,
        hidden_by=view.artefacts.shares(small_mask),
        no_colours="" if colours else _too_hidden(view.hidden_share),
    )


def _triple(values: NDArray[np.float32]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _too_hidden(share: float) -> str:
    return (
        f"{100 * share:.0f} % of the lesion is hidden by hair, ink, bubbles or the like, the limit is "
        f"{100 * MAX_HIDDEN:.0f} %: its colours are not measured. Clear the skin and photograph it again."
    )


def _scale(mm_per_px: float | None, ruler: RulerScale | None, reduction: float) -> Scale | None:
    """What was given goes before what was found."""
    if mm_per_px is not None:
        return Scale(mm_per_px, source="given")
    if ruler is None:
        return None
    return Scale(ruler.mm_per_px / reduction, ruler.uncertainty_mm_per_px / reduction, source="ruler")
