"""Changes to a photograph that leave the lesion what it is: a steady reader says the same of each.

All take and give (h, w, 3) uint8 sRGB of one size, but for the quarter turns, which swap the sides. The
same seed draws the same hairs.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Pixels = NDArray[np.uint8]
Perturbation = Callable[[Pixels, int], Pixels]
"""Pixels and a seed to pixels."""

HAIRS = 12
HAIR_COLOUR = (38, 26, 20)
"""Levels of dark brown hair in front of skin."""
HAIR_WIDTH_SHARE = (0.004, 0.010)
"""Of the shorter side: hairs of 0.05 to 0.1 mm in a field of view of some 10 to 15 mm."""
INK_COLOUR = (84, 50, 134)
"""Gentian violet, as surgical skin markers have it."""
INK_OPACITY = 0.75
SUPERSAMPLING = 3


def unchanged(pixels: Pixels, _seed: int) -> Pixels:
    """The photograph itself: what the others are compared with."""
    return pixels


def turned(quarters: int) -> Perturbation:
    """Turned counter-clockwise by so many quarters."""
    return lambda pixels, _seed: np.ascontiguousarray(np.rot90(pixels, quarters))


def mirrored(axis: int) -> Perturbation:
    """Mirrored top to bottom (axis 0) or left to right (axis 1)."""
    return lambda pixels, _seed: np.ascontiguousarray(np.flip(pixels, axis))


def zoomed(factor: float) -> Perturbation:
    """Enlarged about the centre; below 1 reduced, with the scene mirrored at its frame."""

    def zoom(pixels: Pixels, _seed: int) -> Pixels:
        height, width = pixels.shape[:2]
        seen_height, seen_width = round(height / factor), round(width / factor)
        above, left = (seen_height - height) // 2, (seen_width - width) // 2
        if factor >= 1:
            window = pixels[-above : seen_height - above, -left : seen_width - left]
        else:
            sides = ((above, seen_height - height - above), (left, seen_width - width - left), (0, 0))
            window = np.pad(pixels, sides, mode="symmetric")
        resized = Image.fromarray(window).resize((width, height), Image.Resampling.BILINEAR)
        return np.asarray(resized)

    return zoom


def brightened(factor: float) -> Perturbation:
    """Every level times a factor, as with another exposure; cut at 255."""

    def brighten(pixels: Pixels, _seed: int) -> Pixels:
        return np.clip(np.rint(pixels * factor), 0, 255).astype(np.uint8)

    return brighten


def compressed(quality: int) -> Perturbation:
    """Through JPEG of a quality from 1 to 95."""

    def compress(pixels: Pixels, _seed: int) -> Pixels:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file).convert("RGB"))

    return compress


def with_hair(pixels: Pixels, seed: int) -> Pixels:
    """Twelve dark curved hairs at random over the whole field of view."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    size = np.array([width, height])
    cover, draw = _canvas(width, height)
    t = np.linspace(0, 1, 40)[:, None]
    for _ in range(HAIRS):
        start = rng.uniform(-0.1, 1.1, 2) * size
        angle, length = rng.uniform(0, 2 * math.pi), rng.uniform(0.4, 1.0) * min(width, height)
        end = start + length * np.array([math.cos(angle), math.sin(angle)])
        bend = (start + end) / 2 + rng.normal(0, 0.15 * length, 2)
        curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        thick = rng.uniform(*HAIR_WIDTH_SHARE) * min(width, height)
        _stroke(draw, curve, thick)
    return _painted(pixels, cover, HAIR_COLOUR, 0.9)


def with_ink(pixels: Pixels, seed: int) -> Pixels:
    """A surgeon's pen: an open violet arc around the middle of the image, where lesions are."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    cover, draw = _canvas(width, height)
    start, turn = rng.uniform(0, 2 * math.pi), rng.uniform(0.6, 0.9) * 2 * math.pi
    angle = start + np.linspace(0, turn, 120)
    radius = 0.44 * min(width, height) * (1 + 0.03 * np.sin(3 * angle))
    curve = np.stack([width / 2 + radius * np.cos(angle), height / 2 + radius * np.sin(angle)], axis=1)
    _stroke(draw, curve, 0.022 * min(width, height))
    return _painted(pixels, cover, INK_COLOUR, INK_OPACITY)


def with_dark_corners(pixels: Pixels, _seed: int) -> Pixels:
    """The round field of view of a dermatoscope: black beyond 0.85 of the half diagonal."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2)
    edge = 0.85 * math.hypot(width, height) / 2
    light = np.clip((edge - distance) / (0.02 * edge) + 0.5, 0, 1)
    return np.rint(pixels * light[..., None]).astype(np.uint8)


def _canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    cover = Image.new("L", (width * SUPERSAMPLING, height * SUPERSAMPLING))
    return cover, ImageDraw.Draw(cover)


def _stroke(draw: ImageDraw.ImageDraw, curve: NDArray[np.float64], thick_px: float) -> None:
    points = [(float(x), float(y)) for x, y in curve * SUPERSAMPLING]
    draw.line(points, fill=255, width=max(1, round(thick_px * SUPERSAMPLING)), joint="curve")


def _painted(pixels: Pixels, cover: Image.Image, colour: tuple[int, int, int], opacity: float) -> Pixels:
    height, width = pixels.shape[:2]
    small = cover.resize((width, height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.5))
    share = np.asarray(small, np.float32)[..., None] / 255 * opacity
    mixed = pixels * (1 - share) + np.array(colour, np.float32) * share
    painted: Pixels = np.rint(mixed).astype(np.uint8)
    return painted


QUARTER_TURNS = ("turned by 90 degrees", "turned by 180 degrees", "turned by 270 degrees")
PERTURBATIONS: Mapping[str, Perturbation] = {
    **{name: turned(quarters) for quarters, name in enumerate(QUARTER_TURNS, 1)},
    "mirrored left to right": mirrored(1),
    "mirrored top to bottom": mirrored(0),
    "enlarged by a fifth": zoomed(1.2),
    "reduced by a fifth": zoomed(0.8),
    "brighter by a fifth": brightened(1.2),
    "darker by a fifth": brightened(0.8),
    "JPEG quality 50": compressed(50),
    "JPEG quality 20": compressed(20),
    "hair planted": with_hair,
    "ink planted": with_ink,
    "dark corners planted": with_dark_corners,
}
