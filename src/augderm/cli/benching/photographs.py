"""Photographs for a load test: a phantom as JPEG, and the same picture as ever another file."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom

NOISE = 12
"""Of a pixel, to either side: makes a JPEG of 4000 x 3000 some 5 MB."""


def photograph(width: int, height: int, noise: int = 0) -> bytes:
    """A phantom as JPEG, with noise: its file is then as large as a camera's."""
    scale = width / 600
    spec = PhantomSpec(
        width_px=width, height_px=height, long_axis_px=260 * scale, short_axis_px=190 * scale, hairs=8
    )
    pixels = draw_phantom(spec).pixels
    if noise:
        added = np.random.default_rng(1).integers(-noise, noise + 1, pixels.shape)
        pixels = np.clip(pixels + added, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95 if noise else 90)
    return buffer.getvalue()


def marked(jpeg: bytes, number: int) -> bytes:
    """The same picture as another file: with a comment (JPEG's COM segment)."""
    text = f"upload {number}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]
