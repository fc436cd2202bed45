"""The data of the image viewer: what a page hands to static/js/viewer.js (docs/reference/viewer.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augderm.domain.assessment import Scale
from augderm.domain.capture import Polarisation
from augderm.domain.errors import InvalidConfig

SCHEMA = "augderm.viewer/1"
Matrix = Sequence[Sequence[float]]
Contour = Sequence[tuple[float, float]]

VIEWER_WORDS: Mapping[str, str] = {
    "image": "Image",
    "tools": "Tools",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "fit": "Fit to the window",
    "turn_left": "Turn left",
    "turn_right": "Turn right",
    "measure": "Measure",
    "measure_hint": "Mark two points: click, or move the cross with the arrow keys and press Enter.",
    "measure_second": "Mark the second point.",
    "px": "px",
    "mm": "mm",
    "no_scale": "No scale is known: not in millimetres.",
    "uncertainty": "± is the standard uncertainty of scale and pointing.",
    "scale_uncertainty_unknown": "± is that of pointing alone: the uncertainty of the scale was not stated.",
    "light": "Light",
    "polarised": "Polarised",
    "non_polarised": "Non-polarised",
    "compare_with": "Compare with",
    "side_by_side": "Side by side",
    "lock": "Move together",
    "flicker": "Flicker",
    "swap": "Swap",
    "not_registered": "Not laid onto the first image: sizes and places cannot be compared.",
    "overlays": "Overlays",
    "opacity": "opacity",
    "keys_title": "Keys",
    "failed": "The image could not be loaded:",
}
"""By the names that the script uses; the keys of their translations."""
KEY_WORDS: tuple[str, ...] = (
    "Move the image; with Measure on, the cross (Shift: faster)",
    "Zoom in, zoom out",
    "Fit to the window",
    "Turn left, turn right by 15°",
    "Measure; Enter sets a point, Backspace clears",
    "Switch an overlay",
    "Switch all overlays",
    "Polarised or non-polarised",
    "Side by side",
    "Move both together or apart",
    "Flicker with another visit",
    "Swap the images by hand",
    "End measuring",
)
"""What each key does, in the order of the list in the script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """What the colours of a map mean: numbers at both ends, unit, and colours between, as CSS has them."""

    low: str
    high: str
    colours: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A layer over an image: lines, or a picture of the whole image's extent.

    Attributes:
        id: unique within the image.
        label: for a person, translated.
        contours: lines, x and y in pixels of the image; closed unless `open`.
        url: of the picture, instead of contours; of the page's own origin.
        colour: of the lines, as CSS has it.
        opacity: at first, 0..1.
        shown: at first.
    """

    id: str
    label: str
    contours: Sequence[Contour] = ()
    url: str | None = None
    colour: str | None = None
    open: bool = False
    opacity: float = 1.0
    shown: bool = True
    legend: Legend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerImage:
    """One photograph.

    Attributes:
        id: unique within the viewer.
        url: of the page's own origin. The file may be smaller than width x height, of the same proportions.
        width, height: in the pixels that scale, contours and matrix speak of.
        label: for a person, translated: visit and kind of light.
        visit: photographs of one visit share it.
        polarisation: as in `domain.capture`.
        to_base: (3, 3) homography from this image's pixels to the base's, pixel (0, 0) spanning 0..1, as
            `analysis.followup.register` gives it (at the size that it worked on: see `scaled_matrix`).
        not_registered: why there is none, a sentence, translated.
        scale: of these pixels; None where none is known.
    """

    id: str
    url: str
    width: int
    height: int
    label: str
    visit: str | None = None
    polarisation: Polarisation | None = None
    to_base: Matrix | None = None
    not_registered: str = ""
    scale: Scale | None = None
    overlays: Sequence[Overlay] = ()


def scaled_matrix(matrix: Matrix, from_factor: float, to_factor: float) -> list[list[float]]:
    """A homography found between reduced images, for the unreduced ones.

    Args:
        matrix: (3, 3), from reduced to reduced pixels.
        from_factor: reduced pixels per unreduced one of the image that is laid; to_factor: of the base.
    """
    (a, b, c), (d, e, f), (g, h, i) = matrix
    s, t = from_factor, to_factor
    return [[a * s / t, b * s / t, c / t], [d * s / t, e * s / t, f / t], [g * s, h * s, i]]


def viewer_data(
    images: Sequence[ViewerImage], base: str, *, language: str = "en", translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """The viewer's JSON object.

    Args:
        images: the base, its twin in other light, other visits.
        base: id of the image that is shown first, and that every `to_base` leads to.
        language: BCP 47, for numbers.
        translate: given each of `VIEWER_WORDS` and `KEY_WORDS`.

    Raises:
        InvalidConfig: ids repeat or the base is missing, a matrix is none, or an overlay is neither lines nor
            picture.
    """
    ids = [each.id for each in images]
    if len(set(ids)) < len(ids) or base not in ids:
        raise InvalidConfig(f"the viewer's images are {', '.join(ids)}; give each its own id, and {base} too")
    return {
        "schema": SCHEMA,
        "language": language,
        "base": base,
        "images": [_image(each) for each in images],
        "words": {
            **{name: translate(words) for name, words in VIEWER_WORDS.items()},
            "keys": [translate(words) for words in KEY_WORDS],
        },
    }


def script_json(data: Mapping[str, Any]) -> str:
    """JSON that may stand in a script element: no text in it can end the element or begin another."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _image(each: ViewerImage) -> dict[str, Any]:
    if each.to_base is not None and not _is_homography(each.to_base):
        raise InvalidConfig(
            f"to_base of {each.id} is no invertible 3x3 matrix of finite numbers; leave it out"
        )
    return {
        "id": each.id,
        "url": each.url,
        "width": each.width,
        "height": each.height,
        "label": each.label,
        "visit": each.visit,
        "polarisation": each.polarisation,
        "to_base": None if each.to_base is None else [[float(x) for x in row] for row in each.to_base],
        "not_registered": each.not_registered,
        "mm_per_px": None if each.scale is None else each.scale.mm_per_px,
        "mm_per_px_uncertainty": None if each.scale is None else each.scale.uncertainty_mm_per_px,
        "overlays": [_overlay(overlay) for overlay in each.overlays],
    }


def _overlay(each: Overlay) -> dict[str, Any]:
    if bool(each.contours) == (each.url is not None) or not 0 <= each.opacity <= 1:
        raise InvalidConfig(
            f"the overlay {each.id} needs contours or a url, one of them, and an opacity from 0 to 1"
        )
    legend = None
    if each.legend is not None:
        told = each.legend
        legend = {"low": told.low, "high": told.high, "colours": list(told.colours), "unit": told.unit}
    return {
        "id": each.id,
        "label": each.label,
        "kind": "contour" if each.contours else "picture",
        "contours": [[[round(float(v), 2) for v in at] for at in line] for line in each.contours],
        "url": each.url,
        "colour": each.colour,
        "open": each.open,
        "opacity": each.opacity,
        "shown": each.shown,
        "legend": legend,
    }


def _is_homography(matrix: Matrix) -> bool:
    if [len(row) for row in matrix] != [3, 3, 3] or not all(math.isfinite(x) for row in matrix for x in row):
        return False
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) > 1e-12
