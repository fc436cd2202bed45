"""Augmentation on the tensor: every view that a dermatoscope could have given of the same lesion."""

from __future__ import annotations

import math

import torch
from torch import Tensor

ZOOM_RANGE = (0.65, 1.15)
"""Side of the sampled window over the image's side; above 1 the border is mirrored."""
ASPECT_SPREAD = 0.1
"""Standard deviation of the log of the window's aspect ratio around the image's own."""
SHIFT = 0.08
"""Largest shift of the window's centre, as a share of the image's side."""
GAIN_SPREAD, CHANNEL_SPREAD, CONTRAST_SPREAD, SATURATION_SPREAD = 0.12, 0.05, 0.12, 0.15
"""Standard deviations of the logs of the colour factors."""


def random_views(
    images: Tensor, masks: Tensor, aspects: Tensor, size_px: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rotate, flip, zoom, shift and recolour a batch; the masks move with the images.

    Args:
        images: (B, 3, S, S) float, 0..255, squashed from images of the given aspects.
        masks: (B, 1, S, S) float, 0..1.
        aspects: (B,) width / height before squashing, so that rotation keeps shapes true.
        size_px: side of the square result.
        generator: source of randomness.

    Returns:
        images (B, 3, size, size) float 0..255 and masks (B, 1, size, size) float 0..1.
    """
    grid = _grids(aspects, size_px, generator)
    both = torch.cat([images, masks * 255.0], dim=1)
    moved = torch.nn.functional.grid_sample(
        both, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return _recolour(moved[:, :3], generator), moved[:, 3:] / 255.0


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _log_normal(shape: tuple[int, ...], spread: float, generator: torch.Generator) -> Tensor:
    return torch.exp(torch.randn(shape, generator=generator) * spread)


def _grids(aspects: Tensor, size_px: int, generator: torch.Generator) -> Tensor:
    """Sampling grids (B, size, size, 2) in the -1..1 coordinates of the squashed images."""
    count = len(aspects)
    angle = _uniform(count, -math.pi, math.pi, generator)
    flip = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    zoom = torch.exp(_uniform(count, math.log(ZOOM_RANGE[0]), math.log(ZOOM_RANGE[1]), generator))
    # A portrait image of the same lesion is as likely as a landscape one.
    upright = torch.rand(count, generator=generator) < 0.5
    window = torch.where(upright, 1 / aspects, aspects) * _log_normal((count,), ASPECT_SPREAD, generator)
    # Half-extents in a frame where the image measures 2 * sqrt(aspect) by 2 / sqrt(aspect).
    half_x, half_y = zoom * window.sqrt() * flip, zoom / window.sqrt()
    cos, sin = torch.cos(angle), torch.sin(angle)
    wide, high = aspects.sqrt(), 1 / aspects.sqrt()
    shift_x = _uniform(count, -2 * SHIFT, 2 * SHIFT, generator)
    shift_y = _uniform(count, -2 * SHIFT, 2 * SHIFT, generator)
    matrix = torch.stack(
        [
            torch.stack([cos * half_x / wide, -sin * half_y / wide, shift_x], dim=1),
            torch.stack([sin * half_x / high, cos * half_y / high, shift_y], dim=1),
        ],
        dim=1,
    )
    return torch.nn.functional.affine_grid(matrix, [count, 1, size_px, size_px], align_corners=False)


def _recolour(images: Tensor, generator: torch.Generator) -> Tensor:
    """Change brightness, white balance, contrast and saturation within what cameras differ by."""
    count = len(images)
    gain = _log_normal((count, 1, 1, 1), GAIN_SPREAD, generator)
    channel = _log_normal((count, 3, 1, 1), CHANNEL_SPREAD, generator)
    contrast = _log_normal((count, 1, 1, 1), CONTRAST_SPREAD, generator)
    saturation = _log_normal((count, 1, 1, 1), SATURATION_SPREAD, generator)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * saturation
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (mean + (images - mean) * contrast) * gain * channel
    return images.clamp(0, 255)
