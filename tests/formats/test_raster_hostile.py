"""Hostile and impossible files: refused with a reason, and never at the cost of memory or time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_SIDE_PX, MIN_SIDE_PX
from augderm.formats import raster
from augderm.formats.raster import ACCEPTED, decode_image
from support.images import (
    FORMATS,
    declares_size,
    encode,
    picture,
    with_chunk,
    zeros_packed,
)

PICTURE = picture()
FILES = {form: encode(picture(48, 36), form) for form in FORMATS}


# --- what is no image ---


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("lesion.jpg", FILES["JPEG"])
    return file.getvalue()


NO_IMAGES = {
    "empty": b"",
    "text": b"The lesion is on the left arm.\n" * 20,
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "zip": zipped(),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>0</script></svg>',
    "html": b"<!doctype html><html><body><img src=x onerror=alert(1)></body></html>",
    "dicom": bytes(128) + b"DICM" + bytes(64),
    "psd": b"8BPS\0\1" + bytes(200),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\n",
    "gif": encode(PICTURE, "GIF"),
    "animated gif": encode(PICTURE, "GIF", save_all=True, append_images=[PICTURE.rotate(90)]),
    "ppm": encode(PICTURE, "PPM"),
    "pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_no_image_is_refused_with_the_accepted_formats(name: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        decode_image(NO_IMAGES[name])
    assert ACCEPTED in str(caught.value)
    assert "Export" in str(caught.value)


@pytest.mark.parametrize("form", FORMATS)
def test_a_bare_signature_is_refused(form: str) -> None:
    for length in (2, 4, 8, 12, 16):
        with pytest.raises(InvalidImage):
            decode_image(FILES[form][:length])


def try_decoding(data: bytes) -> NDArray[np.uint8] | None:
    """The pixels, or None where the file is refused; any other error fails the test."""
    try:
        return decode_image(data).pixels
    except (InvalidImage, LimitExceeded):
        return None


@pytest.mark.parametrize("form", FORMATS)
def test_a_truncated_file_is_refused_and_never_half_a_picture(form: str) -> None:
    data = FILES[form]
    whole = decode_image(data).pixels
    lengths = sorted({*range(0, min(len(data), 80)), *np.linspace(80, len(data) - 1, 160).astype(int)})
    refused = 0
    for length in lengths:
        pixels = try_decoding(data[:length])
        if pixels is None:
            refused += 1
        else:
            # What was cut off may be no more than a closing mark.
            np.testing.assert_array_equal(pixels, whole)
    assert refused > 0.8 * len(lengths)


def test_a_truncated_progressive_jpeg_never_raises_anything_else() -> None:
    data = encode(picture(200, 150), "JPEG", progressive=True, quality=95)
    for length in range(0, len(data), max(1, len(data) // 100)):
        try_decoding(data[:length])


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_truncated_compressed_tiff_never_raises_anything_else(compression: str) -> None:
    data = encode(picture(48, 36), "TIFF", compression=compression)
    for length in range(0, len(data), max(1, len(data) // 100)):
        try_decoding(data[:length])


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    assert try_decoding(data) is None


SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"RIFF\0\1\0\0WEBPVP8 ", b"BM")


@settings(max_examples=80)
@given(st.sampled_from((*SIGNATURES, b"\0\0\0\x18ftypheic")), st.binary(max_size=300))
def test_random_bytes_behind_a_signature_never_raise_anything_else(signature: bytes, data: bytes) -> None:
    try_decoding(signature + data)


@settings(max_examples=300)
@given(st.sampled_from(FORMATS), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_flipped_bytes_never_raise_anything_else(form: str, flips: list[tuple[float, int]]) -> None:
    data = bytearray(FILES[form])
    for at, value in flips:
        # Squared: the headers at the start deserve most of the flips.
        data[min(len(data) - 1, int(at * at * len(data)))] = value
    try_decoding(bytes(data))


# --- limits ---


@pytest.mark.parametrize("form", ["PNG", "BMP", "JPEG"])
def test_a_huge_declared_size_is_refused_with_the_limit(form: str) -> None:
    with pytest.raises(LimitExceeded, match=r"million.*[Ee]xport it smaller"):
        decode_image(declares_size(form, 60_000, 60_000))
    with pytest.raises(LimitExceeded, match=rf"{MAX_SIDE_PX + 1} x 20 pixels.*{MAX_SIDE_PX}"):
        decode_image(declares_size(form, MAX_SIDE_PX + 1, 20))
    with pytest.raises(LimitExceeded, match=r"12001 x 10000 .*120 million"):
        decode_image(declares_size(form, 12_001, 10_000))


@pytest.mark.parametrize("form", ["PNG", "BMP"])
def test_impossible_declared_sizes_never_raise_anything_else(form: str) -> None:
    for width, height in ((0, 0), (0, 32), (2**31 - 1, 2**31 - 1), (2**31 - 1, 1)):
        assert try_decoding(declares_size(form, width, height)) is None


CHILD = """
import resource, sys
from pathlib import Path
from augderm.domain.errors import AugDermError
from augderm.formats.raster import decode_image, read_file
files = [Path(name) for name in sys.argv[1:]]
decode_image(files[0].read_bytes())  # loads every plugin
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for file in files[1:]:
    try:
        decode_image(read_file(file))
        print("decoded", end=" ")
    except AugDermError as error:
        print(type(error).__name__, end=" ")
    print(file.name, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_bombs_are_refused_without_growth_of_memory(tmp_path: Path) -> None:
    png = FILES["PNG"]
    packed = zeros_packed(256 * 2**20)
    bombs = {f"size.{form}": declares_size(form, 60_000, 60_000) for form in ("PNG", "BMP", "JPEG")} | {
        "zTXt": with_chunk(png, b"zTXt", b"Comment\0\0" + packed),
        "iTXt": with_chunk(png, b"iTXt", b"Comment\0\1\0\0\0" + packed),
        "iCCP": with_chunk(png, b"iCCP", b"profile\0\0" + packed),
        "IDAT": with_chunk(png, b"IDAT", packed),
    }
    (tmp_path / "whole").write_bytes(FILES["JPEG"])
    for name, data in bombs.items():
        (tmp_path / name).write_bytes(data)
    names = [str(tmp_path / name) for name in ("whole", *bombs)]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *names],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [name for _, name, _ in lines] == list(bombs)
    for outcome, name, growth_mb in lines:
        assert int(growth_mb) < 60, (name, growth_mb)
        if name.startswith("size"):
            assert outcome == "LimitExceeded"
        elif name != "IDAT":
            assert outcome == "InvalidImage"


@pytest.mark.parametrize("size", [(1, 1), (MIN_SIDE_PX - 1, 400), (400, 3)])
def test_a_tiny_image_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(LimitExceeded, match=rf"{size[0]} x {size[1]} pixels.*{MIN_SIDE_PX}.*original"):
        decode_image(encode(Image.new("RGB", size, "brown"), "PNG"))


def test_the_smallest_allowed_image_is_read() -> None:
    image = picture(100, 100).resize((MIN_SIDE_PX, MIN_SIDE_PX))
    assert decode_image(encode(image, "PNG")).pixels.shape == (MIN_SIDE_PX, MIN_SIDE_PX, 3)


@pytest.mark.parametrize(
    ("colour", "word"), [("black", "black"), ("white", "white"), ((120, 120, 124), "one colour")]
)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_an_image_without_content_is_refused(form: str, colour: str, word: str) -> None:
    with pytest.raises(InvalidImage, match=rf"{word}.*nothing to see.*again"):
        decode_image(encode(Image.new("RGB", (200, 150), colour), form))


def test_a_wholly_transparent_image_is_refused_as_white() -> None:
    image = PICTURE.convert("RGBA")
    image.putalpha(0)
    with pytest.raises(InvalidImage, match="white"):
        decode_image(encode(image, "PNG"))


def test_too_many_bytes_are_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "MAX_FILE_BYTES", 100)
    with pytest.raises(LimitExceeded, match=r"limit is.*export it smaller"):
        decode_image(FILES["PNG"])
