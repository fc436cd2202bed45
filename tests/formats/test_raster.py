"""Decoding: every accepted kind of file, upright and in sRGB; every hostile one refused."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from augderm.domain.errors import InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_SIDE_PX, MIN_SIDE_PX, WORKING_SIDE_PX
from augderm.formats import raster
from augderm.formats.raster import ACCEPTED, SUFFIXES, decode_image, from_array, read_file
from support.images import (
    FORMATS,
    LOSSLESS,
    declares_size,
    encode,
    held_turned,
    picture,
    srgb_profile,
    swapped_profile,
    textured,
    tiff_of_pages,
    with_chunk,
    zeros_packed,
)

PICTURE = picture()
PIXELS = np.asarray(PICTURE)
FILES = {form: encode(picture(48, 36), form) for form in FORMATS}


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


# --- the accepted formats ---


@pytest.mark.parametrize("form", FORMATS)
def test_every_accepted_format_is_decoded(form: str) -> None:
    decoded = decode_image(encode(PICTURE, form))
    assert decoded.pixels.dtype == np.uint8
    assert (decoded.width_px, decoded.height_px) == PICTURE.size
    assert difference(decoded.pixels, PIXELS) < 4
    assert decoded.notes == ()


@pytest.mark.parametrize("form", LOSSLESS)
def test_a_lossless_file_gives_its_very_pixels(form: str) -> None:
    decoded = decode_image(encode(PICTURE, form, **LOSSLESS[form]))
    np.testing.assert_array_equal(decoded.pixels, PIXELS)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_compressed_tiffs_are_decoded(compression: str) -> None:
    decoded = decode_image(encode(PICTURE, "TIFF", compression=compression))
    assert difference(decoded.pixels, PIXELS) < 4


def test_the_sha256_is_that_of_the_bytes() -> None:
    import hashlib

    data = FILES["PNG"]
    assert decode_image(data).sha256 == hashlib.sha256(data).hexdigest()


def test_the_scale_is_handed_through() -> None:
    assert decode_image(FILES["PNG"], mm_per_px=0.02).mm_per_px == 0.02


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_every_orientation_gives_the_same_upright_pixels(form: str, orientation: int) -> None:
    decoded = decode_image(held_turned(PICTURE, form, orientation, **LOSSLESS.get(form, {})))
    assert (decoded.width_px, decoded.height_px) == PICTURE.size
    assert difference(decoded.pixels, PIXELS) < (0.01 if form in LOSSLESS else 4)


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_a_compressed_tiff_is_turned_once(compression: str, orientation: int) -> None:
    decoded = decode_image(held_turned(PICTURE, "TIFF", orientation, compression=compression))
    np.testing.assert_array_equal(decoded.pixels, PIXELS)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_big_turned_jpeg_has_its_upright_size(orientation: int) -> None:
    big = Image.fromarray(textured(0, 2000, 1000))
    decoded = decode_image(held_turned(big, "JPEG", orientation))
    assert (decoded.width_px, decoded.height_px) == (2000, 1000)
    assert decoded.pixels.shape == (400, 800, 3)
    assert decoded.reduction == 2.5


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_counts_as_upright(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    decoded = decode_image(encode(PICTURE, "JPEG", exif=exif.tobytes()))
    assert difference(decoded.pixels, PIXELS) < 4


def test_a_damaged_exif_block_does_not_cost_the_image() -> None:
    for exif in (b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"):
        decoded = decode_image(encode(PICTURE, "JPEG", exif=exif))
        assert difference(decoded.pixels, PIXELS) < 4


# --- reduction ---


@pytest.mark.parametrize("size", [(2400, 1800), (3001, 1999), (1000, 2500)])
def test_a_big_jpeg_is_decoded_close_to_a_full_decode(size: tuple[int, int]) -> None:
    data = encode(Image.fromarray(textured(1, *size)), "JPEG", quality=90)
    decoded = decode_image(data)
    assert (decoded.width_px, decoded.height_px) == size
    assert max(decoded.pixels.shape) == WORKING_SIDE_PX
    assert decoded.reduction == pytest.approx(max(size) / WORKING_SIDE_PX, rel=0.002)
    with Image.open(io.BytesIO(data)) as image:
        full = image.resize(decoded.pixels.shape[1::-1], Image.Resampling.BILINEAR)
    assert difference(decoded.pixels, np.asarray(full)) < 2


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "CMYK"])
def test_every_mode_is_reduced(mode: str) -> None:
    image = picture(1600, 400).convert(mode)
    decoded = decode_image(encode(image, "TIFF"))
    assert decoded.pixels.shape == (200, 800, 3)
    assert (decoded.width_px, decoded.height_px) == (1600, 400)


def test_an_image_at_working_size_is_left_alone() -> None:
    image = picture(WORKING_SIDE_PX, 300)
    np.testing.assert_array_equal(decode_image(encode(image, "PNG")).pixels, np.asarray(image))


# --- pixel kinds ---


def test_grey_gives_three_equal_channels() -> None:
    decoded = decode_image(encode(PICTURE.convert("L"), "JPEG"))
    assert np.ptp(decoded.pixels, axis=2).max() == 0
    assert difference(decoded.pixels[..., 0], np.asarray(PICTURE.convert("L"))) < 4


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP"])
def test_one_bit_images_are_black_and_white(form: str) -> None:
    bits = PICTURE.convert("1")
    decoded = decode_image(encode(bits, form))
    np.testing.assert_array_equal(decoded.pixels[..., 1], np.asarray(bits) * np.uint8(255))


def grey16() -> NDArray[np.uint16]:
    return np.asarray(PICTURE.convert("L")).astype(np.uint16) * 257


def tiff(levels: NDArray[np.generic], **options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, levels, **options)
    return file.getvalue()


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


def see_through() -> Image.Image:
    image = PICTURE.convert("RGBA")
    half = np.zeros(PIXELS.shape[:2], np.uint8)
    half[:, :60] = 255
    image.putalpha(Image.fromarray(half))
    return image


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


# --- colour profiles ---


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


# --- several pictures in one file ---


def test_the_first_picture_of_an_mpo_is_read() -> None:
    data = encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(180)])
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "MPO"
    assert difference(decode_image(data).pixels, PIXELS) < 4


@pytest.mark.parametrize(("form", "kind"), [("PNG", "frames"), ("WEBP", "frames"), ("TIFF", "pages")])
def test_animations_and_pages_are_refused_with_their_number(form: str, kind: str) -> None:
    others = [PICTURE.rotate(90), PICTURE.rotate(180)]
    with pytest.raises(InvalidImage, match=rf"3 {kind}.*single image"):
        decode_image(encode(PICTURE, form, save_all=True, append_images=others))


def test_an_endless_chain_of_pages_is_not_counted_to_its_end() -> None:
    with pytest.raises(InvalidImage, match=r"7 pages"):
        decode_image(tiff_of_pages(7))
    with pytest.raises(InvalidImage, match=r"more than 100 pages"):
        decode_image(tiff_of_pages(5000))


def test_a_tiff_of_one_page_is_read() -> None:
    assert decode_image(tiff_of_pages(1)).pixels.shape == (64, 64, 3)


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


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    assert try_decoding(data) is None


SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"RIFF\0\1\0\0WEBPVP8 ", b"BM")


@settings(max_examples=80, deadline=None)
@given(st.sampled_from((*SIGNATURES, b"\0\0\0\x18ftypheic")), st.binary(max_size=300))
def test_random_bytes_behind_a_signature_never_raise_anything_else(signature: bytes, data: bytes) -> None:
    try_decoding(signature + data)


@settings(max_examples=300, deadline=None)
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


# --- files ---


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lesion.jpg"
    path.write_bytes(FILES["JPEG"])
    assert read_file(path) == FILES["JPEG"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_wrong_ending_is_decoded_by_content(tmp_path: Path, form: str) -> None:
    for ending in (".jpg", ".txt", ""):
        path = tmp_path / f"lesion{ending}"
        path.write_bytes(FILES[form])
        assert decode_image(read_file(path)).pixels.shape == (36, 48, 3)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(InvalidImage, match=r"no such file.*path"):
        read_file(Path("/nowhere/lesion.jpg"))
    with pytest.raises(InvalidImage):
        read_file(Path("null\0byte.jpg"))
    with pytest.raises(InvalidImage, match="cannot be read"):
        read_file(Path("n" * 5000))


def test_a_folder_and_a_device_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(InvalidImage, match=r"not a plain file.*image file"):
            read_file(path)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(InvalidImage, match=r"empty \(0 bytes\).*anew"):
        read_file(path)


def test_a_large_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    with path.open("wb") as file:
        file.truncate(400 * 2**20)  # sparse: takes no room on the disk
    with pytest.raises(LimitExceeded, match=r"400 MB, the limit is 384 MB; export"):
        read_file(path)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything, so drop to nobody for a while; others stay who they are."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_without_permission_is_told() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        path = folder / "secret.jpg"
        path.write_bytes(FILES["JPEG"])
        path.chmod(0)
        with as_nobody(), pytest.raises(InvalidImage, match=r"no permission.*mode"):
            read_file(path)
        path.chmod(0o644)
        folder.chmod(0)
        with as_nobody(), pytest.raises(InvalidImage, match=r"no permission|no such file"):
            read_file(path)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_the_endings_name_every_accepted_format() -> None:
    assert {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".heic"} <= SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)


# --- arrays ---


def test_an_array_gives_the_same_as_its_lossless_file() -> None:
    for pixels in (PIXELS, np.asarray(picture(1601, 903))):
        taken, decoded = from_array(pixels), decode_image(encode(Image.fromarray(pixels), "PNG"))
        np.testing.assert_array_equal(taken.pixels, decoded.pixels)
        assert (taken.width_px, taken.height_px) == (decoded.width_px, decoded.height_px)


def test_a_view_of_an_array_counts_like_its_copy() -> None:
    view = PIXELS[:, ::-1]
    assert from_array(view) is not None
    np.testing.assert_array_equal(from_array(view).pixels, view)
    assert from_array(view).sha256 == from_array(view.copy()).sha256 != from_array(PIXELS).sha256


def test_later_changes_of_the_array_do_not_reach_the_image() -> None:
    mine = PIXELS.copy()
    taken = from_array(mine)
    mine[:] = 0
    np.testing.assert_array_equal(taken.pixels, PIXELS)


def test_an_array_of_another_kind_is_the_callers_fault() -> None:
    with pytest.raises(TypeError, match=r"float64.*uint8"):
        from_array(PIXELS / 255)  # type: ignore[arg-type]
    for wrong in (PIXELS[..., 0], np.zeros((40, 40, 4), np.uint8)):
        with pytest.raises(ValueError, match=r"shape.*RGB"):
            from_array(wrong)


def test_an_array_meets_the_limits_of_a_file() -> None:
    with pytest.raises(LimitExceeded):
        from_array(np.zeros((0, 0, 3), np.uint8))
    with pytest.raises(LimitExceeded):
        from_array(np.broadcast_to(np.uint8(0), (20, MAX_SIDE_PX + 1, 3)))
    with pytest.raises(InvalidImage, match="black"):
        from_array(np.zeros((40, 40, 3), np.uint8))
