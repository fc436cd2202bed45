"""Synthetic photographs of a back at two visits, with known truth: which lesions are new, missing or grown.

What is drawn: a trunk before a wall, trousers at its lower end, mottled skin with freckles, hairs and red
spots, and pigmented lesions; seen turned, nearer or farther, tilted, with the skin bent smoothly, in other
light. What is not: the body's relief beyond its shading, wet or tanned skin, tattoos, scars, a real camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Fate = Literal["same", "grown", "new", "missing"]
Points = NDArray[np.float64]

WIDTH_MM, HEIGHT_MM = 460.0, 560.0
PX_PER_MM = 3.0
"""Of the drawn skin; photographs show 1.4 to 3.2 pixels a millimetre."""
WAIST_MM = 505.0
SKIN_RGB = (0.52, 0.33, 0.235)
"""Linear light that the palest skin returns; melanin of the whole body is added to it."""
MELANIN = (0.55, 1.0, 1.45)
BLOOD = (0.25, 1.45, 1.3)
"""Optical density in red, green and blue by unit. Not those that the detection unmixes by, on purpose."""
WALL_RGB, TROUSERS_RGB = (0.20, 0.24, 0.29), (0.03, 0.05, 0.12)
GRID_PX = 8
EDGE_MM = 3.0
"""Nearer than this to the frame, the trunk's edge or the trousers, a lesion is not counted as visible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSpec:
    """A person and two visits.

    Attributes:
        lesions: how many are there at the baseline.
        new, missing, grown: how many come, go, and grow.
        growth: greatest diameter at the follow-up over that at the baseline, of those that grow.
        turn_deg: greatest turn of the follow-up either way.
        bend_mm: greatest shift of the skin that no plane explains.
        tone: melanin of the whole body, 0 (pale) to 0.6 (dark), as optical density.
        seed: of everything drawn.
        visit_seed: of the visits; with the same `seed` and another one, the same person again.
    """

    lesions: int = 45
    new: int = 2
    missing: int = 1
    grown: int = 2
    growth: float = 1.4
    turn_deg: float = 20.0
    bend_mm: float = 5.0
    tone: float = 0.1
    seed: int = 0
    visit_seed: int = 0


@dataclass(frozen=True, slots=True)
class Planted:
    """A lesion's truth: where it lies in either photograph (nan where it is not drawn) and how large.

    `seen` says, by photograph, whether it lies on bare skin well within the frame, there or not.
    """

    fate: Fate
    diameter_mm: float
    density: float
    baseline: tuple[float, float]
    follow_up: tuple[float, float]
    diameters_px: tuple[float, float]
    growth: float
    seen: tuple[bool, bool]


@dataclass(frozen=True, slots=True, eq=False)
class OverviewPair:
    """Two photographs, (h, w, 3) uint8 sRGB, and what is true of them."""

    baseline: NDArray[np.uint8]
    follow_up: NDArray[np.uint8]
    planted: tuple[Planted, ...]


@dataclass(frozen=True, slots=True)
class _Lesion:
    x: float
    y: float
    diameter: float
    density: float
    ratio: float
    angle: float
    phase: float
    fate: Fate
    growth: float


@dataclass(frozen=True, slots=True)
class _Camera:
    width: int
    height: int
    turn: float
    scale: float
    shift: tuple[float, float]
    tilt: tuple[float, float]
    bends: tuple[tuple[float, float, float, float, float], ...]
    light: tuple[float, float, float]
    lamp: tuple[float, float]
    noise: float
    waist: float

    def matrix(self) -> Points:
        """(3, 3) homography from the bent skin (mm) to the photograph (px)."""
        cos, sin = math.cos(self.turn) * self.scale, math.sin(self.turn) * self.scale
        to_middle = np.array([[1, 0, -WIDTH_MM / 2], [0, 1, -HEIGHT_MM / 2], [0, 0, 1]])
        turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        tilted = np.eye(3)
        tilted[2, :2] = self.tilt[0] / (self.width / 2), self.tilt[1] / (self.height / 2)
        place = np.eye(3)
        place[:2, 2] = (0.5 + self.shift[0]) * self.width, (0.5 + self.shift[1]) * self.height
        return np.asarray(place @ tilted @ turned @ to_middle)

    def bend(self, at: Points) -> Points:
        """How far the skin that is seen at a place (n, 2) in mm lies from where it was."""
        moved = np.zeros_like(at)
        for size_x, size_y, u, v, phase in self.bends:
            wave = np.sin(at[:, 0] * u + at[:, 1] * v + phase)
            moved[:, 0] += size_x * wave
            moved[:, 1] += size_y * wave
        return moved

    def to_skin(self, pixels: Points) -> Points:
        """Places of the photograph (n, 2) as places on the skin in mm."""
        flat = _apply(np.linalg.inv(self.matrix()), pixels)
        return np.asarray(flat + self.bend(flat))

    def to_photograph(self, skin: Points) -> Points:
        """The other way: a fixed point, since the bend changes slowly."""
        flat = skin.copy()
        for _ in range(30):
            flat = skin - self.bend(flat)
        return _apply(self.matrix(), flat)


def draw_pair(spec: PairSpec) -> OverviewPair:
    """Draw a person at two visits. The same spec gives the same pixels."""
    rng = np.random.default_rng((11, spec.seed))
    lesions = _lesions(spec, rng)
    skins = _skins(spec, lesions, rng)
    cameras = _cameras(spec)
    photographs = [
        _photograph(skin, camera, np.random.default_rng((12, spec.seed, spec.visit_seed, index)))
        for index, (skin, camera) in enumerate(zip(skins, cameras, strict=True))
    ]
    return OverviewPair(photographs[0], photographs[1], tuple(_truth(each, cameras) for each in lesions))


def varied_spec(seed: int) -> PairSpec:
    """A spec over the range that overviews are measured on: 20 to 80 lesions, none to five new ones."""
    rng = np.random.default_rng((13, seed))
    return PairSpec(
        lesions=int(rng.integers(20, 81)),
        new=int(rng.integers(0, 6)),
        missing=int(rng.integers(0, 4)),
        grown=int(rng.integers(0, 5)),
        growth=float(rng.uniform(1.25, 2.0)),
        turn_deg=25.0,
        bend_mm=float(rng.uniform(1, 8)),
        tone=float(rng.uniform(0, 0.35)),
        seed=seed,
        visit_seed=seed,
    )


def _apply(matrix: NDArray[np.floating], at: Points) -> Points:
    whole = np.column_stack([at, np.ones(len(at))]) @ matrix.T
    return np.asarray(whole[:, :2] / whole[:, 2:])


def _half_width(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of the trunk in mm: a neck, shoulders, a waist."""
    trunk = 178 - 20 * np.sin(np.clip((y - 90) / 420, 0, 1) * np.float32(np.pi))
    shoulder = np.sqrt(np.clip((y - 12) / 70, 0, 1))
    return np.asarray(60 + (trunk - 60) * shoulder, np.float32)


def _lesions(spec: PairSpec, rng: np.random.Generator) -> list[_Lesion]:
    same = max(0, spec.lesions - spec.missing - spec.grown)
    counts: dict[Fate, int] = {"missing": spec.missing, "grown": spec.grown, "same": same, "new": spec.new}
    fates = [fate for fate, count in counts.items() for _ in range(count)]
    placed: list[_Lesion] = []
    for fate in fates:
        diameter = float(np.clip(np.exp(rng.normal(math.log(3.4), 0.45)), 1.5, 14))
        if fate != "same":
            diameter = max(diameter, 3.0)
        for _ in range(200):
            y = float(rng.uniform(40, WAIST_MM - 15))
            x = float(
                WIDTH_MM / 2 + rng.uniform(-0.85, 0.85) * float(_half_width(np.array([y], np.float32))[0])
            )
            near = (math.hypot(x - o.x, y - o.y) < 3 + 0.75 * (diameter + o.diameter) for o in placed)
            if not any(near):
                break
        placed.append(
            _Lesion(
                x,
                y,
                diameter,
                density=float(rng.uniform(0.12, 0.5)),
                ratio=float(rng.uniform(0.7, 1)),
                angle=float(rng.uniform(0, np.pi)),
                phase=float(rng.uniform(0, 2 * np.pi)),
                fate=fate,
                growth=spec.growth if fate == "grown" else 1.0,
            )
        )
    return placed


def _skins(spec: PairSpec, lesions: list[_Lesion], rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """Linear light of the whole skin at both visits, (h, w, 3)."""
    shape = (round(HEIGHT_MM * PX_PER_MM), round(WIDTH_MM * PX_PER_MM))
    melanin = _mottle(shape, rng, ((0.5, 0.012), (2.0, 0.012), (15.0, 0.02))) + spec.tone
    blood = 0.08 + _mottle(shape, rng, ((0.7, 0.010), (4.0, 0.015), (25.0, 0.02)))
    for _ in range(int(rng.integers(0, 150))):
        at = rng.uniform((0, 0), (WIDTH_MM, WAIST_MM))
        _blot(melanin, _spot(at, float(rng.uniform(0.7, 1.6)), float(rng.uniform(0.03, 0.09)), rng), 1.0)
    for _ in range(int(rng.integers(0, 9))):
        at = rng.uniform((60, 40), (WIDTH_MM - 60, WAIST_MM))
        _blot(blood, _spot(at, float(rng.uniform(1, 3)), float(rng.uniform(0.15, 0.4)), rng), 1.0)
    skins = []
    for visit in (0, 1):
        pigment = melanin.copy()
        for each in lesions:
            if (each.fate == "new" and visit == 0) or (each.fate == "missing" and visit == 1):
                continue
            _blot(pigment, each, each.growth if visit else 1.0)
        # Not everything of the skin's unevenness is there again months later.
        pigment += _mottle(shape, rng, ((0.6, 0.006), (3.0, 0.006)))
        density = pigment[..., None] * np.array(MELANIN, np.float32) + blood[..., None] * np.array(
            BLOOD, np.float32
        )
        skins.append((np.array(SKIN_RGB, np.float32) * 10**-density).astype(np.float32))
        _hairs(skins[-1], rng)
    return skins


def _spot(at: Points, diameter: float, density: float, rng: np.random.Generator) -> _Lesion:
    x, y = float(at[0]), float(at[1])
    return _Lesion(x, y, diameter, density, float(rng.uniform(0.7, 1)), 0.0, 0.0, "same", 1.0)


def _mottle(
    shape: tuple[int, int], rng: np.random.Generator, parts: tuple[tuple[float, float], ...]
) -> NDArray[np.float32]:
    total = np.zeros(shape, np.float32)
    for width_mm, depth in parts:
        step = max(1, int(width_mm * PX_PER_MM / 3))
        coarse = rng.standard_normal((shape[0] // step + 8, shape[1] // step + 8)).astype(np.float32)
        soft = ndimage.gaussian_filter(coarse, width_mm * PX_PER_MM / step)
        wide = ndimage.zoom(soft, step, order=1)[: shape[0], : shape[1]] if step > 1 else soft
        total += (depth / soft.std()) * wide[: shape[0], : shape[1]]
    return total


def _blot(plane: NDArray[np.float32], spot: _Lesion, growth: float) -> None:
    """Add a spot's density: an ellipse with an uneven outline and a soft edge."""
    radius = spot.diameter * growth / 2
    reach = (radius * 1.6 + 1.5) * PX_PER_MM
    x, y = spot.x * PX_PER_MM, spot.y * PX_PER_MM
    rows = slice(max(0, int(y - reach)), max(0, int(y + reach) + 1))
    columns = slice(max(0, int(x - reach)), max(0, int(x + reach) + 1))
    part = plane[rows, columns]
    if not part.size:
        return
    v = (np.arange(rows.start, rows.start + part.shape[0])[:, None] + 0.5 - y) / PX_PER_MM
    u = (np.arange(columns.start, columns.start + part.shape[1])[None] + 0.5 - x) / PX_PER_MM
    cos, sin = math.cos(spot.angle), math.sin(spot.angle)
    along, across = u * cos + v * sin, v * cos - u * sin
    # The same area whatever the ratio, so that the diameter is that of a disc.
    along, across = along * math.sqrt(spot.ratio), across / math.sqrt(spot.ratio)
    edge = radius * (1 + 0.1 * np.cos(3 * np.arctan2(across, along) + spot.phase))
    part += np.float32(spot.density) * np.clip((edge - np.hypot(along, across)) / 0.6 + 0.5, 0, 1).astype(
        np.float32
    )


def _hairs(skin: NDArray[np.float32], rng: np.random.Generator) -> None:
    height, width = skin.shape[:2]
    for _ in range(int(rng.integers(0, 80))):
        x, y, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, np.pi)
        at = np.arange(int(rng.uniform(15, 60)))
        columns = (x + at * math.cos(turn) + 0.004 * at**2).astype(int)
        rows = (y + at * math.sin(turn)).astype(int)
        within = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        skin[rows[within], columns[within]] *= 0.45


def _cameras(spec: PairSpec) -> list[_Camera]:
    rng = np.random.default_rng((14, spec.seed, spec.visit_seed))
    cameras = []
    for visit in (0, 1):
        width, height = (1200, 1500) if rng.random() < 0.7 else (1400, 1400)
        waves = rng.uniform(-1, 1, (3, 5)) * np.array([visit, visit, *[2 * np.pi / 350] * 2, np.pi])
        bends = [(float(a), float(b), float(u), float(v), float(p)) for a, b, u, v, p in waves]
        size = max(1e-9, sum(math.hypot(x, y) for x, y, *_ in bends))
        bends = [(spec.bend_mm * x / size, spec.bend_mm * y / size, u, v, p) for x, y, u, v, p in bends]
        cameras.append(
            _Camera(
                width,
                height,
                turn=math.radians(float(rng.uniform(-1, 1)) * (spec.turn_deg if visit else 5)),
                scale=float(rng.uniform(0.82, 1.12)) * min(width / WIDTH_MM, height / HEIGHT_MM),
                shift=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.05, 0.05))),
                tilt=(float(rng.uniform(-0.06, 0.06)), float(rng.uniform(-0.06, 0.06))),
                bends=tuple(bends),
                light=tuple(float(value) for value in rng.uniform(0.85, 1.15, 3)),  # type: ignore[arg-type]
                lamp=(float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.4, 0.4))),
                noise=float(rng.uniform(0.002, 0.006)),
                waist=WAIST_MM - float(rng.uniform(0, 25)),
            )
        )
    return cameras


def _places(camera: _Camera) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where on the skin (x and y in mm) each pixel lies: exact every `GRID_PX`, and straight between."""
    sides = [
        np.arange(0, side + GRID_PX, GRID_PX, dtype=np.float64) for side in (camera.height, camera.width)
    ]
    rows, columns = np.meshgrid(*sides, indexing="ij")
    at = camera.to_skin(np.column_stack([columns.ravel(), rows.ravel()])).astype(np.float32)
    down, across = (
        np.maximum(0, 1 - np.abs(np.arange(side)[:, None] + 0.5 - knots) / GRID_PX).astype(np.float32)
        for side, knots in zip((camera.height, camera.width), sides, strict=True)
    )
    x, y = (down @ at[:, axis].reshape(rows.shape) @ across.T for axis in (0, 1))
    return x.astype(np.float32), y.astype(np.float32)


def _photograph(skin: NDArray[np.float32], camera: _Camera, rng: np.random.Generator) -> NDArray[np.uint8]:
    x, y = _places(camera)
    # What gets smaller must not alias.
    blur = max(0.0, 0.5 * PX_PER_MM / camera.scale - 0.3)
    source = ndimage.gaussian_filter(skin, (blur, blur, 0)) if blur else skin
    index = np.stack([y * PX_PER_MM - 0.5, x * PX_PER_MM - 0.5])
    light = np.stack(
        [ndimage.map_coordinates(source[..., i], index, order=1, mode="nearest") for i in range(3)], axis=-1
    )
    half = _half_width(y)
    off = np.clip(np.abs(x - WIDTH_MM / 2) / half, 0, 1)
    facing = np.sqrt(1 - off**2)
    to_lamp = 1 + camera.lamp[0] * (x / WIDTH_MM - 0.5) + camera.lamp[1] * (y / HEIGHT_MM - 0.5)
    light *= ((0.35 + 0.65 * facing) * to_lamp)[..., None]
    wall = (np.abs(x - WIDTH_MM / 2) > half) | (y < 0)
    light[wall] = np.array(WALL_RGB, np.float32) * to_lamp[wall][:, None]
    trousers = ~wall & (y > camera.waist)
    light[trousers] = np.array(TROUSERS_RGB, np.float32)
    light = ndimage.gaussian_filter(light, (0.6, 0.6, 0)) * np.array(camera.light, np.float32)
    light += rng.normal(0, camera.noise, light.shape) * np.sqrt(np.maximum(light, 0) + 0.02)
    held = np.clip(light, 0, 1)
    level = np.where(held <= 0.0031308, held * 12.92, 1.055 * held ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(level * 255).astype(np.uint8))


def _truth(each: _Lesion, cameras: list[_Camera]) -> Planted:
    skin = np.array([[each.x, each.y], [each.x + 0.5, each.y], [each.x, each.y + 0.5]])
    places, sizes, seen = [], [], []
    for visit, camera in enumerate(cameras):
        at, right, below = camera.to_photograph(skin)
        along, down = (right - at) * 2, (below - at) * 2
        scale = math.sqrt(abs(along[0] * down[1] - along[1] * down[0]))
        diameter = each.diameter * (each.growth if visit else 1.0)
        margin = scale * (EDGE_MM + diameter / 2)
        within = margin < at[0] < camera.width - margin and margin < at[1] < camera.height - margin
        bare = each.y + diameter / 2 + EDGE_MM < camera.waist
        there = not ((each.fate == "new" and visit == 0) or (each.fate == "missing" and visit == 1))
        places.append((float(at[0]), float(at[1])) if there else (math.nan, math.nan))
        sizes.append(scale * diameter)
        seen.append(bool(within and bare))
    return Planted(
        each.fate,
        each.diameter,
        each.density,
        places[0],
        places[1],
        (sizes[0], sizes[1]),
        each.growth,
        (seen[0], seen[1]),
    )
