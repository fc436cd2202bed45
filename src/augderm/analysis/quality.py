"""Is the photograph fit to be read? Each aspect as a number, a threshold and a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from augderm.analysis.small import Small
from augderm.domain.assessment import Quality, QualityCheck, Verdict

FINE_SIGMA_PX, MIDDLE_SIGMA_PX, COARSE_SIGMA_PX = 1.0, 2.0, 4.0
"""Gaussian scales whose differences are the fine and the coarse band of `sharpness`."""
SURROUND_MARGIN = 0.05
"""Width of the rim inside the lens's edge that is not judged for sharpness, over the long side."""
MIN_DETAIL = 1e-4
"""Least mean energy (squared levels) of the coarse band; below it there is only rounding."""
DARK_LEVEL = 40
"""Highest channel level (0..255) of a pixel that is black surround of the lens."""
GLARE_LEVEL = 250
"""Least channel level (0..255) of all three channels in a specular reflection."""


@dataclass(frozen=True, slots=True)
class _Gate:
    unit: str
    poor_at: float
    unfit_at: float | None
    higher_is_better: bool
    good: str
    poor: str
    unfit: str


# Set on folds 1-4 of the training images and on deliberately spoilt copies of them; how, and what
# they cost, is in docs/explain/quality.md.
GATES: dict[str, _Gate] = {
    "sharpness": _Gate(
        "fine over coarse detail", 0.50, 0.37, True,
        "The image is sharp.",
        "The image is somewhat blurred; fine structures may be missed.",
        "The image is blurred beyond use; focus and take it again.",
    ),
    "brightness": _Gate(
        "mean level in view, 0..255", 70, 35, True,
        "The image is bright enough.",
        "The image is dark; colours may be misjudged.",
        "The image is too dark to be read; take it again with more light.",
    ),
    "overexposure": _Gate(
        "mean level in view, 0..255", 225, 245, False,
        "The image is not overexposed.",
        "The image is very bright; pale structures may be lost.",
        "The image is overexposed; take it again with less light.",
    ),
    "glare": _Gate(
        "share of the view, 0..1", 0.02, 0.30, False,
        "There is no disturbing glare.",
        "Reflections hide part of the image; use contact fluid or polarised light.",
        "Reflections hide most of the image; take it again with contact fluid or polarised light.",
    ),
    "field_of_view": _Gate(
        "share of the frame, 0..1", 0.80, 0.25, True,
        "The field of view fills the frame.",
        "Dark corners of the lens take part of the frame; they are not skin.",
        "The field of view fills too little of the frame; move closer or zoom in.",
    ),
    "resolution": _Gate(
        "pixels, short side", 224, 112, True,
        "The resolution suffices.",
        "The resolution is low; fine structures cannot be seen.",
        "The resolution is too low to be read; give the original photograph.",
    ),
    "colour": _Gate(
        "mean spread of channels, 0..255", 12, None, True,
        "The image is in colour.",
        "The image has hardly any colour; colours and diagnosis are uncertain.",
        "",
    ),
    "lesion_in_frame": _Gate(
        "share of the outline on the frame, 0..1", 0.05, None, False,
        "The whole lesion is in the frame.",
        "The lesion is cut by the frame; its size, axes and asymmetry are lower bounds.",
        "",
    ),
}  # fmt: skip


def check_quality(
    pixels: NDArray[np.uint8],
    short_side_px: int,
    *,
    touches_frame: float | None,
    notes: tuple[str, ...],
    small: Small | None = None,
) -> Quality:
    """Judge a photograph.

    Args:
        pixels: (h, w, 3) uint8 sRGB, at working size.
        short_side_px: short side of the unreduced photograph.
        touches_frame: share of the lesion's outline on the frame; None where no lesion was found.
        notes: what decoding had to do, handed through.
        small: `pixels` reduced, where that was made already; quality is measured in it.
    """
    reduced = (small or Small.of(pixels)).pixels
    # Plane by plane: numpy is slow to reduce along an axis of three.
    red, green, blue = (np.ascontiguousarray(reduced[..., i]) for i in range(3))
    highest, lowest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    level = (red.astype(np.float32) + green + blue) / np.float32(3)
    surround = _surround(highest)
    view = ~surround
    count = max(1, int(np.count_nonzero(view)))
    brightness = float(level[view].sum()) / count
    values: dict[str, float | None] = {
        "sharpness": sharpness(_without_surround(level, surround)),
        "brightness": brightness,
        "overexposure": brightness,
        "glare": np.count_nonzero(lowest[view] >= GLARE_LEVEL) / count,
        "field_of_view": float(view.mean()),
        "resolution": float(short_side_px),
        "colour": float((highest - lowest)[view].sum()) / count,
        "lesion_in_frame": touches_frame,
    }
    checks = tuple(_judge(name, value) for name, value in values.items())
    order: tuple[Verdict, ...] = ("good", "poor", "unfit")
    worst = order[max(order.index(check.verdict) for check in checks)]
    return Quality(verdict=worst, checks=checks, notes=notes)


def _judge(name: str, value: float | None) -> QualityCheck:
    gate = GATES[name]
    verdict: Verdict = "good"
    if value is None or not math.isfinite(value):
        sentence = "It could not be determined."
        value = None
    else:
        sign = 1 if gate.higher_is_better else -1
        if gate.unfit_at is not None and sign * value < sign * gate.unfit_at:
            verdict, sentence = "unfit", gate.unfit
        elif sign * value < sign * gate.poor_at:
            verdict, sentence = "poor", gate.poor
        else:
            sentence = gate.good
    return QualityCheck(
        name=name,
        value=value,
        unit=gate.unit,
        poor_at=gate.poor_at,
        unfit_at=gate.unfit_at,
        higher_is_better=gate.higher_is_better,
        verdict=verdict,
        sentence=sentence,
    )


def _without_surround(level: NDArray[np.float32], surround: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The levels with the lens's black surround replaced by the nearest of the view.

    Its edge is sharp in any photograph: left in, it would make a blurred one seem sharp.
    """
    if not surround.any() or surround.all():
        return level
    # With a margin, since the edge itself takes a few pixels, more where the image is blurred.
    edge = ndimage.distance_transform_edt(~surround) <= SURROUND_MARGIN * max(level.shape)
    if edge.all():
        return level
    rows, columns = ndimage.distance_transform_edt(edge, return_distances=False, return_indices=True)
    filled: NDArray[np.float32] = level[rows, columns]
    return filled


def sharpness(level: NDArray[np.float32]) -> float:
    """Contrast of fine detail over that of coarse detail (two neighbouring octaves).

    Photographs carry about the same contrast in each octave (Field, J Opt Soc Am A 1987;4:2379), so
    sharp ones give about the same whatever they show; defocus takes the fine octave first. Energies, not
    gradients: the steps of 8-bit levels in a blurred image count as detail where gradients are summed.

    Args:
        level: (h, w) grey levels, at the size of `Small`.

    Returns:
        About 0.3 (defocus of 2 % of the long side) to 1; of 1,500 training images the median is 0.80,
        the lowest 0.49 (docs/explain/quality.md); nan for an image without any detail.
    """
    energy = fft.dctn(level, type=2, norm="ortho") ** 2
    fine, coarse = _bands(*level.shape)
    below = float((energy * coarse).sum())
    if below < MIN_DETAIL * level.size:
        return math.nan
    return math.sqrt(float((energy * fine).sum()) / below)


@lru_cache(maxsize=16)
def _bands(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the fine and the coarse band keep of each cosine's energy, (height, width) each.

    In the cosine transform, whose image goes on mirrored beyond its frame, a Gaussian blur is a
    factor to each cosine: no blurred image need be made, and nothing is cut off.
    """
    rows = np.pi * np.arange(height)[:, None] / height
    columns = np.pi * np.arange(width) / width
    square = rows**2 + columns**2
    gains = [np.exp(-square * s**2 / 2) for s in (FINE_SIGMA_PX, MIDDLE_SIGMA_PX, COARSE_SIGMA_PX)]
    fine, coarse = ((narrow - wide) ** 2 for narrow, wide in pairwise(gains))
    return fine.astype(np.float32), coarse.astype(np.float32)


def _surround(highest: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Black regions that hold a corner of the frame: outside of the lens.

    Args:
        highest: (h, w) the highest of each pixel's three channels.
    """
    dark = highest < DARK_LEVEL
    if not (dark[0, 0] or dark[0, -1] or dark[-1, 0] or dark[-1, -1]):
        return np.zeros(dark.shape, bool)
    labels, _ = ndimage.label(dark)
    corners = {int(labels[i, j]) for i in (0, -1) for j in (0, -1)} - {0}
    surround: NDArray[np.bool_] = np.isin(labels, list(corners))
    return surround
