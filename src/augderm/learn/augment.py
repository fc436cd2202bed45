"""Augmentation on the tensor: every view that a dermatoscope could have given of the same lesion."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from augderm.learn.config import Augment
from augderm.learn.planted import plant_dark_corners, plant_hair

ASPECT_SPREAD = 0.1
"""Standard deviation of the log of the window's aspect ratio around the image's own."""
SHIFT = 0.08
"""Largest shift of the window's centre, as a share of the image's side."""
GAIN_SPREAD, CHANNEL_SPREAD, CONTRAST_SPREAD, SATURATION_SPREAD = 0.12, 0.05, 0.12, 0.15
"""Standard deviations of the logs of the colour factors."""
GREY_NORM = 6
"""Minkowski norm of shades of grey (Finlayson and Trezzi 2004)."""
ERASED_SIDE = (0.1, 0.35)
"""Sides of a blanked rectangle, as shares of the image's side."""
BLURS = (3, 5, 7)
"""Sides of the binomial blurs, in pixels, one drawn for each batch."""


class Views(NamedTuple):
    """A batch as it was changed.

    Attributes:
        images: (B, 3, size, size) float 0..255.
        masks: (B, 1, size, size) float 0..1.
        planted: by the name of an artefact, (B,) bool: the images that it was planted in. A true dark corner
            may lie outside of the window after zooming in: its label stays.
    """

    images: Tensor
    masks: Tensor
    planted: dict[str, Tensor]


def random_views(
    images: Tensor, masks: Tensor, aspects: Tensor, size_px: int, how: Augment, generator: torch.Generator
) -> Views:
    """Rotate, flip, zoom, shift, recolour, blur and litter a batch; the masks move with the images.

    Args:
        images: (B, 3, S, S) float, 0..255, squashed from images of the given aspects.
        masks: (B, 1, S, S) float, 0..1.
        aspects: (B,) width / height before squashing, so that rotation keeps shapes true.
        size_px: side of the square result.
        how: how far.
        generator: source of randomness.

    """
    count = len(images)
    grid = _grids(aspects, size_px, how, generator)
    both = torch.cat([images, masks * 255.0], dim=1)
    moved = torch.nn.functional.grid_sample(
        both, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    images, masks = moved[:, :3], moved[:, 3:] / 255.0

    def some(share: float) -> Tensor:
        return (torch.rand(count, generator=generator) < share).nonzero()[:, 0]

    if len(chosen := some(how.constancy_share)):
        images[chosen] = shades_of_grey(images[chosen])
    images = _recolour(images, how.colour, generator)
    planted = {}
    for name, share, plant in (
        ("hair", how.hair_share, plant_hair),
        ("dark_corner", how.corner_share, plant_dark_corners),
    ):
        planted[name] = torch.zeros(count, dtype=torch.bool)
        if len(chosen := some(share)):
            images[chosen] = plant(images[chosen], generator)
            planted[name][chosen] = True
    images = _resharpen(images, how.sharpness, generator)
    level = torch.rand(count, 1, 1, 1, generator=generator) * how.noise
    images = images + torch.randn(images.shape, generator=generator) * level
    for index in some(how.erase_share).tolist():
        _erase(images[index], generator)
    return Views(images.clamp(0, 255), masks, planted)


def shades_of_grey(images: Tensor) -> Tensor:
    """Level the colours so that the Minkowski mean of each channel is the same; (B, 3, H, W), 0..255."""
    norms = (images.clamp(min=0) / 255).pow(GREY_NORM).mean(dim=(2, 3), keepdim=True).pow(1 / GREY_NORM)
    return (images * norms.mean(dim=1, keepdim=True) / norms.clamp(min=1e-3)).clamp(0, 255)


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _log_normal(shape: tuple[int, ...], spread: float, generator: torch.Generator) -> Tensor:
    return torch.exp(torch.randn(shape, generator=generator) * spread)


def _grids(aspects: Tensor, size_px: int, how: Augment, generator: torch.Generator) -> Tensor:
    """Sampling grids (B, size, size, 2) in the -1..1 coordinates of the squashed images."""
    count = len(aspects)
    angle = _uniform(count, -math.pi, math.pi, generator)
    flip = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    zoom = torch.exp(_uniform(count, math.log(how.zoom_in), math.log(how.zoom_out), generator))
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


def _recolour(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Change brightness, white balance, contrast and saturation within what cameras differ by."""
    count = len(images)
    gain = _log_normal((count, 1, 1, 1), GAIN_SPREAD * strength, generator)
    channel = _log_normal((count, 3, 1, 1), CHANNEL_SPREAD * strength, generator)
    contrast = _log_normal((count, 1, 1, 1), CONTRAST_SPREAD * strength, generator)
    saturation = _log_normal((count, 1, 1, 1), SATURATION_SPREAD * strength, generator)
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * saturation
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (mean + (images - mean) * contrast) * gain * channel
    return images.clamp(0, 255)


def _resharpen(images: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Mix each image with a blurred copy: from `most` of it down to minus half as much (unsharp mask)."""
    side = BLURS[int(torch.randint(len(BLURS), (1,), generator=generator))]
    row = torch.tensor([math.comb(side - 1, k) for k in range(side)], dtype=images.dtype)
    row = row / row.sum()
    kernel = row.expand(3, 1, 1, side)
    padded = torch.nn.functional.pad(images, [side // 2] * 4, mode="reflect")
    blurred = torch.nn.functional.conv2d(padded, kernel, groups=3)
    blurred = torch.nn.functional.conv2d(blurred, kernel.transpose(2, 3), groups=3)
    part = _uniform(len(images), -most / 2, most, generator)[:, None, None, None]
    return images + (blurred - images) * part


def _erase(image: Tensor, generator: torch.Generator) -> None:
    """Blank one rectangle of a (3, S, S) image, in place, with the image's mean colour."""
    size = image.shape[1]
    height, width = (_uniform(2, *ERASED_SIDE, generator) * size).int().tolist()
    top, left = (int(torch.randint(size - side, (1,), generator=generator)) for side in (height, width))
    image[:, top : top + height, left : left + width] = image.mean(dim=(1, 2), keepdim=True)
