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
PROFILE, EXIF = b"ICC_PROFILE\0", b"Exif\0\0"
ORIENTATION = 0x0112
_EOI, _SOS, _APP0, _APP1, _APP2, _APP14 = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
SHOWN_SEGMENTS = frozenset((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD)) - {0xC8}
"""Of a JPEG (ITU-T T.81, table B.1): frames, tables of Huffman and arithmetic coding, scans, quantization,
the number of lines, and the interval of restarts; not the one that is reserved for extensions.
"""
ADOBE = struct.Struct(">5sHHHB")
"""Adobe's segment (Adobe Technical Note 5116, 18): its name, a version, two flags of how the encoder reduced
colours, and how the colours are transformed, which alone decides what is seen.
"""
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
    place, told = 2, False
    orientation: int | None = None
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
        if marker == _APP1 and payload.startswith(EXIF):
            found = _orientation(payload[len(EXIF) :])
            # Too late for what was written already, or one of two: viewers differ in which they follow.
            if (told and found != 1) or orientation not in (None, found):
                raise _NotThisOne
            orientation = found
        if marker in SHOWN_SEGMENTS and not told:
            if orientation is not None and orientation != 1:
                yield _turned(orientation)
            told = True
        yield _shown(marker, segment)
        place = end
        if marker == _SOS:
            following = _NEXT_MARKER.search(data, place)
            if following is None:
                raise _NotThisOne
            yield data[place : following.start()]
            place = following.start()


def _shown(marker: int, segment: bytes) -> bytes:
    """What a picture needs of a segment; empty where that is nothing."""
    payload = segment[4:]
    if marker in SHOWN_SEGMENTS or (marker == _APP2 and payload.startswith(PROFILE)):
        return segment
    if marker == _APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 14:
        return b"\xff\xe0\x00\x10" + payload[:12] + b"\0\0"
    if marker == _APP14 and payload.startswith(b"Adobe"):
        *_, transform = ADOBE.unpack_from(payload)
        return b"\xff\xee" + struct.pack(">H", 2 + ADOBE.size) + ADOBE.pack(b"Adobe", 100, 0, 0, transform)
    return b""


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
    payload = EXIF + b"II*\0" + struct.pack("<I", 8) + entry
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
