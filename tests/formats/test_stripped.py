"""A shared photograph: the same pixels, and nothing that the camera or anybody wrote beside them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from augderm.formats.stripped import without_metadata

PIXELS = np.random.default_rng(5).integers(0, 255, (40, 60, 3), dtype=np.uint8)
SECRETS = (b"secret", b"2026:05:04", b"GPS")


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = orientation, "secret camera", "2026:05:04 08:00:00"
    exif.get_ifd(0x8825)[1] = "secret N"
    return exif


def _jpeg(orientation: int = 1, **how: object) -> bytes:
    buffer = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(PIXELS).save(
        buffer,
        "JPEG",
        exif=_exif(orientation),
        comment=b"secret comment",
        icc_profile=profile,
        **how,
    )
    return buffer.getvalue() + b"secret film of the moment before"


def _pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_blocks": 2}], ids=str)
def test_a_jpeg_keeps_its_pixels_its_colours_and_how_it_is_turned_alone(
    orientation: int, how: dict[str, object]
) -> None:
    data = _jpeg(orientation, **how)
    made = without_metadata(data)
    assert made is not None
    assert all(secret in data or secret == b"GPS" for secret in SECRETS)
    assert not any(secret in made for secret in SECRETS)
    assert np.array_equal(_pixels(made), _pixels(data))
    with Image.open(io.BytesIO(made)) as image:
        assert "icc_profile" in image.info
        assert dict(image.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
    assert without_metadata(made) == made


def test_the_small_picture_of_a_jfif_header_is_left_out() -> None:
    plain = io.BytesIO()
    Image.fromarray(PIXELS).save(plain, "JPEG")
    data = plain.getvalue()
    assert data[2:4] == b"\xff\xe0"
    small = b"\xff\xe0" + (16 + 3).to_bytes(2, "big") + data[6:18] + b"\x01\x01" + b"sec"
    made = without_metadata(data[:2] + small + b"\xff\xe0\x00\x0cJFXX\0secre" + data[20:])
    assert made is not None
    assert b"sec" not in made
    assert np.array_equal(_pixels(made), _pixels(data))


def _plain(mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(buffer, "JPEG")
    return buffer.getvalue()


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def test_how_a_jpeg_is_turned_is_never_lost_wherever_it_stands() -> None:
    plain, turned = _plain(), _segment(0xE1, _exif(6).tobytes())
    frame = plain.index(b"\xff\xc0")
    assert plain.index(b"\xff\xdb") < frame, "behind the first table"
    late = plain[:frame] + turned + plain[frame:]
    assert _pixels(late).shape == (60, 40, 3)
    assert without_metadata(late) is None
    upright = plain[:frame] + _segment(0xE1, _exif(1).tobytes()) + plain[frame:]
    assert without_metadata(upright) == without_metadata(plain)
    both = plain[:2] + turned + _segment(0xE1, _exif(3).tobytes()) + plain[2:]
    assert without_metadata(both) is None, "two that contradict each other"


@pytest.mark.parametrize(
    "marker", [0x02, 0xBF, 0xC8, 0xDE, 0xDF, 0xE5, 0xEE, 0xEF, 0xF0, 0xFD, 0xFE], ids=hex
)
@pytest.mark.parametrize("payload", [b"secret", b"Adobe secret name"])
def test_no_segment_that_pixels_do_not_need_carries_a_text_along(marker: int, payload: bytes) -> None:
    plain = _plain()
    made = without_metadata(plain[:2] + _segment(marker, payload) + plain[2:])
    assert made is not None
    assert b"secret" not in made


def test_the_colours_of_a_jpeg_with_adobes_segment_stay_and_what_follows_it_goes() -> None:
    plain = _plain("CMYK")
    place = plain.index(b"\xff\xee")
    longer = plain[:place] + _segment(0xEE, plain[place + 4 : place + 16] + b"secret") + plain[place + 16 :]
    made = without_metadata(longer)
    assert made is not None
    assert b"secret" not in made
    assert np.array_equal(_pixels(made), _pixels(plain))


def test_a_png_keeps_its_pixels_alone() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "secret comment")
    text.add_itxt("XML:com.adobe.xmp", "secret name")
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", pnginfo=text, exif=_exif(1))
    made = without_metadata(buffer.getvalue() + b"secret behind")
    assert made is not None
    assert not any(secret in made for secret in SECRETS)
    assert np.array_equal(_pixels(made), PIXELS)


def test_what_cannot_be_turned_right_or_is_another_format_is_not_told() -> None:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", exif=_exif(6))
    assert without_metadata(buffer.getvalue()) is None
    for name in ("TIFF", "WEBP", "BMP"):
        buffer = io.BytesIO()
        Image.fromarray(PIXELS).save(buffer, name)
        assert without_metadata(buffer.getvalue()) is None


@given(st.integers(0, 10_000), st.binary(max_size=8), st.sampled_from(("jpeg", "png")))
def test_damaged_files_end_in_none_or_a_file_and_never_in_an_error(
    place: int, junk: bytes, kind: str
) -> None:
    data = _JPEG if kind == "jpeg" else _PNG
    cut = data[: place % len(data)] + junk + data[place % len(data) + len(junk) :]
    for each in (cut, data[: place % len(data)], data[:4] + junk):
        made = without_metadata(each)
        assert made is None or made.startswith((b"\xff\xd8", b"\x89PNG"))


def _png_bytes() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", exif=_exif(1))
    return buffer.getvalue()


_JPEG, _PNG = _jpeg(), _png_bytes()
