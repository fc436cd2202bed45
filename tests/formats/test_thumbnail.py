"""Thumbnails: small, WebP, and of a preview its pixels alone."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from augderm.formats.thumbnail import SIDE_PX, thumbnail_of, thumbnail_of_preview


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("WEBP",))
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "side"), [((800, 600), (192, 144)), ((600, 800), (144, 192)), ((60, 40), (60, 40))]
)
def test_the_long_side_is_bounded_and_nothing_is_enlarged(
    size: tuple[int, int], side: tuple[int, int]
) -> None:
    pixels = np.full((size[1], size[0], 3), (200, 120, 60), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    for data in (thumbnail_of(pixels), thumbnail_of_preview(buffer.getvalue())):
        image = _opened(data)
        assert image.size == side
        assert max(image.size) <= SIDE_PX
        assert np.abs(np.asarray(image.convert("RGB"), int) - (200, 120, 60)).max() <= 8


def test_what_a_file_holds_beside_its_pixels_stays_behind() -> None:
    secret = Image.Exif()
    secret[0x010E] = "Müller, Ada"
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300)).save(buffer, "JPEG", exif=secret, comment=b"Ada")
    data = thumbnail_of_preview(buffer.getvalue())
    assert b"Ada" not in data
    assert not _opened(data).getexif()
