"""Bytes of a photograph to upright sRGB pixels, safely.

The file's content decides its format, never its name. Nothing is decoded before its declared size
has passed the limits.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile

from augderm.domain.dermoscopy import Dermoscopy
from augderm.domain.errors import InvalidImage, LimitExceeded
from augderm.domain.limits import (
    MAX_FILE_BYTES,
    MAX_IMAGE_PIXELS,
    MAX_SIDE_PX,
    MIN_LEVEL_RANGE,
    MIN_SIDE_PX,
    WORKING_SIDE_PX,
)

FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIF")
"""Pillow's names of the accepted formats. Its JPEG opener also reads MPO, a JPEG with a preview
behind it, as many phones write it."""
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", ".heic", ".heif"}
)
"""Endings that a folder is searched for."""
ACCEPTED = "JPEG, PNG, TIFF, WebP, BMP and HEIC"

COUNTED_PAGES = 100
"""Pages of a TIFF that are counted; a file with more is refused without counting on."""

_SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I")
MAX_12_BIT_LEVEL = 4095
"""Highest level of a camera of 12 bits, which many store in 16 without stretching."""
_DIRECT_MODES = ("RGB", "L", "P", "1", "RGBA", "LA", "PA", "CMYK", "YCbCr", "RGBX")

pillow_heif.register_heif_opener(thumbnails=False)


def read_file(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        InvalidImage: it does not exist, may not be read, is no plain file, or is empty.
        LimitExceeded: it is larger than `MAX_FILE_BYTES`.
    """
    try:
        if not path.exists():
            raise InvalidImage("There is no such file; check the path.")
        if not path.is_file():
            raise InvalidImage("This is not a plain file; give an image file or a folder.")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise LimitExceeded(
                f"The file has {size / 2**20:.0f} MB, the limit is {MAX_FILE_BYTES // 2**20} MB; "
                "export it smaller or as JPEG."
            )
        data = path.read_bytes()
    except ValueError:
        raise InvalidImage("The path holds a character that no file name has; check the list.") from None
    except PermissionError:
        raise InvalidImage("The file may not be read: no permission; change its owner or mode.") from None
    except OSError as error:
        raise InvalidImage(f"The file cannot be read ({error.strerror}); copy it anew.") from None
    if not data:
        raise InvalidImage("The file is empty (0 bytes); copy or export it anew.")
    return data


def decode_image(
    data: bytes, *, mm_per_px: float | None = None, longest_px: int = WORKING_SIDE_PX
) -> Dermoscopy:
    """Decode a photograph to upright sRGB, reduced to `longest_px` on its long side.

    Large JPEGs are decoded at a fraction of their size (DCT scaling), which is 2 to 5 times as
    fast. Alpha is laid over white; 16-bit grey is reduced to 8 bits; an embedded ICC profile is
    applied.

    Args:
        data: the file's bytes.
        mm_per_px: length of a pixel of the file, in millimetres, where it is known.
        longest_px: the long side that larger pictures are reduced to.

    Raises:
        InvalidImage: no image of the accepted formats, truncated, an animation, or without content.
        LimitExceeded: larger or smaller than the limits.
    """
    if len(data) > MAX_FILE_BYTES:
        raise LimitExceeded(
            f"The image has {len(data) / 2**20:.0f} MB, the limit is {MAX_FILE_BYTES // 2**20} MB; "
            "export it smaller or as JPEG."
        )
    notes: list[str] = []
    try:
        with warnings.catch_warnings():
            # Our own limits speak first and in full sentences; Pillow's warning would only repeat.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_header(image)
                pixels, size = _to_pixels(image, notes, longest_px)
    except (InvalidImage, LimitExceeded):
        raise
    except Image.DecompressionBombError:
        raise LimitExceeded(
            f"The file declares more than {MAX_IMAGE_PIXELS // 10**6} million pixels, the limit; "
            "export it smaller."
        ) from None
    except UnidentifiedImageError:
        raise InvalidImage(
            f"This is not an image that can be read; accepted are {ACCEPTED}. Export it as JPEG or PNG."
        ) from None
    except MemoryError:
        raise LimitExceeded("There is not enough memory to decode this image; export it smaller.") from None
    except Exception as error:
        # Pillow's decoders raise a wide family (OSError, SyntaxError, ValueError, struct.error, ...)
        # on hostile bytes; whichever it is, the file is the cause.
        raise InvalidImage(f"The file is damaged or truncated ({error}); copy or export it anew.") from None
    _check_content(pixels)
    return Dermoscopy(
        pixels=pixels,
        width_px=size[0],
        height_px=size[1],
        sha256=hashlib.sha256(data).hexdigest(),
        mm_per_px=mm_per_px,
        notes=tuple(notes),
    )


def from_array(
    pixels: NDArray[np.uint8], *, mm_per_px: float | None = None, longest_px: int = WORKING_SIDE_PX
) -> Dermoscopy:
    """Take pixels that are decoded already, with the same limits as a file.

    Args:
        pixels: (H, W, 3) uint8, sRGB, upright.
        mm_per_px: length of a pixel in millimetres, where it is known.
        longest_px: as `decode_image`.

    Raises:
        TypeError, ValueError: another dtype or shape.
        InvalidImage, LimitExceeded: as `decode_image`.
    """
    if pixels.dtype != np.uint8:
        raise TypeError(f"pixels have dtype {pixels.dtype}; give uint8 in 0..255, sRGB")
    if pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"pixels have shape {pixels.shape}; give (height, width, 3), RGB")
    height, width = pixels.shape[:2]
    check_size(width, height)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    reduced = np.asarray(_reduced(image, longest_px))
    _check_content(reduced)
    return Dermoscopy(
        pixels=reduced,
        width_px=width,
        height_px=height,
        sha256=hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest(),
        mm_per_px=mm_per_px,
    )


def _check_header(image: Image.Image) -> None:
    check_size(*image.size)
    if image.format in ("MPO", "HEIF"):
        return  # further frames are previews or companions of the same photograph
    if isinstance(image, TiffImageFile):
        pages = _count_pages(image)
        if pages > 1:
            number = f"more than {COUNTED_PAGES}" if pages > COUNTED_PAGES else pages
            raise InvalidImage(f"The file holds {number} pages, one is read; export a single image.")
        return
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InvalidImage(
            f"The file holds {frames} frames (an animation), one is read; export a single image."
        )


def _count_pages(image: TiffImageFile) -> int:
    """Pages of a TIFF up to `COUNTED_PAGES` + 1: each is a link of a chain that may be endless."""
    for page in range(1, COUNTED_PAGES + 1):
        try:
            image.seek(page)
        except EOFError:
            image.seek(0)
            return page
    return COUNTED_PAGES + 1


def check_size(width: int, height: int) -> None:
    """Hold an image's declared size against the limits.

    Raises:
        LimitExceeded: it is larger or smaller.
    """
    if width > MAX_SIDE_PX or height > MAX_SIDE_PX or width * height > MAX_IMAGE_PIXELS:
        raise LimitExceeded(
            f"The image is {width} x {height} pixels; the limits are {MAX_SIDE_PX} pixels a side and "
            f"{MAX_IMAGE_PIXELS // 10**6} million in all. Export it smaller."
        )
    if min(width, height) < MIN_SIDE_PX:
        raise LimitExceeded(
            f"The image is {width} x {height} pixels, the least is {MIN_SIDE_PX} a side; "
            "give the original photograph, not a thumbnail."
        )


def _check_content(pixels: NDArray[np.uint8]) -> None:
    low, high = int(pixels.min()), int(pixels.max())
    if high - low < MIN_LEVEL_RANGE:
        shade = "black" if high < 32 else "white" if low > 223 else "of one colour"
        raise InvalidImage(
            f"The image is {shade} all over (levels {low} to {high} of 255, the least range is "
            f"{MIN_LEVEL_RANGE}): there is nothing to see. Take the photograph again."
        )


def _to_pixels(
    image: Image.Image, notes: list[str], longest_px: int
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Upright sRGB pixels at working size, and the unreduced upright size (width, height)."""
    width, height = image.size
    icc = image.info.get("icc_profile")
    orientation = _orientation(image)
    if image.format in ("JPEG", "MPO"):
        image.draft(None, working_size(width, height, longest_px))
    image.load()
    if image.format == "HEIF":
        # A HEIF states its size again in the coded picture, and that one counts.
        width, height = image.size
        check_size(width, height)
    reduced = _reduced(_unpacked(_eight_bit(image, notes)), longest_px)
    upright = reduced if orientation == 1 else ImageOps.exif_transpose(_tagged(reduced, orientation))
    rgb = _to_srgb(_over_white(upright, notes), icc, notes)
    size = (height, width) if orientation >= 5 else (width, height)
    return np.asarray(rgb), size


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation 1..8; a damaged EXIF block counts as upright."""
    if image.format in ("HEIF", "TIFF"):
        return 1  # their openers turn the image themselves
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # hostile EXIF may raise anything; the pixels are still good
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _tagged(image: Image.Image, orientation: int) -> Image.Image:
    """A copy that carries nothing but the orientation, for `exif_transpose`."""
    bare = image.copy()
    bare.info = {}
    bare.getexif()[0x0112] = orientation
    return bare


def working_size(width: int, height: int, longest_px: int = WORKING_SIDE_PX) -> tuple[int, int]:
    """Width and height that an image of this size is reduced to."""
    factor = min(1.0, longest_px / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def _reduced(image: Image.Image, longest_px: int) -> Image.Image:
    size = working_size(*image.size, longest_px)
    if size == image.size:
        return image
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _eight_bit(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode in _SIXTEEN_BIT_MODES:
        # 32-bit modes hold 16-bit levels; clipped before they get small, and in place to save memory.
        levels = np.asarray(image)
        if levels.dtype != np.uint16:
            levels = levels.clip(0, 65535).astype(np.uint16)
        if isinstance(image, TiffImageFile) and image.tag_v2.get(PHOTOMETRIC_INTERPRETATION) == 0:
            levels = np.uint16(65535) - levels  # 0 is white; Pillow turns only 8-bit levels
        if int(levels.max()) <= MAX_12_BIT_LEVEL:
            notes.append("The levels use 12 bits of 16; they were taken as 12-bit grey.")
            return Image.fromarray((levels >> 4).astype(np.uint8))
        notes.append("16-bit grey levels were reduced to 8 bits.")
        return Image.fromarray((levels >> 8).astype(np.uint8))
    if image.mode not in _DIRECT_MODES:
        raise InvalidImage(
            f"The pixel type {image.mode} is not read; export the image as 8-bit RGB (JPEG or PNG)."
        )
    return image


def _unpacked(image: Image.Image) -> Image.Image:
    """One value per pixel and channel, which can be averaged: no palette, bits or transparent key."""
    if image.mode == "PA" or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGB") if image.mode in ("P", "YCbCr", "RGBX") else image


def _over_white(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode in ("RGBA", "LA"):
        layered = image.convert("RGBA")
        if np.asarray(layered.getchannel("A")).min() < 255:
            notes.append("Transparent parts were laid over white.")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image


def _to_srgb(image: Image.Image, icc: bytes | None, notes: list[str]) -> Image.Image:
    if icc and image.mode in ("RGB", "CMYK", "L"):
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(
                image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append(
                "The embedded colour profile is damaged or of another kind of image and was ignored: "
                "colours may be off."
            )
        else:
            if converted is not None:
                return converted
    if image.mode == "CMYK":
        notes.append("CMYK colours without a profile were converted by rule: colours may be off.")
    return image.convert("RGB")
