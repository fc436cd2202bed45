"""Planted hair and dark corners, so that a network meets them on every kind of lesion."""

from __future__ import annotations

import torch
from torch import Tensor

HAIRS = (3, 14)
"""Fewest and most hairs of an image."""
HAIR_WIDTH = (0.004, 0.010)
"""Width of a hair as a share of the image's side: one to two pixels of 224."""
CORNER_RADIUS = (0.50, 0.62)
"""Radius of the lens's circle as a share of the image's side; the corners lie at 0.71."""
POINTS_PER_SIDE = 3
"""Points that a hair is drawn with, per side of the image in pixels: no gaps along a curve."""


def plant_hair(images: Tensor, generator: torch.Generator) -> Tensor:
    """Draw dark or light curved hairs over (B, 3, S, S) images of levels 0..255."""
    count, _, size, _ = images.shape
    drawn = torch.stack([_hair_cover(size, generator) for _ in range(count)])[:, None]
    dark = torch.rand(count, 1, 1, 1, generator=generator) < 0.8
    level = torch.where(dark, 20.0, 200.0) + torch.rand(count, 3, 1, 1, generator=generator) * 40
    opacity = 0.5 + 0.45 * torch.rand(count, 1, 1, 1, generator=generator)
    return images + (level - images) * drawn * opacity


def _hair_cover(size: int, generator: torch.Generator) -> Tensor:
    """Cover (S, S), 0..1, of some hairs: quadratic curves between two points, bent by a third."""
    hairs = int(torch.randint(HAIRS[0], HAIRS[1] + 1, (1,), generator=generator))
    ends = torch.rand(hairs, 2, 2, generator=generator) * 1.2 - 0.1
    middle = ends.mean(dim=1) + 0.25 * (torch.rand(hairs, 2, generator=generator) - 0.5)
    along = torch.linspace(0, 1, POINTS_PER_SIDE * size)[None, :, None]
    curve = (
        (1 - along) ** 2 * ends[:, :1] + 2 * along * (1 - along) * middle[:, None] + along**2 * ends[:, 1:]
    )
    points = (curve.reshape(-1, 2) * size).long()
    points = points[((points >= 0) & (points < size)).all(dim=1)]
    cover = torch.zeros(size, size)
    cover[points[:, 0], points[:, 1]] = 1.0
    width = HAIR_WIDTH[0] + (HAIR_WIDTH[1] - HAIR_WIDTH[0]) * float(torch.rand(1, generator=generator))
    if round(width * size) >= 2:
        cover = torch.nn.functional.max_pool2d(cover[None], 3, stride=1, padding=1)[0]
    # A hair is round: its rim is lighter than its middle.
    return torch.nn.functional.avg_pool2d(cover[None], 3, stride=1, padding=1, count_include_pad=False)[0]


def plant_dark_corners(images: Tensor, generator: torch.Generator) -> Tensor:
    """Darken (B, 3, S, S) images outside of a circle, as a round lens does."""
    count, _, size, _ = images.shape
    place = (torch.arange(size) + 0.5) / size - 0.5
    shift = (torch.rand(count, 2, generator=generator) - 0.5) * 0.08
    distance = torch.hypot(
        place[None, :, None] - shift[:, :1, None], place[None, None, :] - shift[:, 1:, None]
    )
    low, high = CORNER_RADIUS
    radius = low + (high - low) * torch.rand(count, 1, 1, generator=generator)
    rim = 0.005 + 0.04 * torch.rand(count, 1, 1, generator=generator)
    shade = torch.sigmoid((distance - radius) / rim * 4)[:, None]
    level = 25 * torch.rand(count, 1, 1, 1, generator=generator)
    return images + (level - images) * shade
