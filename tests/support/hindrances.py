"""What lies over a phantom: rulers, textures, ink, bubbles, patches, and what a camera does to it all."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SUPERSAMPLING = 4
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulerSpec:
    """A ruler to draw.

    Attributes:
        mm_per_px: its scale.
        angle_deg: of its line, from x towards y.
        away: distance of the line from the middle of the image, over half its short side.
        kind: "plate": a tick each millimetre, longer each fifth; "half": each 0.5 mm, longer at whole
            ones; "overlay": a line with ticks each 0.1, 0.5 and 1 mm; "alike": each millimetre, all alike.
        length_mm: None: through the whole image.
        colour: of the ticks, levels 0..255.
        bend_px: how far the middle lies off the straight line: an arc.
    """

    mm_per_px: float
    angle_deg: float = 0.0
    away: float = 0.8
    kind: Literal["plate", "half", "overlay", "alike"] = "plate"
    length_mm: float | None = None
    colour: tuple[int, int, int] = (20, 20, 20)
    width_px: float = 1.4
    bend_px: float = 0.0


_KINDS: dict[str, tuple[float, tuple[tuple[int, float], ...]]] = {
    # Distance of the ticks (mm); every so many-th with its length in pixels of an image 600 wide.
    "plate": (1.0, ((5, 18.0), (1, 10.0))),
    "half": (0.5, ((2, 16.0), (1, 9.0))),
    "overlay": (0.1, ((10, 18.0), (5, 11.0), (1, 6.0))),
    "alike": (1.0, ((1, 12.0),)),
}


def with_ruler(pixels: Pixels, spec: RulerSpec) -> Pixels:
    """The image with a ruler drawn over it, its edges softened as by a camera."""
    height, width = pixels.shape[:2]
    factor = SUPERSAMPLING
    cover = Image.new("L", (width * factor, height * factor))
    draw = ImageDraw.Draw(cover)
    angle = math.radians(spec.angle_deg)
    along, out = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    foot = np.array([width / 2, height / 2]) + out * spec.away * min(width, height) / 2
    step_mm, lengths = _KINDS[spec.kind]
    step = step_mm / spec.mm_per_px
    reach = math.hypot(width, height) if spec.length_mm is None else spec.length_mm / spec.mm_per_px
    pen = max(1, round(spec.width_px * factor))

    def place(s: float) -> NDArray[np.float64]:
        bend = spec.bend_px * (1 - (2 * s / reach) ** 2)
        point: NDArray[np.float64] = foot + along * s - out * bend
        return point

    count = int(reach / step)
    count -= count % 2
    for tick in range(count + 1):
        s = (tick - count / 2) * step
        length = next(px for every, px in lengths if tick % every == 0) * max(width, height) / 600
        slope = 8 * spec.bend_px * s / reach**2
        normal = (out - along * slope) / math.hypot(1, slope)
        start = place(s)
        draw.line([*(start * factor), *((start - normal * length) * factor)], fill=255, width=pen)
    if spec.kind == "overlay":
        ends = [place(-count / 2 * step), place(count / 2 * step)]
        draw.line([tuple(end * factor) for end in ends], fill=255, width=pen)
    share = np.asarray(cover.resize((width, height), Image.Resampling.BOX), np.float32)[..., None] / 255
    mixed = pixels * (1 - share) + np.array(spec.colour, np.float32) * share
    drawn: Pixels = np.round(mixed).astype(np.uint8)
    return drawn


def blurred(pixels: Pixels, sigma_px: float) -> Pixels:
    """Defocus."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(sigma_px)))


def noisy(pixels: Pixels, levels: float, seed: int = 0) -> Pixels:
    """Sensor noise of that standard deviation."""
    noise = np.random.default_rng(seed).normal(0, levels, pixels.shape)
    return np.clip(np.round(pixels + noise), 0, 255).astype(np.uint8)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Compressed and decoded again."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def with_network(pixels: Pixels, mask: NDArray[np.bool_], cell_px: float, depth: float = 40.0) -> Pixels:
    """A pigment network in the lesion: an even mesh of darker lines, `cell_px` wide holes."""
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    waves = [
        np.cos(2 * np.pi * (columns * math.cos(turn) + rows * math.sin(turn)) / cell_px)
        for turn in (0, math.pi / 3, 2 * math.pi / 3)
    ]
    mesh = np.clip(0.5 - (waves[0] + waves[1] + waves[2]) / 3, 0, 1) * mask
    drawn: Pixels = np.clip(pixels - depth * mesh[..., None], 0, 255).astype(np.uint8)
    return drawn


def with_stripes(pixels: Pixels, period_px: float, depth: float = 40.0) -> Pixels:
    """Even dark stripes from edge to edge: a texture with a period that is no ruler."""
    columns = np.arange(pixels.shape[1])
    dark = (columns % period_px < 2)[None, :, None]
    return np.clip(pixels - depth * dark, 0, 255).astype(np.uint8)


def with_dots(pixels: Pixels, period_px: float, radius_px: float = 3.0) -> Pixels:
    """A lattice of dark dots all over."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for y in np.arange(period_px / 2, pixels.shape[0], period_px):
        for x in np.arange(period_px / 2, pixels.shape[1], period_px):
            draw.ellipse([x - radius_px, y - radius_px, x + radius_px, y + radius_px], fill=(60, 40, 35))
    return np.asarray(image)


def with_ink(pixels: Pixels, colour: tuple[int, int, int] = (95, 70, 160), width_px: int = 6) -> Pixels:
    """Two strokes of a surgical pen that cross the whole image, and the lesion's edge."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    draw.line([(0, height * 0.3), (width, height * 0.42)], fill=colour, width=width_px)
    draw.line([(width * 0.38, 0), (width * 0.42, height)], fill=colour, width=width_px)
    return np.asarray(image)


def with_bubbles(pixels: Pixels, count: int, radius_px: float = 9.0, seed: int = 0) -> Pixels:
    """Gel bubbles: bright rims with a reflection inside."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for x, y in rng.uniform((0.25, 0.25), (0.75, 0.75), (count, 2)) * (image.width, image.height):
        box = [x - radius_px, y - radius_px, x + radius_px, y + radius_px]
        draw.ellipse(box, outline=(252, 250, 248), width=3)
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=(255, 255, 255))
    return np.asarray(image)


def with_patch(
    pixels: Pixels, colour: tuple[int, int, int], center: tuple[float, float] = (0.97, 0.5)
) -> Pixels:
    """A coloured disc laid at the edge of the view, an eighth of the width in radius."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    x, y, radius = center[0] * width, center[1] * height, width / 8
    ImageDraw.Draw(image).ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)
    return np.asarray(image)
