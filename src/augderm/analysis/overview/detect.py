"""Pigmented lesions of a body region: spots of a melanin-like plane, their places and sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.maps.colour_maps import MIN_LIGHT, unmix_colour
from augderm.analysis.maps.optical_density import linear_light
from augderm.analysis.maps.white_balance import skin_light
from augderm.analysis.overview.bare import bare_skin
from augderm.analysis.skin import MIN_SKIN_PIXELS
from augderm.analysis.structures.blobs import Blobs, bright_blobs

RADII_PX = (1.7, 2.3, 3.1, 4.2, 5.6, 7.5)
COARSE = 4
COARSE_RADII = (2.5, 3.4, 4.6, 6.2, 8.3)
"""In pixels of a picture reduced by `COARSE`: 10 to 33 pixels of the whole one."""
BACKGROUND_PX = 24.0
"""Standard deviation of the Gaussian whose mean of the skin around is taken off."""
WEAK_CONTRAST = 0.035
"""Least melanin (`colour_maps.colour_spectra`, mean optical density) of a spot that is looked for at all."""
STRONG_CONTRAST = 0.075
"""Least contrast of a lesion that is listed; between the two it only speaks against "new" and "missing"."""
MIN_DIAMETER_PX = 4.5
"""Least diameter of a lesion that is listed."""
NOISE_REACH = 4.5
"""A listed lesion stands out by so many standard deviations of its own ring of skin, at least; those
of a pixel, not of a mean over the lesion, for skin is uneven over wide distances too."""
MIN_FULLNESS = 0.45
"""Least share of the circle around a lesion's longest extent that it fills: less is a hair."""
CORE, RING = 0.5, (1.7, 2.8)
"""Of the spot's radius: what says how dark it is, and what it is held against."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The spots of one photograph, darkest first. Lengths in pixels of the picture that was searched.

    Attributes:
        at: (n, 2) float64, x and y of the centres, where pixel (0, 0) spans 0..1.
        diameter: (n,) of the disc of the same area, at half of its contrast.
        contrast: (n,) melanin over the skin around it.
        listed: (n,) bool: a lesion; the others are too faint or too small to be listed.
        skin: (h, w) bool, where bare skin is in view.
        plane: (h, w) float32, the melanin that they were found in.
    """

    at: NDArray[np.float64]
    diameter: NDArray[np.float64]
    contrast: NDArray[np.float64]
    listed: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    plane: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.at)


def find_spots(pixels: NDArray[np.uint8]) -> Cloud:
    """Find the pigmented spots of a photograph (h, w, 3) uint8 sRGB of a body region.

    The plane is the melanin of `analysis.maps.colour_maps` against the median skin, less its own mean
    around; spots are found by the determinant of the Hessian (`analysis.structures.blobs`), and measured at
    half of their contrast.
    """
    skin = bare_skin(pixels)
    if np.count_nonzero(skin) < MIN_SKIN_PIXELS:
        none = np.zeros(0)
        return Cloud(np.zeros((0, 2)), none, none, np.zeros(0, bool), skin, np.zeros(skin.shape, np.float32))
    plane = melanin_plane(pixels, skin)
    found = []
    for blobs in _blobs(plane, skin):
        for x, y, radius in zip(blobs.x, blobs.y, blobs.radius, strict=True):
            spot = _measure(plane, skin, x, y, radius)
            if spot is not None:
                # Once more with core and ring of its own size, whichever scale it was found at.
                spot = _measure(plane, skin, spot.x, spot.y, max(spot.diameter / 2, RADII_PX[0]))
            if spot is not None and spot.contrast >= WEAK_CONTRAST:
                found.append(spot)
    kept = _each_once(found, skin.shape)
    kept.sort(key=lambda spot: -spot.contrast)
    return Cloud(
        np.array([[spot.x, spot.y] for spot in kept]).reshape(-1, 2),
        np.array([spot.diameter for spot in kept]),
        np.array([spot.contrast for spot in kept]),
        np.array([spot.listed for spot in kept], bool),
        skin,
        plane,
    )


def darkest_near(cloud: Cloud, x: float, y: float, diameter: float, reach: float) -> float:
    """The greatest contrast that a disc of a diameter has with its centre within reach of a place.

    For what was not found as a spot: a mean of the plane over the disc (half of its radius, as for a spot)
    less the median of a ring around the place.
    """
    radius = diameter / 2
    outer = RING[1] * radius + reach
    height, width = cloud.plane.shape
    rows = slice(max(0, int(y - outer)), min(height, int(y + outer) + 2))
    columns = slice(max(0, int(x - outer)), min(width, int(x + outer) + 2))
    part, bare = cloud.plane[rows, columns], cloud.skin[rows, columns]
    if not bare.any():
        return 0.0
    ys = np.arange(rows.start, rows.start + part.shape[0])[:, None] + 0.5 - y
    xs = np.arange(columns.start, columns.start + part.shape[1])[None] + 0.5 - x
    away = np.hypot(ys, xs)
    ring = bare & (away > RING[0] * radius)
    near = away <= reach
    if not ring.any() or not near.any():
        return 0.0
    mean = ndimage.uniform_filter(part, size=max(1, 2 * round(CORE * radius) + 1), mode="nearest")
    return float(mean[near].max() - np.median(part[ring]))


def melanin_plane(pixels: NDArray[np.uint8], skin: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Melanin above the skin around, (h, w) float32; 0 where there is no skin."""
    light = linear_light(pixels)
    typical = np.maximum(skin_light(light, skin), np.float32(MIN_LIGHT))
    melanin = unmix_colour(light, typical).amounts[0]
    weight = skin.astype(np.float32)
    # Reduced: the mean is smooth, and a wide Gaussian costs by its width.
    held, weights = (_shrunk(each, COARSE) for each in (melanin * weight, weight))
    blurred, share = (ndimage.gaussian_filter(each, BACKGROUND_PX / COARSE) for each in (held, weights))
    mean = _stretched((blurred / np.maximum(share, 1e-3)).astype(np.float32), COARSE, skin.shape)
    return np.where(skin, melanin - mean, 0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Spot:
    x: float
    y: float
    diameter: float
    contrast: float
    listed: bool


def _blobs(plane: NDArray[np.float32], skin: NDArray[np.bool_]) -> list[Blobs]:
    fine = bright_blobs(plane, skin, RADII_PX, WEAK_CONTRAST)
    small = _shrunk(plane, COARSE)
    rough = bright_blobs(small, _shrunk(skin.astype(np.float32), COARSE) > 0.5, COARSE_RADII, WEAK_CONTRAST)
    return [Blobs(rough.x * COARSE, rough.y * COARSE, rough.radius * COARSE, rough.contrast), fine]


def _measure(
    plane: NDArray[np.float32], skin: NDArray[np.bool_], x: float, y: float, radius: float
) -> _Spot | None:
    """Its contrast over the ring, and its area at half of that, on a grid fine enough for the small ones."""
    step = min(1.0, radius / 8)
    reach = np.arange(-RING[1] * radius, RING[1] * radius + step / 2, step)
    rows, columns = y - 0.5 + reach[:, None], x - 0.5 + reach[None]
    at = np.broadcast_arrays(rows, columns)
    seen = ndimage.map_coordinates(plane, at, order=1, mode="nearest")
    bare = ndimage.map_coordinates(skin, at, order=0, mode="constant", cval=0).astype(bool)
    away = np.hypot(reach[:, None], reach[None])
    ring = bare & (away >= RING[0] * radius) & (away <= RING[1] * radius)
    core = away <= CORE * radius
    if np.count_nonzero(ring) < np.count_nonzero(core):
        return None
    around = float(np.median(seen[ring]))
    contrast = float(np.median(seen[core])) - around
    if contrast < WEAK_CONTRAST:
        return None
    spread = 1.4826 * float(np.median(np.abs(seen[ring] - around)))
    labels, _ = ndimage.label(seen > around + contrast / 2)
    middle = len(reach) // 2
    part = labels == labels[middle, middle]
    if not labels[middle, middle] or part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any():
        return None
    area = np.count_nonzero(part) * step**2
    ys, xs = np.nonzero(part)
    centre_x, centre_y = float(reach[xs].mean()), float(reach[ys].mean())
    diameter = 2 * math.sqrt(area / math.pi)
    extent = 2 * float(np.hypot(reach[xs] - centre_x, reach[ys] - centre_y).max()) + step
    whole = bool(area / (math.pi / 4 * extent**2) >= MIN_FULLNESS)
    listed = whole and contrast >= max(STRONG_CONTRAST, NOISE_REACH * spread) and diameter >= MIN_DIAMETER_PX
    return _Spot(x + centre_x, y + centre_y, diameter, contrast, listed)


def _each_once(found: list[_Spot], shape: tuple[int, ...]) -> list[_Spot]:
    """Without spots that lie within a larger one which is at least half as dark."""
    taken = np.zeros(shape, np.float32)
    kept = []
    for spot in sorted(found, key=lambda each: -each.diameter):
        row, column = (
            min(max(int(place), 0), side - 1) for place, side in zip((spot.y, spot.x), shape, strict=True)
        )
        if taken[row, column] >= spot.contrast / 2:
            continue
        kept.append(spot)
        radius = spot.diameter / 2
        rows = slice(max(0, int(spot.y - radius)), int(spot.y + radius) + 1)
        columns = slice(max(0, int(spot.x - radius)), int(spot.x + radius) + 1)
        part = taken[rows, columns]
        ys = np.arange(rows.start, rows.start + part.shape[0])[:, None] + 0.5 - spot.y
        xs = np.arange(columns.start, columns.start + part.shape[1])[None] + 0.5 - spot.x
        part[np.hypot(xs, ys) <= radius] = spot.contrast
    return _without_halos(kept)


def _without_halos(spots: list[_Spot]) -> list[_Spot]:
    """Without spots whose middle lies within a darker one: they are what surrounds it."""
    kept: list[_Spot] = []
    for spot in sorted(spots, key=lambda each: -each.contrast):
        if not any(math.hypot(spot.x - o.x, spot.y - o.y) <= o.diameter / 2 for o in kept):
            kept.append(spot)
    return kept


def _shrunk(plane: NDArray[np.float32], by: int) -> NDArray[np.float32]:
    """Means of squares of `by` pixels; the last ones are repeated to fill the last squares."""
    height, width = plane.shape
    filled = np.pad(plane, ((0, -height % by), (0, -width % by)), mode="edge")
    rows, columns = filled.shape[0] // by, filled.shape[1] // by
    means: NDArray[np.float32] = filled.reshape(rows, by, columns, by).mean(axis=(1, 3), dtype=np.float32)
    return means


def _stretched(plane: NDArray[np.float32], by: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Back to a size by straight lines between the squares' middles."""
    down, across = (
        np.maximum(
            0,
            1 - np.abs(np.clip((np.arange(side)[:, None] + 0.5) / by - 0.5, 0, count - 1) - np.arange(count)),
        ).astype(np.float32)
        for side, count in zip(shape, plane.shape, strict=True)
    )
    whole: NDArray[np.float32] = down @ plane @ across.T
    return whole
