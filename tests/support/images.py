"""Image files of every kind: whole ones, odd ones, and ones that lie."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from augderm.analysis.phantom import PhantomSpec, draw_phantom

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIF")
LOSSLESS = {"PNG": {}, "TIFF": {}, "BMP": {}, "WEBP": {"lossless": True}}
"""Formats that give every pixel back, with the options for it."""
UNDO = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What a camera held that way does to an upright picture, by the EXIF orientation it writes."""


def picture(width: int = 120, height: int = 90) -> Image.Image:
    """A phantom off its centre, which no flip or turn maps to itself."""
    spec = PhantomSpec(
        width_px=width,
        height_px=height,
        center=(0.38, 0.42),
        long_axis_px=0.5 * width,
        short_axis_px=0.4 * height,
        dent=0.4,
        layout="sectors",
    )
    return Image.fromarray(draw_phantom(spec).pixels)


def encode(image: Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of an image file; options as Pillow's `save` takes them."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def held_turned(upright: Image.Image, form: str, orientation: int, **options: Any) -> bytes:
    """The file that a camera held in this orientation writes of an upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    method = UNDO[orientation]
    stored = upright if method is None else upright.transpose(method)
    return encode(stored, form, exif=exif.tobytes(), **options)


def textured(seed: int, width: int = 400, height: int = 300, contrast: float = 25.0) -> NDArray[np.uint8]:
    """Skin-coloured noise with the same contrast in each octave, as sharp photographs have."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    waves = np.fft.rfft2(rng.normal(size=(height, width))) / frequency
    level = np.fft.irfft2(waves, (height, width))
    level *= contrast / level.std()
    skin = level[..., None] + np.array([190.0, 145.0, 125.0])
    pixels: NDArray[np.uint8] = np.clip(skin, 0, 255).astype(np.uint8)
    return pixels


def srgb_profile() -> bytes:
    """An ICC profile that changes nothing."""
    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def swapped_profile() -> bytes:
    """An ICC profile of a device whose red and green are exchanged."""
    return (
        srgb_profile().replace(b"rXYZ", b"????", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"????", b"gXYZ", 1)
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """The PNG with one more chunk behind its header."""
    return png[:33] + chunk(kind, content) + png[33:]


def declares_size(form: str, width: int, height: int) -> bytes:
    """A tiny PNG, BMP or JPEG whose header says that it is width x height."""
    data = encode(Image.new("RGB", (32, 32), "brown"), form)
    if form == "PNG":
        return data[:8] + chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29]) + data[33:]
    if form == "BMP":
        return data[:18] + struct.pack("<ii", width, height) + data[26:]
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]


def zeros_packed(count: int) -> bytes:
    """`count` zero bytes, deflated about a thousandfold."""
    packer = zlib.compressobj(1)
    block = bytes(2**20)
    return b"".join([packer.compress(block) for _ in range(count // 2**20)]) + packer.flush()


def tiff_of_pages(count: int) -> bytes:
    """A grey 64 x 64 TIFF of `count` pages that share their pixels."""
    tags = ((256, 64), (257, 64), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 64), (279, 4096))
    length = 2 + 12 * len(tags) + 4

    def pages() -> Iterator[bytes]:
        for page in range(count):
            yield struct.pack("<H", len(tags))
            yield from (struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
            yield struct.pack("<I", 8 + length * (page + 1) if page < count - 1 else 0)

    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages()) + bytes(range(256)) * 20


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures of one size, in levels of 0..255."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())
