"""The follow-up in the baseline's frame and light, with both borders drawn by one rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.border import outline
from augderm.analysis.followup.colour import relit, skin_ring
from augderm.analysis.followup.difference import lay_over
from augderm.analysis.followup.level import borders_by_level
from augderm.analysis.followup.sight import Sight


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Arrays in the baseline's frame.

    Attributes:
        pixels: (h, w, 3) uint8, the follow-up under the baseline's light; the baseline where it shows
            nothing.
        covered: (h, w) bool, where it shows anything.
        mask, baseline_mask: (h, w) bool, both lesions.
        outline, baseline_outline: (n, 2) both borders, x and y.
        share_outside: the share of its lesion that is not covered, 0..1.
        steady: whether the ratio of both areas hardly depends on where in the lesion's rim a border is drawn.
        light: factors on its red, green and blue (linear light); None where too little skin is in view.
    """

    pixels: NDArray[np.uint8]
    covered: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    baseline_mask: NDArray[np.bool_]
    outline: NDArray[np.float64]
    baseline_outline: NDArray[np.float64]
    share_outside: float
    steady: bool
    light: tuple[float, float, float] | None


def lay(
    baseline: NDArray[np.uint8],
    seen: Sight,
    follow_up: NDArray[np.uint8],
    there: Sight,
    matrix: NDArray[np.float64],
    find_border: Callable[[NDArray[np.uint8]], NDArray[np.bool_]],
) -> Laid | None:
    """Lay the follow-up onto the baseline.

    Args:
        baseline, follow_up: (h, w, 3) uint8 sRGB, with what was seen of each.
        matrix: (3, 3) from the follow-up's pixels to the baseline's.
        find_border: gives the lesion (h, w) bool of a picture. It is asked once more, for what it gets wrong
            of a lesion it gets wrong alike in two pictures of one size, place and light.

    Returns:
        None where no lesion is found in the follow-up as it lies on the baseline.
    """
    shape = seen.mask.shape
    raw, covered = lay_over(follow_up, matrix, shape)
    layers = np.stack([there.mask, there.hidden], axis=2) * np.uint8(255)
    lesion, hidden = np.moveaxis(lay_over(layers, matrix, shape)[0] > 127, 2, 0)
    clear = (~seen.hidden, covered & ~hidden)
    ring = skin_ring(baseline, raw, seen.mask | lesion, clear[0] & clear[1])
    alignment = relit(baseline, raw, ring)
    # No edge of the frame may lie in what the network sees.
    pixels = np.where(covered[..., None], raw if alignment is None else alignment[0], baseline)
    mask = find_border(pixels)
    if not mask.any():
        return None
    masks, steady = (seen.mask, mask), True
    if alignment is not None and (borders := borders_by_level((baseline, pixels), masks, ring, clear)):
        masks, steady = (borders.baseline, borders.follow_up), borders.steady
    outlines = [outline(each) for each in masks]
    if min(map(len, outlines)) < 4:
        return None
    return Laid(
        pixels=pixels,
        covered=covered,
        mask=masks[1],
        baseline_mask=masks[0],
        outline=outlines[1],
        baseline_outline=outlines[0],
        share_outside=np.count_nonzero(masks[1] & ~covered) / np.count_nonzero(masks[1]),
        steady=steady,
        light=None if alignment is None else tuple(map(float, alignment[1])),  # type: ignore[arg-type]
    )
