"""Photographs to upload: phantoms as JPEG, as many different ones as are wanted."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LESIONS = 16
"""Drawn phantoms that `small_photograph` takes turns with."""
SHIFTS = 60
"""Pixels to the right and down by which each of them is moved at most."""
SMALL_PX = (600, 450)


def photograph(width: int, height: int, noise: int = 0) -> bytes:
    """A phantom as JPEG.

    Args:
        noise: of a pixel, to either side: the file is then as large as a camera's.
    """
    import numpy as np

    pixels = _phantom(width, height, 0)
    if noise:
        added = np.random.default_rng(1).integers(-noise, noise + 1, pixels.shape)
        pixels = np.clip(pixels + added, 0, 255).astype(np.uint8)
    return _jpeg(pixels, 95 if noise else 90)


def marked(jpeg: bytes, number: int) -> bytes:
    """The same picture as another file: with a comment (JPEG's COM segment)."""
    text = f"upload {number}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


def small_photograph(number: int) -> bytes:
    """Another file for each number from 0 on, and other pixels for the first 57,600."""
    import numpy as np

    lesion, place = number % LESIONS, number // LESIONS
    moved = np.roll(_phantom(*SMALL_PX, lesion), (place // SHIFTS % SHIFTS, place % SHIFTS), (0, 1))
    return marked(_jpeg(moved, 85), number)


@cache
def _phantom(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    from augderm.analysis.phantom import PhantomSpec, draw_phantom

    scale = width / 600
    return draw_phantom(
        PhantomSpec(
            width_px=width, height_px=height, long_axis_px=260 * scale, short_axis_px=190 * scale, hairs=8,
            seed=seed,
        )
    ).pixels  # fmt: skip


def _jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
