"""The view of the melanin and haemoglobin maps: small pictures with their scale, and what they do not say."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.maps.colour_maps import colour_maps
from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps, figures_over
from augderm.analysis.reduce import reduce_to
from augderm.domain.assessment import Assessment, Pictures, leading_of
from augderm.domain.errors import InvalidImage
from augderm.domain.text import visible
from augderm.formats.map_picture import coloured_map, scale_strip, shown_range
from augderm.formats.report.photographs import is_clinical, is_in_doubt, is_unlike
from augderm.formats.report.wording import number

MAP_SIDE_PX = 320
"""Long side at which maps are made for a report: they are shown at about so many pixels, and cost a sixth of
what they cost at 800."""
LEAST_TOP = 0.2
"""Least end of the scale, in optical density: a shorter one would paint the camera's noise as strongly as
pigment."""
JPEG_QUALITY = 85
CAPTIONS = {
    "melanin": "More or less melanin than in the skin around.",
    "haemoglobin": "More or less haemoglobin (blood) than in the skin around.",
    "residual": "What neither of them explains; where it is high, both mean little.",
}
UNIT = (
    "Scale: optical density, the same for all three; of melanin and haemoglobin above (red) or below (blue) "
    "that of the skin around. Black line: border of the lesion. Grey: not known."
)


@dataclass(frozen=True, slots=True, eq=False)
class MapPanel:
    """One map. `picture` is a JPEG, `strip` a PNG of its scale from `weakest` to `strongest`."""

    title: str
    caption: str
    description: str
    picture: bytes
    strip: bytes
    weakest: str
    strongest: str


@dataclass(frozen=True, slots=True, eq=False)
class MapsView:
    """All maps of one size, the unit of their scale, what had to be done or left, and their limits."""

    width_px: int
    height_px: int
    panels: tuple[MapPanel, ...]
    unit: str
    notes: tuple[str, ...]
    limits: tuple[str, ...]


def view_maps(assessment: Assessment) -> tuple[MapsView | None, str]:
    """The maps of a dermoscopic image that is fit for them; else None, and a sentence that says why not.

    The sentence is "" where the image could not be read at all.
    """
    pictures, why = assessment.pictures, _why_not(assessment)
    if pictures is None or why:
        return None, why
    try:
        return _view(_maps_of(pictures)), ""
    except InvalidImage as error:
        return None, f"Not made. {visible(str(error))}"


def _why_not(assessment: Assessment) -> str:
    if assessment.status == "failed":
        return ""
    if light := _no_light(assessment):
        return light
    if assessment.quality is None or assessment.quality.verdict == "unfit":
        return "Not made: the image is not fit for them."
    if assessment.border is None:
        return "Not made: no lesion was found."
    return ""


def _no_light(assessment: Assessment) -> str:
    """Why its light is not known to be that of a dermatoscope; "" where it is."""
    # Of several photographs the one whose picture it is.
    shown = leading_of(assessment.photographs) if assessment.photographs else assessment
    if is_unlike(shown):
        return "Not made: the image is unlike those that the model learned from."
    if is_in_doubt(shown):
        return "Not made: it is in doubt whether the light is that of a dermatoscope."
    if is_clinical(shown):
        return "Not made: the light of a clinical photograph is not that of a dermatoscope."
    return ""


def _maps_of(pictures: Pictures) -> ParameterMaps:
    pixels, _ = reduce_to(pictures.pixels, MAP_SIDE_PX)
    height, width = pixels.shape[:2]
    cover = Image.fromarray(pictures.mask.astype(np.uint8) * 255).resize(
        (width, height), Image.Resampling.BOX
    )
    # From the lesion's middle value, or from any touch of it: a lesion of a few pixels must not vanish.
    lesion = np.asarray(cover) >= 128
    return colour_maps(pixels, lesion if lesion.any() else np.asarray(cover) > 0)


def _view(told: ParameterMaps) -> MapsView:
    # One scale for all: an amount that is hardly there must not look like one that is.
    top = max(LEAST_TOP, *(shown_range(each)[1] for each in told.maps if each.signed))
    height, width = told.lesion.shape
    return MapsView(
        width_px=width,
        height_px=height,
        panels=tuple(_panel(each, told.lesion, top) for each in told.maps),
        unit=UNIT,
        notes=told.notes,
        limits=told.limits,
    )


def _panel(found: ParameterMap, lesion: NDArray[np.bool_], top: float) -> MapPanel:
    low = -top if found.signed else 0.0
    mean = figures_over(found.values, lesion).mean
    inside = f"mean over the lesion {_signed(mean, found.signed)}"
    return MapPanel(
        title=found.title,
        caption=f"{CAPTIONS[found.name]} {inside[0].upper()}{inside[1:]}.",
        description=f"Map: {found.title.lower()}, {inside}",
        picture=_jpeg(coloured_map(found, lesion, low, top)),
        strip=_png(scale_strip(signed=found.signed)),
        weakest=_signed(low, found.signed),
        strongest=_signed(top, found.signed),
    )


def _signed(value: float | None, signed: bool) -> str:
    text = number(value, digits=2)
    return f"+{text}" if signed and value is not None and value > 0 else text


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    # Colour is what a map says: it is not stored at half the resolution.
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return buffer.getvalue()


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
