"""What a file is by its first bytes, and whether it is something else besides: before anything is decoded."""

from __future__ import annotations

import re

SIGNATURE_BYTES = 32
"""So many first bytes tell the format."""
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"BM", "BMP"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif")
_HEAD_BYTES = 1024
_ZIP_TAIL_BYTES = 65_557
"""The end record of a ZIP, with the longest comment that it may have."""
_MARKUP = re.compile(rb"<(?:!doctype|html|script|svg|iframe|\?php)|<\?php", re.IGNORECASE)


def image_format(head: bytes) -> str | None:
    """The format of an image file by its beginning, None where it is none that is accepted.

    Args:
        head: the first `SIGNATURE_BYTES` bytes, or more.
    """
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and any(head[at : at + 4] in _HEIF_BRANDS for at in (8, *range(16, 32, 4))):
        return "HEIF"
    return None


def also_is(data: bytes) -> str | None:
    """What else than an image the whole file can be opened as: "PDF", "ZIP" or "HTML"; None for nothing.

    Such a file passes as a photograph here and as a document or an archive elsewhere. PDF readers take a
    header anywhere in the first 1024 bytes, ZIP is read from its end, and browsers that guess look for markup
    at the beginning. What phones put behind a JPEG (a preview, a short film) is none of these.
    """
    head = data[:_HEAD_BYTES]
    if b"%PDF-" in head:
        return "PDF"
    if b"PK\x05\x06" in data[-_ZIP_TAIL_BYTES:] and b"PK\x01\x02" in data:
        return "ZIP"
    return "HTML" if _MARKUP.search(head) else None
