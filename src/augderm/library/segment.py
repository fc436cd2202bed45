"""One segment of a library: vectors, cases and thumbnails of up to 10,000 rows, written once.

vectors.npy      (n, E) float32 of unit length; a removed case's row is 0
kinds.npy        (n,) uint8: 0 removed, 1 dermoscopic, 2 clinical
cases.jsonl      a line a row, `null` for a removed one
offsets.npy      (n + 1,) int64: where each line begins, and the end
thumbnails.bin   WebP files one after the other; a case's line says where its own lies, and its sha256
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from augderm.analysis.nearest import UNIT_TOLERANCE, Vectors
from augderm.domain.errors import InvalidLibrary
from augderm.domain.limits import MAX_CASE_BYTES, MAX_THUMBNAIL_BYTES, MAX_THUMBNAIL_SIDE_PX
from augderm.domain.similar import KnownCase
from augderm.domain.taxonomy import CODES
from augderm.library.manifest import UNHASHED, FileFacts, Segment, check_file, sync_folder, write_durably

REMOVED = 0
KIND_OF = {"dermoscopic": 1, "clinical": 2}
_OPTIONAL_TEXT = ("confirmed_by", "sex", "site")
_TEXT = ("image", "dataset", "group", "sha256", "diagnosis")
_KEYS = {field.name for field in fields(KnownCase)}


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A case with its vector (E,) float32 of unit length and its thumbnail, a WebP; None: removed."""

    case: KnownCase | None
    vector: Vectors
    thumbnail: bytes = b""


def write_segment(folder: Path, name: str, rows: Sequence[Row]) -> Segment:
    """Write a segment into a folder of its own, renamed to `name` when all of it is on disk.

    Raises:
        OSError: it cannot be written; what was is left under a partial name.
    """
    partial = folder / f"partial-{name}"
    partial.mkdir()
    lines, thumbnails, at = [], [], 0
    for row in rows:
        lines.append(_line(row, at))
        thumbnails.append(row.thumbnail if row.case else b"")
        at += len(thumbnails[-1])
    kinds = [KIND_OF[row.case.modality] if row.case else REMOVED for row in rows]
    contents = {
        "vectors.npy": _npy(
            np.stack([row.vector if row.case else np.zeros_like(row.vector) for row in rows])
        ),
        "kinds.npy": _npy(np.array(kinds, np.uint8)),
        "offsets.npy": _npy(np.cumsum([0, *map(len, lines)], dtype=np.int64)),
        "cases.jsonl": b"".join(lines),
        "thumbnails.bin": b"".join(thumbnails),
    }
    files = {file: write_durably(partial / file, data) for file, data in contents.items()}
    files[UNHASHED] = FileFacts(files[UNHASHED].bytes, "")
    sync_folder(partial)
    partial.rename(folder / name)
    return Segment(name, len(rows), files)


def _line(row: Row, thumbnail_at: int) -> bytes:
    if row.case is None:
        return b"null\n"
    sha256 = hashlib.sha256(row.thumbnail).hexdigest()
    thumbnail = {"start": thumbnail_at, "bytes": len(row.thumbnail), "sha256": sha256}
    return json.dumps({**asdict(row.case), "thumbnail": thumbnail}).encode() + b"\n"


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


class OpenSegment:
    """A segment whose files were checked; lines and thumbnails are read when they are asked for."""

    def __init__(self, folder: Path, segment: Segment, embedding_size: int) -> None:
        """Check and map the files.

        Raises:
            InvalidLibrary: a file is missing, changed, or holds something else than the manifest says.
        """
        self.place = folder / segment.folder
        for name, facts in segment.files.items():
            check_file(self.place / name, facts)
        rows = segment.rows
        self.vectors = self._mapped("vectors.npy", np.float32, (rows, embedding_size))
        self.kinds: NDArray[np.uint8] = np.array(self._mapped("kinds.npy", np.uint8, (rows,)))
        self._offsets = np.array(self._mapped("offsets.npy", np.int64, (rows + 1,)))
        size = segment.files["cases.jsonl"].bytes
        lengths = np.diff(self._offsets)
        if self._offsets[0] != 0 or self._offsets[-1] != size or not (lengths > 0).all():
            raise self._broken("offsets.npy does not fit cases.jsonl")
        if (lengths > MAX_CASE_BYTES).any():
            raise self._broken(f"a case has more than {MAX_CASE_BYTES} bytes")
        if (self.kinds > max(KIND_OF.values())).any():
            raise self._broken("kinds.npy holds an unknown kind")
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors)
        # "not within" rather than "beyond": what is no number is caught too.
        if not (np.abs(squares - (self.kinds != REMOVED)) <= UNIT_TOLERANCE).all():
            raise self._broken("vectors.npy holds a vector that is not of unit length")

    def __len__(self) -> int:
        return len(self.kinds)

    def _mapped(self, name: str, dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
        try:
            array: NDArray[Any] = np.load(self.place / name, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, SyntaxError) as error:
            raise self._broken(f"{name} is no array ({error})") from None
        if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
            raise self._broken(
                f"{name} is {array.dtype} of shape {array.shape}, it must be {np.dtype(dtype)} of {shape}"
            )
        return array

    def _broken(self, what: str) -> InvalidLibrary:
        return InvalidLibrary(f"{self.place}: {what}; copy the library anew, or build it anew")

    def cases(self) -> Iterator[tuple[int, KnownCase]]:
        """Row and case of all that were not removed, in one go.

        Raises:
            InvalidLibrary: an entry is missing, unknown or of the wrong type.
        """
        data = self._part("cases.jsonl", 0, int(self._offsets[-1]))
        for row, (start, end) in enumerate(pairwise(self._offsets.tolist())):
            if (found := self._parsed(data[start:end], row)) is not None:
                yield row, found[0]

    def row(self, row: int) -> Row:
        """A case with vector and thumbnail, as it was written.

        Raises:
            InvalidLibrary: an entry is missing, unknown or of the wrong type, or the thumbnail has changed.
        """
        vector = np.array(self.vectors[row])
        start, end = int(self._offsets[row]), int(self._offsets[row + 1])
        found = self._parsed(self._part("cases.jsonl", start, end - start), row)
        if found is None:
            return Row(None, vector)
        case, place = found
        try:
            return Row(case, vector, self._thumbnail(place))
        except (KeyError, TypeError, ValueError) as error:
            raise self._broken(f"cases.jsonl, row {row}: {error}") from None

    def _parsed(self, line: bytes, row: int) -> tuple[KnownCase, Any] | None:
        """A line's case, and where its thumbnail is said to lie; None for a removed one."""
        try:
            given = json.loads(line)
            if given is None:
                return None
            place = given.pop("thumbnail")
            return _case(given), place
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise self._broken(f"cases.jsonl, row {row}: {error}") from None

    def _thumbnail(self, place: Any) -> bytes:
        start, size, sha256 = place["start"], place["bytes"], place["sha256"]
        if (
            type(start) is not int
            or type(size) is not int
            or start < 0
            or not 0 < size <= MAX_THUMBNAIL_BYTES
        ):
            raise ValueError(f"a thumbnail of {size!r} bytes at {start!r}")
        data = self._part("thumbnails.bin", start, size)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise self._broken("a thumbnail has changed")
        return data

    def _part(self, name: str, start: int, size: int) -> bytes:
        try:
            with (self.place / name).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except OSError as error:
            raise self._broken(
                f"{name} cannot be read ({error.strerror}; if the library was being written to, try again)"
            ) from None


def check_thumbnail(data: bytes) -> bytes:
    """The same bytes, when they are a small WebP: a page must not hand anything else to a browser.

    Raises:
        InvalidLibrary: they are not.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP",)) as image:
            if max(image.size) > MAX_THUMBNAIL_SIDE_PX:
                raise InvalidLibrary(
                    f"a thumbnail has {image.width} x {image.height} pixels, the limit is "
                    f"{MAX_THUMBNAIL_SIDE_PX}; build the library anew"
                )
            image.load()
    except InvalidLibrary:
        raise
    except Exception as error:  # hostile bytes raise anything
        raise InvalidLibrary(f"a thumbnail is no WebP ({error}); build the library anew") from None
    return data


def _case(given: dict[str, Any]) -> KnownCase:
    if unknown := sorted(set(given) ^ _KEYS):
        raise ValueError(f"{', '.join(unknown)} is unknown or missing")
    for key in (*_TEXT, *(key for key in _OPTIONAL_TEXT if given[key] is not None)):
        if not isinstance(given[key], str):
            raise TypeError(f"{key} is no text")
    if given["code"] is not None and given["code"] not in CODES:
        raise ValueError(f"code {given['code']!r} is not in the taxonomy")
    if given["modality"] not in KIND_OF:
        raise ValueError(f"modality {given['modality']!r}")
    if given["malignant"] not in (None, True, False):
        raise ValueError(f"malignant {given['malignant']!r}")
    if given["fold"] is not None and type(given["fold"]) is not int:
        raise TypeError("fold is no whole number")
    age = given["age_years"]
    if age is not None and not (type(age) in (int, float) and math.isfinite(age)):
        raise ValueError(f"age_years {age!r}")
    return KnownCase(**given)
