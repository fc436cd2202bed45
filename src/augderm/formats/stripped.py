"""A photograph's file without what the camera wrote: same pixels, same compression, nothing decoded.

For whom a picture is shared with, and not its file: no place, day, device, name, comment or small picture of
before a crop. What stays is what a browser needs to show it right: dimensions, the colour profile, and how it
is to be turned.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
SHOWN_CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"))
"""Of a PNG (W3C PNG, third edition, clause 11): what its pixels are."""
PROFILE = b"ICC_PROFILE\0"
ORIENTATION = 0x0112
_SOI, _EOI, _SOS, _COM, _APP0, _APP1, _APP2, _APP14, _APP15 = (
    0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF,
)  # fmt: skip
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""In coded data: anything but a stuffed byte and the marks for a restart (ITU-T T.81, B.1.1.5)."""


def without_metadata(data: bytes) -> bytes | None:
    """The file with its pixels alone.

    Args:
        data: a JPEG or PNG that was decoded before.

    Returns:
        None where it is neither, is damaged, or cannot be turned right without what would be left out.
    """
    try:
        if data.startswith(JPEG):
            return b"".join(_jpeg(data))
        if data.startswith(PNG):
            return b"".join(_png(data))
    except (struct.error, IndexError, _NotThisOne):
        return None
    return None


class _NotThisOne(Exception):
    """A file that this cannot be done with."""


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Segments up to the end of the first image; what phones put behind it is left out too."""
    yield b"\xff\xd8"
    place, orientation, told = 2, 1, False
    while True:
        if data[place] != 0xFF:
            raise _NotThisOne
        while data[place + 1] == 0xFF:
            place += 1
        marker = data[place + 1]
        if marker == _EOI:
            yield b"\xff\xd9"
            return
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise _NotThisOne
        segment, payload = data[place:end], data[place + 4 : end]
        if marker == _APP1 and payload.startswith(b"Exif\0\0"):
            orientation = _orientation(payload[6:])
        elif marker == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 14:
            yield b"\xff\xe0\x00\x10" + payload[:12] + b"\0\0"
        elif not (_APP0 <= marker <= _APP15 or marker == _COM):
            if not told and orientation != 1:
                yield _turned(orientation)
            told = True
            yield segment
        elif marker == _APP14 or (marker == _APP2 and payload.startswith(PROFILE)):
            yield segment
        place = end
        if marker == _SOS:
            found = _NEXT_MARKER.search(data, place)
            if found is None:
                raise _NotThisOne
            yield data[place : found.start()]
            place = found.start()


def _orientation(tiff: bytes) -> int:
    """Of the first directory of EXIF (CIPA DC-008, 4.6); 1 where it says none, or none that exists."""
    order = "<" if tiff.startswith(b"II") else ">"
    (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    for number in range(count):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, offset + 2 + 12 * number)
        if tag == ORIENTATION and kind == 3:
            return value if 1 <= value <= 8 else 1
    return 1


def _turned(orientation: int) -> bytes:
    """An EXIF segment that says how the picture is turned, and nothing else."""
    entry = struct.pack("<HHHIHHI", 1, ORIENTATION, 3, 1, orientation, 0, 0)
    payload = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + entry
    return struct.pack(">BBH", 0xFF, _APP1, len(payload) + 2) + payload


def _png(data: bytes) -> Iterator[bytes]:
    yield PNG
    place = len(PNG)
    while True:
        (length,) = struct.unpack_from(">I", data, place)
        kind, end = data[place + 4 : place + 8], place + 12 + length
        if end > len(data):
            raise _NotThisOne
        if kind == b"eXIf" and _orientation(data[place + 8 : end - 4]) != 1:
            raise _NotThisOne
        if kind in SHOWN_CHUNKS:
            yield data[place:end]
        if kind == b"IEND":
            return
        place = end
