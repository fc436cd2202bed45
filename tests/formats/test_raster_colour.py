"""Decoding: every mode and profile becomes 8-bit sRGB, and says what was lost."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import InvalidImage
from augderm.formats.raster import decode_image
from support.images import (
    LOSSLESS,
    difference,
    encode,
    held_turned,
    picture,
    srgb_profile,
    swapped_profile,
    textured,
)

PICTURE = picture()
PIXELS = np.asarray(PICTURE)


def grey16() -> NDArray[np.uint16]:
    return np.asarray(PICTURE.convert("L")).astype(np.uint16) * 257


def tiff(levels: NDArray[np.generic], **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, levels, **options)
    return file.getvalue()


def see_through() -> Image.Image:
    image = PICTURE.convert("RGBA")
    half = np.zeros(PIXELS.shape[:2], np.uint8)
    half[:, :60] = 255
    image.putalpha(Image.fromarray(half))
    return image


def test_grey_gives_three_equal_channels() -> None:
    decoded = decode_image(encode(PICTURE.convert("L"), "JPEG"))
    assert np.ptp(decoded.pixels, axis=2).max() == 0
    assert difference(decoded.pixels[..., 0], np.asarray(PICTURE.convert("L"))) < 4


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP"])
def test_one_bit_images_are_black_and_white(form: str) -> None:
    bits = PICTURE.convert("1")
    decoded = decode_image(encode(bits, form))
    np.testing.assert_array_equal(decoded.pixels[..., 1], np.asarray(bits) * np.uint8(255))


def test_sixteen_bit_grey_keeps_the_high_byte_and_says_so() -> None:
    wanted = np.asarray(PICTURE.convert("L"))
    for data in (
        encode(Image.fromarray(grey16()), "PNG"),
        encode(Image.fromarray(grey16()), "TIFF"),
        tiff(grey16(), photometric="minisblack", byteorder=">"),
    ):
        decoded = decode_image(data)
        np.testing.assert_array_equal(decoded.pixels[..., 0], wanted)
        assert "16-bit" in decoded.notes[0]


def test_sixteen_bit_colour_keeps_the_high_byte() -> None:
    decoded = decode_image(tiff(PIXELS.astype(np.uint16) * 257, photometric="rgb"))
    np.testing.assert_array_equal(decoded.pixels, PIXELS)


def test_grey_that_counts_down_from_white_is_not_a_negative() -> None:
    wanted = np.asarray(PICTURE.convert("L"))
    for data in (
        tiff(255 - wanted, photometric="miniswhite"),
        tiff(np.uint16(65535) - grey16(), photometric="miniswhite"),
    ):
        np.testing.assert_array_equal(decode_image(data).pixels[..., 0], wanted)


def test_floating_point_pixels_are_refused_with_a_remedy() -> None:
    with pytest.raises(InvalidImage, match=r"pixel type F .*8-bit RGB"):
        decode_image(tiff(grey16().astype(np.float32), photometric="minisblack"))


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_transparent_parts_are_white(form: str) -> None:
    decoded = decode_image(encode(see_through(), form, **LOSSLESS[form]))
    assert (decoded.pixels[:, 60:] == 255).all()
    np.testing.assert_array_equal(decoded.pixels[:, :60], PIXELS[:, :60])
    assert "white" in decoded.notes[0]


def test_transparent_grey_is_white() -> None:
    decoded = decode_image(encode(see_through().convert("LA"), "PNG"))
    assert (decoded.pixels[:, 60:] == 255).all()
    assert "white" in decoded.notes[0]


def test_an_opaque_alpha_channel_changes_nothing() -> None:
    decoded = decode_image(encode(PICTURE.convert("RGBA"), "PNG"))
    np.testing.assert_array_equal(decoded.pixels, PIXELS)
    assert decoded.notes == ()


def test_a_palette_gives_its_colours() -> None:
    indexed = PICTURE.quantize(64)
    decoded = decode_image(encode(indexed, "PNG"))
    np.testing.assert_array_equal(decoded.pixels, np.asarray(indexed.convert("RGB")))


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_transparent_palette_colour_is_white(orientation: int) -> None:
    indexed = PICTURE.quantize(8)
    decoded = decode_image(held_turned(indexed, "PNG", orientation, transparency=2))
    assert (decoded.pixels[np.asarray(indexed) == 2] == 255).all()
    assert "white" in decoded.notes[0]


def test_a_transparent_grey_level_is_white() -> None:
    grey = PICTURE.convert("L")
    level = int(np.asarray(grey)[45, 45])
    decoded = decode_image(encode(grey, "PNG", transparency=level))
    assert (decoded.pixels[np.asarray(grey) == level] == 255).all()


def test_a_cmyk_jpeg_is_converted_and_says_so() -> None:
    decoded = decode_image(encode(PICTURE.convert("CMYK"), "JPEG"))
    assert difference(decoded.pixels, PIXELS) < 6
    assert "CMYK" in decoded.notes[0]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_an_srgb_profile_leaves_the_colours(form: str) -> None:
    plain = decode_image(encode(PICTURE, form))
    decoded = decode_image(encode(PICTURE, form, icc_profile=srgb_profile()))
    assert difference(decoded.pixels, plain.pixels) < 1
    assert decoded.notes == ()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_a_profile_is_applied(form: str) -> None:
    decoded = decode_image(encode(PICTURE, form, icc_profile=swapped_profile(), **LOSSLESS[form]))
    assert difference(decoded.pixels, PIXELS[..., [1, 0, 2]]) < 2


def test_a_profile_is_applied_to_a_big_jpeg() -> None:
    image = Image.fromarray(textured(2, 1600, 1200))
    plain = decode_image(encode(image, "JPEG")).pixels
    decoded = decode_image(encode(image, "JPEG", icc_profile=swapped_profile())).pixels
    assert difference(decoded, plain[..., [1, 0, 2]]) < 2


def test_a_profile_is_applied_to_a_palette() -> None:
    indexed = PICTURE.quantize(64)
    decoded = decode_image(encode(indexed, "PNG", icc_profile=swapped_profile()))
    assert difference(decoded.pixels, np.asarray(indexed.convert("RGB"))[..., [1, 0, 2]]) < 2


@pytest.mark.parametrize("damaged", [b"x" * 300, srgb_profile()[:200], b"\0"])
def test_a_broken_profile_is_ignored_with_a_note(damaged: bytes) -> None:
    decoded = decode_image(encode(PICTURE, "PNG", icc_profile=damaged))
    np.testing.assert_array_equal(decoded.pixels, PIXELS)
    assert "profile" in decoded.notes[0]
    assert "ignored" in decoded.notes[0]


def test_a_profile_of_another_colour_space_is_ignored_with_a_note() -> None:
    decoded = decode_image(encode(PICTURE.convert("L"), "PNG", icc_profile=srgb_profile()))
    np.testing.assert_array_equal(decoded.pixels[..., 0], np.asarray(PICTURE.convert("L")))
    assert "profile" in decoded.notes[0]
