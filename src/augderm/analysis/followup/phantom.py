"""Phantoms photographed twice: one piece of skin, seen from elsewhere, in other light, with other noise.

The skin carries what a registration can hold on to (spots, mottling, hairs), all of it fixed in the skin, so
that a lesion can be made to grow while everything around it stays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import ProjectiveTransform, warp

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom

SCENE_SIDE_PX = 1000
"""Side of the piece of skin, so that a frame of 600 x 450 at 0.7 of its scale stays on it, but for its
corners; beyond, the skin goes on mirrored."""
SPOT_RADII_PX = (1.2, 5.0)
SPOT_DEPTH = (0.04, 0.22)
"""Share of the light that a spot takes away at its middle."""
MOTTLE_SIGMA_PX, MOTTLE_DEPTH = 5.0, 0.012
"""Width and standard deviation of the fine unevenness of skin, as a share of the light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinSpec:
    """A piece of skin with a lesion in its middle.

    Attributes:
        lesion: what is drawn; its size, centre and noise are set by the scene.
        spots: how many lie on the whole piece, in and around the lesion.
        seed: of spots and mottling.
    """

    lesion: PhantomSpec = field(default_factory=PhantomSpec)
    spots: int = 1200
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitSpec:
    """How it is photographed.

    Attributes:
        width_px, height_px: of the photograph.
        turn_deg: of the picture's content, from x towards y.
        scale: pixels of the photograph per pixel of the scene.
        shift: of the scene's middle from the photograph's, as fractions of width and height.
        tilt: perspective: change of scale from the middle to the right edge and to the lower edge.
        light: factor on red, green and blue (linear enough for a lamp's cast).
        falloff: light lost from the left edge to the right, 0..1.
        noise: standard deviation, in levels of 0..255.
        seed: of the noise.
    """

    width_px: int = 600
    height_px: int = 450
    turn_deg: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    tilt: tuple[float, float] = (0.0, 0.0)
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)
    falloff: float = 0.0
    noise: float = 2.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """A photograph with its truth.

    Attributes:
        pixels: (h, w, 3) uint8 sRGB.
        from_scene: (3, 3) homography from the scene to the photograph, x and y where pixel (0, 0) spans 0..1.
        outline: (n, 2) the lesion's true outline in the photograph.
    """

    pixels: NDArray[np.uint8]
    from_scene: NDArray[np.float64]
    outline: NDArray[np.float64]


def draw_skin(spec: SkinSpec) -> Phantom:
    """The scene: a phantom of `SCENE_SIDE_PX` with spots and mottling over it."""
    side = SCENE_SIDE_PX
    drawn = draw_phantom(
        replace(spec.lesion, width_px=side, height_px=side, center=(0.5, 0.5), noise=0.0, mm_per_px=None)
    )
    light = drawn.pixels * _texture(spec)[..., None]
    return replace(drawn, pixels=np.clip(np.round(light), 0, 255).astype(np.uint8))


def photograph(scene: Phantom, visit: VisitSpec) -> Visit:
    """Photograph the scene."""
    matrix = _homography(visit)
    # warp() maps pixel centres at whole numbers; ours lie at halves.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    inverse = ProjectiveTransform(np.linalg.inv(half) @ np.linalg.inv(matrix) @ half)
    shape = (visit.height_px, visit.width_px)
    # What gets smaller must not alias: a lens blurs it too.
    blur = max(0.0, 1 / visit.scale - 1)
    source = (
        ndimage.gaussian_filter(scene.pixels.astype(np.float32), (blur, blur, 0)) if blur else scene.pixels
    )
    seen = warp(source.astype(np.float32), inverse, output_shape=shape, order=1, mode="reflect")
    across = 1 - visit.falloff * (np.arange(visit.width_px) + 0.5) / visit.width_px
    lit = seen * across[None, :, None] * np.array(visit.light)
    lit += np.random.default_rng(visit.seed).normal(0, visit.noise, lit.shape)
    return Visit(
        pixels=np.clip(np.round(lit), 0, 255).astype(np.uint8),
        from_scene=matrix,
        outline=_moved(scene.outline, matrix),
    )


def any_visit(rng: np.random.Generator, *, noise: float = 3.0) -> VisitSpec:
    """A visit drawn over the whole range in which photographs are to be registered."""
    return VisitSpec(
        turn_deg=float(rng.uniform(-180, 180)),
        scale=float(np.exp(rng.uniform(math.log(0.7), math.log(1.4)))),
        shift=(float(rng.uniform(-0.08, 0.08)), float(rng.uniform(-0.08, 0.08))),
        tilt=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.05, 0.05))),
        light=(float(rng.uniform(0.8, 1.1)), float(rng.uniform(0.8, 1.1)), float(rng.uniform(0.8, 1.1))),
        falloff=float(rng.uniform(0, 0.2)),
        noise=noise,
        seed=int(rng.integers(2**31)),
    )


def _homography(visit: VisitSpec) -> NDArray[np.float64]:
    turn = math.radians(visit.turn_deg)
    cos, sin = math.cos(turn) * visit.scale, math.sin(turn) * visit.scale
    middle = np.array([[1, 0, -SCENE_SIDE_PX / 2], [0, 1, -SCENE_SIDE_PX / 2], [0, 0, 1]])
    turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    tilted = np.eye(3)
    tilted[2, :2] = visit.tilt[0] / (visit.width_px / 2), visit.tilt[1] / (visit.height_px / 2)
    place = np.eye(3)
    place[:2, 2] = (0.5 + visit.shift[0]) * visit.width_px, (0.5 + visit.shift[1]) * visit.height_px
    matrix: NDArray[np.float64] = place @ tilted @ turned @ middle
    return matrix


def _moved(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(ProjectiveTransform(matrix)(points))


def _texture(spec: SkinSpec) -> NDArray[np.float32]:
    """The share of the light that comes back, (side, side)."""
    rng = np.random.default_rng(spec.seed)
    side = SCENE_SIDE_PX
    mottle = ndimage.gaussian_filter(rng.normal(size=(side, side)).astype(np.float32), MOTTLE_SIGMA_PX)
    share: NDArray[np.float32] = 1 + mottle * np.float32(MOTTLE_DEPTH / mottle.std())
    for _ in range(spec.spots):
        x, y = rng.uniform(0, side, 2)
        radius, depth = rng.uniform(*SPOT_RADII_PX), rng.uniform(*SPOT_DEPTH)
        reach = math.ceil(4 * radius)
        top, left = max(0, int(y) - reach), max(0, int(x) - reach)
        rows = np.arange(top, min(side, int(y) + reach + 1))[:, None] + 0.5 - y
        columns = np.arange(left, min(side, int(x) + reach + 1))[None] + 0.5 - x
        away = (rows**2 + columns**2) / radius**2
        share[top : top + len(rows), left : left + columns.shape[1]] *= 1 - depth * np.exp(-away / 2)
    return share
