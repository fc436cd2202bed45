"""Batches of decoded images, as the network takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from augderm.learn.cache import CachedImages
from augderm.learn.network import INPUT_MEAN, INPUT_SCALE
from augderm.learn.records import Record

BATCH = 16
"""Whole images at a time."""


def load_batch(cached: CachedImages, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Images (B, 3, S, S) float 0..255 and masks (B, 1, S, S) float 0..1 of some rows."""
    images = torch.from_numpy(np.stack([cached.images[row] for row in rows]))
    masks = torch.from_numpy(np.stack([cached.masks[row] for row in rows]))
    return images.permute(0, 3, 1, 2).float(), masks[:, None].float() / 255.0


def reduced(images: Tensor, side: int) -> Tensor:
    """Images (B, C, S, S) at this side; smaller ones as they are."""
    if images.shape[2] <= side:
        return images
    return nn.functional.interpolate(images, side, mode="bilinear", antialias=True)


def normalise(images: Tensor) -> Tensor:
    """From 0..255 to the range that the encoder was pretrained on."""
    return ((images - INPUT_MEAN) / INPUT_SCALE).contiguous(memory_format=torch.channels_last)


def whole_images(cached: CachedImages, records: Sequence[Record], side_px: int) -> Iterator[Tensor]:
    """Some records without augmentation, normalised batches (B, 3, side, side)."""
    rows = np.array(cached.rows(records), dtype=np.int64)
    for start in range(0, len(rows), BATCH):
        images, _ = load_batch(cached, rows[start : start + BATCH])
        yield normalise(reduced(images, side_px))
