"""The picture and what is laid over it: outline, and where the network looked."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import approximate_polygon

JPEG_QUALITY = 85
"""Of the photograph in a report: a picture to look at, at working size; the original is the file."""
OUTLINE_TOLERANCE_PX = 0.2
"""Farthest that the drawn outline may lie from the measured one; takes away about 9 of 10 points."""
HEAT_SIDE_PX = 240
"""Long side of the attention layer. The network's grid has some ten cells a side: more pixels would
show nothing more."""
HEAT_OPACITY = 0.65
"""Of the strongest place: the skin's structure must stay visible under it."""
HEAT_STEPS = 64
"""Of strength: the eye sees no more through a transparent layer."""
HEAT_COLOURS = ((30, 40, 150), (120, 30, 165), (205, 45, 130), (250, 150, 40), (253, 235, 70))
"""Weak to strong, sRGB: lightness rises all along, so it is readable without colour vision, and the
weak end is a hue that skin does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What is drawn, all in the same frame.

    Attributes:
        width_px, height_px: of the photograph at working size; the frame of `outline`.
        photograph: a JPEG.
        outline: closed, x and y; empty where no lesion was found.
        heat: a PNG with transparency to be stretched over the frame; None where there is none.
    """

    width_px: int
    height_px: int
    photograph: bytes
    outline: tuple[tuple[float, float], ...]
    heat: bytes | None

    @property
    def outline_path(self) -> str:
        """The outline as SVG path data; "" where there is none."""
        return _path(self.outline)


def draw_layers(
    pixels: NDArray[np.uint8], outline: NDArray[np.float64], evidence: NDArray[np.float32] | None
) -> Layers:
    """Encode a picture and its layers.

    Args:
        pixels: (h, w, 3) uint8 sRGB.
        outline: (n, 2) closed, x and y in pixels of `pixels`; (0, 2) where there is none.
        evidence: (rows, columns) one class's activation map over the whole image, in logits; None
            where no diagnosis was made.
    """
    height, width = pixels.shape[:2]
    return Layers(
        width_px=width,
        height_px=height,
        photograph=photograph_jpeg(pixels),
        outline=_simplified(outline),
        heat=None if evidence is None else attention_picture(evidence, width, height),
    )


def photograph_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A photograph (h, w, 3) uint8 sRGB as the JPEG that reports show."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def outline_path(outline: NDArray[np.float64]) -> str:
    """A closed outline (n, 2), x and y, as SVG path data; "" where there is none."""
    return _path(_simplified(outline))


def _path(outline: tuple[tuple[float, float], ...]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in outline[:-1]) + "Z" if outline else ""


def heat_legend() -> bytes:
    """A strip from nothing (left) to the strongest place (right), as a PNG of 128 x 1 pixels."""
    return heat_png(np.linspace(0, 1, 128, dtype=np.float32)[None])


def _simplified(outline: NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    if len(outline) < 3:
        return ()
    kept = approximate_polygon(outline, OUTLINE_TOLERANCE_PX)
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in kept)


def attention_picture(evidence: NDArray[np.float32], width: int, height: int) -> bytes | None:
    """The positive part, relative to its greatest value; None where nothing speaks for the class."""
    positive = np.maximum(np.nan_to_num(evidence, nan=0.0, posinf=0.0, neginf=0.0), 0).astype(np.float32)
    peak = float(positive.max())
    if peak <= 0:
        return None
    factor = HEAT_SIDE_PX / max(width, height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    smooth = Image.fromarray(positive / peak).resize(size, Image.Resampling.BICUBIC)
    return heat_png(np.clip(np.asarray(smooth), 0, 1))


def heat_png(strength: NDArray[np.float32]) -> bytes:
    """(h, w) in 0..1 as a PNG with a palette: colour and opacity both rise with the strength."""
    at = np.linspace(0, 1, len(HEAT_COLOURS))
    steps = np.arange(HEAT_STEPS) / (HEAT_STEPS - 1)
    channels = [np.interp(steps, at, [colour[i] for colour in HEAT_COLOURS]) for i in range(3)]
    image = Image.fromarray(np.round(strength * np.float32(HEAT_STEPS - 1)).astype(np.uint8))
    image.putpalette(np.round(np.stack(channels, axis=-1)).astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    opacity = np.round(steps * HEAT_OPACITY * 255).astype(np.uint8).tobytes()
    image.save(buffer, "PNG", compress_level=6, transparency=opacity)
    return buffer.getvalue()
