"""Decoding: every accepted kind of file, upright and in sRGB; every hostile one refused."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augderm.domain.errors import InvalidImage, LimitExceeded
from augderm.domain.limits import MAX_SIDE_PX, WORKING_SIDE_PX
from augderm.formats.raster import SUFFIXES, decode_image, from_array, read_file
from support.images import (
    FORMATS,
    LOSSLESS,
    difference,
    encode,
    held_turned,
    picture,
    textured,
    tiff_of_pages,
)

PICTURE = picture()
PIXELS = np.asarray(PICTURE)
FILES = {form: encode(picture(48, 36), form) for form in FORMATS}


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
