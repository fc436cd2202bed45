"""What a file is by its beginning, and what it is besides."""

from __future__ import annotations

import io
import zipfile

import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from augderm.formats.raster import FORMATS
from augderm.formats.signature import SIGNATURE_BYTES, also_is, image_format
from support.clinic import phantom_jpeg


def _saved(name: str) -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", (64, 64), "tan")
    if name == "HEIF":
        pillow_heif.from_pillow(image).save(buffer)
    else:
        image.save(buffer, name)
    return buffer.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_that_is_read_is_known_by_its_beginning(name: str) -> None:
    data = _saved(name)
    assert image_format(data[:SIGNATURE_BYTES]) == name
    assert also_is(data) is None


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a" + b"\0" * 60, b"%PDF-1.7", b"PK\x03\x04", b"<svg/>", b"MZ\x90"]
)
def test_what_is_no_photograph_is_told(data: bytes) -> None:
    assert image_format(data) is None


def test_a_photograph_that_is_an_archive_a_document_or_a_page_too_is_told() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    photograph = phantom_jpeg()
    assert also_is(photograph + archive.getvalue()) == "ZIP"
    assert also_is(photograph[:20] + b"%PDF-1.4\n" + photograph[20:]) == "PDF"
    assert also_is(photograph[:20] + b"<SCRIPT>alert(1)</script>" + photograph[20:]) == "HTML"


def test_what_phones_put_behind_a_photograph_is_no_second_file() -> None:
    assert also_is(phantom_jpeg() + b"\0\0\0\x18ftypmp42" + b"\0" * 1000) is None
    assert also_is(phantom_jpeg() + phantom_jpeg(1)) is None


@given(st.binary(max_size=2000))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert image_format(data) in {None, *FORMATS}
    assert also_is(data) in {None, "PDF", "ZIP", "HTML"}
