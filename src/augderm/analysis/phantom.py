"""Synthetic lesions with known truth: they test the measures as a physicist tests a scanner.

A phantom is a blurred-edge ellipse, optionally with a dent in one side, with the dermoscopic colours in
rings (symmetric) or sectors (asymmetric), and the things that get in the way: hair, ruler, dark
corners. Its truth is computed from the same formula at subpixel precision, before hair is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage.color import lab2rgb

from augderm.analysis.color import DERMOSCOPIC_COLOURS

SKIN_LAB = (72.0, 12.0, 17.0)
"""L*a*b* of the skin around: a light skin under a dermatoscope."""
OUTLINE_POINTS = 3600
"""Corners of the polygon whose area and diameters are the truth: exact to about 1 part in 10^6."""
DENT_WIDTH_RAD = 0.5
"""Angle over which a dent falls to 1/e of its depth, to either side."""
RULER_TICK_PX = (10, 18)
"""Lengths of the ruler's ticks at each millimetre and at each fifth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSpec:
    """What to draw.

    Attributes:
        width_px, height_px: size of the image.
        center: x, y of the lesion's centre, as fractions of width and height.
        long_axis_px, short_axis_px: axes of the ellipse.
        angle_deg: of the long axis, from x towards y.
        dent: planted asymmetry, 0..0.7: depth of a dent in one side, as a share of the radius there.
        dent_deg: direction of the dent relative to the long axis; 45 is asymmetric about both axes.
        colours: name and weight of each colour; see `color.DERMOSCOPIC_COLOURS`.
        layout: "rings" from the centre outwards (symmetric), or "sectors" (asymmetric).
        edge_px: width of the transition from lesion to skin.
        noise: standard deviation of the sensor noise, in levels of 0..255.
        hairs: number of hairs.
        mm_per_px: draws a ruler with this scale where given.
        dark_corners: the round field of view of the lens.
        label: draws the word SYNTHETIC into the image.
        seed: of noise and hair.
    """

    width_px: int = 600
    height_px: int = 450
    center: tuple[float, float] = (0.5, 0.5)
    long_axis_px: float = 260.0
    short_axis_px: float = 190.0
    angle_deg: float = 20.0
    dent: float = 0.0
    dent_deg: float = 45.0
    colours: tuple[tuple[str, float], ...] = (("dark_brown", 0.4), ("light_brown", 0.6))
    layout: Literal["rings", "sectors"] = "rings"
    edge_px: float = 3.0
    noise: float = 2.0
    hairs: int = 0
    mm_per_px: float | None = None
    dark_corners: bool = False
    label: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PhantomTruth:
    """What is known of a phantom. Lengths in pixels, shares of the lesion's area 0..1.

    `dent` is the planted asymmetry of shape, `colour_symmetric` says whether the colours mirror.
    """

    area_px2: float
    perimeter_px: float
    long_axis_px: float
    short_axis_px: float
    orientation_deg: float
    dent: float
    colour_symmetric: bool
    colours: dict[str, float]
    hairs: int
    mm_per_px: float | None
    dark_corners: bool


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A drawn phantom: pixels (h, w, 3) uint8 sRGB, mask (h, w) bool, outline (n, 2) closed."""

    spec: PhantomSpec
    truth: PhantomTruth
    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    outline: NDArray[np.float64] = field(repr=False)


def draw_phantom(spec: PhantomSpec) -> Phantom:
    """Draw a phantom and state its truth. The same spec gives the same pixels."""
    depth, level, angle = _inside(spec)
    labels = _colour_labels(spec, level, angle)
    mask = depth >= 0
    lab = np.empty((*mask.shape, 3))
    prototypes = np.array([DERMOSCOPIC_COLOURS[name] for name, _ in spec.colours])
    coverage = np.clip(depth / spec.edge_px + 0.5, 0, 1)[..., None]
    lab[:] = (1 - coverage) * np.array(SKIN_LAB) + coverage * prototypes[labels]
    rng = np.random.default_rng(spec.seed)
    levels = lab2rgb(lab) * 255 + rng.normal(0, spec.noise, lab.shape)
    pixels = np.clip(np.round(levels), 0, 255).astype(np.uint8)
    outline = _outline(spec)
    return Phantom(
        spec=spec,
        truth=_truth(spec, outline, labels[mask]),
        pixels=_in_the_way(pixels, spec, rng),
        mask=mask,
        outline=outline,
    )


def phantom_series(count: int, seed: int) -> list[PhantomSpec]:
    """Specs of a varied set for demonstration: sizes, forms, colours, and what gets in the way."""
    rng = np.random.default_rng(seed)
    palettes: tuple[tuple[tuple[str, float], ...], ...] = (
        (("dark_brown", 0.4), ("light_brown", 0.6)),
        (("light_brown", 1.0),),
        (("black", 0.2), ("dark_brown", 0.4), ("light_brown", 0.4)),
        (("blue_grey", 0.25), ("dark_brown", 0.45), ("light_brown", 0.3)),
        (("red", 1.0),),
        (("white", 0.1), ("red", 0.2), ("dark_brown", 0.4), ("black", 0.3)),
    )
    specs = []
    for index in range(count):
        long_axis = float(rng.uniform(150, 330))
        specs.append(
            PhantomSpec(
                center=(float(rng.uniform(0.45, 0.55)), float(rng.uniform(0.45, 0.55))),
                long_axis_px=long_axis,
                short_axis_px=long_axis * float(rng.uniform(0.65, 1.0)),
                angle_deg=float(rng.uniform(-90, 90)),
                dent=float(rng.choice([0.0, 0.0, 0.25, 0.5])),
                dent_deg=float(rng.uniform(0, 360)),
                colours=palettes[index % len(palettes)],
                layout="sectors" if index % 3 == 2 else "rings",
                edge_px=float(rng.uniform(2, 10)),
                hairs=int(rng.choice([0, 0, 6, 15])),
                mm_per_px=0.03 if index % 4 == 1 else None,
                dark_corners=index % 5 == 3,
                label=True,
                seed=seed * 100_003 + index,
            )
        )
    return specs


def _frame(spec: PhantomSpec) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel centres in the lesion's own frame: along its long and its short axis, in pixels."""
    x = np.arange(spec.width_px) + 0.5 - spec.center[0] * spec.width_px
    y = np.arange(spec.height_px) + 0.5 - spec.center[1] * spec.height_px
    cos, sin = math.cos(math.radians(spec.angle_deg)), math.sin(math.radians(spec.angle_deg))
    return x[None] * cos + y[:, None] * sin, y[:, None] * cos - x[None] * sin


def _radius(spec: PhantomSpec, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of the outline from the centre in the direction `angle` of the lesion's frame."""
    a, b = spec.long_axis_px / 2, spec.short_axis_px / 2
    ellipse = a * b / np.hypot(b * np.cos(angle), a * np.sin(angle))
    away = (angle - math.radians(spec.dent_deg) + np.pi) % (2 * np.pi) - np.pi
    left: NDArray[np.float64] = 1 - spec.dent * np.exp(-((away / DENT_WIDTH_RAD) ** 2))
    return ellipse * left


def _inside(
    spec: PhantomSpec,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Per pixel: depth under the outline (px, about along the normal), radial level, and angle."""
    u, v = _frame(spec)
    distance, angle = np.hypot(u, v), np.arctan2(v, u)
    radius = _radius(spec, angle)
    # The radial gap overstates the depth where the outline runs obliquely; its slope corrects that.
    step = 1e-4
    slope = (_radius(spec, angle + step) - _radius(spec, angle - step)) / (2 * step)
    depth = (radius - distance) / np.hypot(1, slope / radius)
    return depth, distance / radius, angle


def _colour_labels(
    spec: PhantomSpec, level: NDArray[np.float64], angle: NDArray[np.float64]
) -> NDArray[np.intp]:
    weights = np.array([weight for _, weight in spec.colours], dtype=float)
    bounds = np.cumsum(weights / weights.sum())[:-1]
    # A ring up to level q holds the share q^2 of the area; a sector of the ellipse's own circle
    # its share of the full turn.
    if spec.layout == "rings":
        return np.searchsorted(bounds, level**2)
    turn = np.arctan2(np.sin(angle) * spec.long_axis_px, np.cos(angle) * spec.short_axis_px)
    return np.searchsorted(bounds, (turn / (2 * np.pi)) % 1.0)


def _outline(spec: PhantomSpec) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, OUTLINE_POINTS + 1)
    radius = _radius(spec, angle)
    u, v = radius * np.cos(angle), radius * np.sin(angle)
    cos, sin = math.cos(math.radians(spec.angle_deg)), math.sin(math.radians(spec.angle_deg))
    x = u * cos - v * sin + spec.center[0] * spec.width_px
    y = u * sin + v * cos + spec.center[1] * spec.height_px
    return np.stack([x, y], axis=1)


def _truth(spec: PhantomSpec, outline: NDArray[np.float64], labels: NDArray[np.intp]) -> PhantomTruth:
    x, y = outline.T
    area = 0.5 * abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])))
    # Rotating calipers by brute force: the width in each direction of half a turn.
    directions = np.linspace(0, np.pi, 1800, endpoint=False)
    reach = np.array([np.ptp(x * math.cos(d) + y * math.sin(d)) for d in directions])
    widest = int(np.argmax(reach))
    counts = np.bincount(labels, minlength=len(spec.colours)) / len(labels)
    colours: dict[str, float] = {}
    for (name, _), share in zip(spec.colours, counts, strict=True):
        colours[name] = colours.get(name, 0.0) + float(share)
    return PhantomTruth(
        area_px2=area,
        perimeter_px=float(np.hypot(np.diff(x), np.diff(y)).sum()),
        long_axis_px=float(reach[widest]),
        short_axis_px=float(reach[(widest + 900) % 1800]),
        orientation_deg=(math.degrees(directions[widest]) + 90) % 180 - 90,
        dent=spec.dent,
        colour_symmetric=spec.layout == "rings" or len(colours) == 1,
        colours=colours,
        hairs=spec.hairs,
        mm_per_px=spec.mm_per_px,
        dark_corners=spec.dark_corners,
    )


def _in_the_way(pixels: NDArray[np.uint8], spec: PhantomSpec, rng: np.random.Generator) -> NDArray[np.uint8]:
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for _ in range(spec.hairs):
        draw.line(_hair(spec, rng), fill=(45, 32, 28), width=2, joint="curve")
    if spec.mm_per_px:
        _draw_ruler(draw, spec)
    if spec.label:
        # In the middle, where dark corners cannot hide it.
        place = (spec.width_px / 2, spec.height_px - 14)
        draw.text(place, "SYNTHETIC PHANTOM", fill=(20, 20, 20), font_size=12, anchor="mm")
    drawn = np.asarray(image)
    return _vignetted(drawn) if spec.dark_corners else drawn


def _hair(spec: PhantomSpec, rng: np.random.Generator) -> list[tuple[float, float]]:
    """A gently bent curve through the image, from one long side to the other."""
    start = np.array([rng.uniform(0, spec.width_px), -5.0])
    end = np.array([rng.uniform(0, spec.width_px), spec.height_px + 5.0])
    bend = (start + end) / 2 + rng.normal(0, 0.12 * spec.width_px, 2)
    t = np.linspace(0, 1, 40)[:, None]
    points = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
    return [(float(x), float(y)) for x, y in points]


def _draw_ruler(draw: ImageDraw.ImageDraw, spec: PhantomSpec) -> None:
    """Ticks at each millimetre along the upper edge."""
    assert spec.mm_per_px
    for tick in range(int(spec.width_px * spec.mm_per_px) + 1):
        x = tick / spec.mm_per_px
        draw.line([(x, 0), (x, RULER_TICK_PX[tick % 5 == 0])], fill=(15, 15, 15), width=1)


def _vignetted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    x = np.arange(width) + 0.5 - width / 2
    y = np.arange(height) + 0.5 - height / 2
    radius = 0.46 * math.hypot(width, height)
    light = np.clip((radius - np.hypot(x[None], y[:, None])) / 4 + 0.5, 0, 1)
    dimmed: NDArray[np.uint8] = np.round(pixels * light[..., None]).astype(np.uint8)
    return dimmed
