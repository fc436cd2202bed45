"""A map as a picture for the eye: colours, a scale with its unit, and the lesion's border."""

from __future__ import annotations

import io
import textwrap

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from augderm.analysis.maps.parameter_map import ParameterMap
from augderm.domain.assessment import LIMIT_OF_USE

RISING = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five points of viridis (matplotlib, CC0): lightness rises all along, so it reads without colour vision."""
SIGNED = ((33, 102, 172), (146, 197, 222), (247, 247, 247), (244, 165, 130), (178, 24, 43))
"""Five points of RdBu (ColorBrewer, Apache-2.0): blue below 0, white at 0, red above."""
STEPS = 256
"""Of a scale's colours: more than the eye tells apart."""
UNKNOWN = (128, 128, 128)
SHOWN_PERCENTILE = 99.5
"""Of the values' sizes, the end of the scale: a few hairs or specks must not take it all."""
MARGIN_PX = 12
BAR_PX = 18
SCALE_PX = 150
LEAST_SIDE_PX = 320
"""Smaller maps are enlarged to it by whole pixels, so that the lettering has room."""
LETTER_PX = 13
FOOT_LETTERS = 60
"""Letters of a line below the map: what fits under the least side and the scale."""


def shown_range(found: ParameterMap) -> tuple[float, float]:
    """The values at the two ends of the scale: 0 and a high percentile, or both signs of it."""
    known = found.values[np.isfinite(found.values)]
    top = (
        float(np.percentile(np.abs(known) if found.signed else known, SHOWN_PERCENTILE)) if len(known) else 0
    )
    top = top if top > 0 else 1.0
    return (-top if found.signed else 0.0), top


def ascii_unit(unit: str) -> str:
    """The unit in letters that Pillow's own font and a TIFF's description have."""
    return unit.replace("µ", "u").replace("·", " ")


def map_png(found: ParameterMap, lesion: NDArray[np.bool_]) -> bytes:
    """Draw a map.

    Args:
        found: the map.
        lesion: (h, w) bool; its border is drawn in black.

    Returns:
        A PNG: the title, the map, its scale with unit and range, and the limit of use.
    """
    low, high = shown_range(found)
    colours = coloured_map(found, lesion, low, high)
    factor = max(1, -(-LEAST_SIDE_PX // min(colours.shape[:2])))
    picture = Image.fromarray(np.repeat(np.repeat(colours, factor, axis=0), factor, axis=1))
    font = ImageFont.load_default(LETTER_PX)
    top, line = 2 * MARGIN_PX + LETTER_PX, LETTER_PX + 5
    width, height = picture.width + 3 * MARGIN_PX + SCALE_PX, picture.height + top + MARGIN_PX + 3 * line
    page = Image.new("RGB", (width, height), "white")
    page.paste(picture, (MARGIN_PX, top))
    pen = ImageDraw.Draw(page)
    pen.text((MARGIN_PX, MARGIN_PX), f"{found.title} ({ascii_unit(found.unit)})", "black", font)
    left = picture.width + 2 * MARGIN_PX
    ramp = np.linspace(high, low, picture.height, dtype=np.float32)[:, None].repeat(BAR_PX, axis=1)
    page.paste(Image.fromarray(_coloured(ramp, low, high, signed=found.signed)), (left, top))
    for share in (0.0, 0.5, 1.0):
        value = high - share * (high - low)
        y = top + share * (picture.height - 1) - LETTER_PX * share
        pen.text((left + BAR_PX + 6, y), f"{value:.3g}", "black", font)
    foot = top + picture.height + 6
    pen.text((MARGIN_PX, foot), "Black line: border of the lesion. Grey: not known.", "black", font)
    for index, words in enumerate(textwrap.wrap(LIMIT_OF_USE, FOOT_LETTERS), 1):
        pen.text((MARGIN_PX, foot + index * line), words, "black", font)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def coloured_map(
    found: ParameterMap, lesion: NDArray[np.bool_], low: float, high: float
) -> NDArray[np.uint8]:
    """The map alone, (h, w, 3) uint8 sRGB, from `low` to `high`, with the lesion's border in black."""
    colours = _coloured(found.values, low, high, signed=found.signed)
    colours[lesion & ~ndimage.binary_erosion(lesion)] = 0
    return colours


def scale_strip(*, signed: bool) -> NDArray[np.uint8]:
    """The scale's colours from its low end (left) to its high one, (1, 128, 3) uint8 sRGB."""
    return _coloured(np.linspace(0, 1, 128, dtype=np.float32)[None], 0.0, 1.0, signed=signed)


def _coloured(values: NDArray[np.float32], low: float, high: float, *, signed: bool) -> NDArray[np.uint8]:
    """(h, w) to (h, w, 3) uint8; what is beyond the range gets the colour of its end."""
    colours = SIGNED if signed else RISING
    at, steps = np.linspace(0, 1, len(colours)), np.linspace(0, 1, STEPS)
    channels = [np.interp(steps, at, [colour[i] for colour in colours]) for i in range(3)]
    palette = np.round(np.stack(channels, axis=-1)).astype(np.uint8)
    known = np.isfinite(values)
    place = (np.where(known, values, low) - low) / (high - low)
    drawn = palette[np.round(np.clip(place, 0, 1) * (STEPS - 1)).astype(np.intp)]
    drawn[~known] = UNKNOWN
    return drawn
