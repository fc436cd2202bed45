"""`library.json`: what a library holds, by which model, in which files.

It is the one file of a library that changes; every other is written once, under a new name, and counts from
the moment that `library.json` names it. So a library is whole at every moment, or there is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from augderm.domain.assessment import ModelName
from augderm.domain.errors import InvalidLibrary
from augderm.domain.limits import MAX_EMBEDDING_SIZE, MAX_LIBRARY_CASES, MAX_MANIFEST_BYTES
from augderm.domain.similar import OUTSIDE
from augderm.domain.taxonomy import CODES

FORMAT = "augderm.library/1"
MANIFEST = "library.json"
UNFINISHED = "library.unfinished.json"
"""The manifest of a library that is being built: the same, under a name that nothing reads from."""
NORMALISATION = "unit length"
SEGMENT_ROWS = 10_000
"""Most cases of a segment: so much is rewritten, at most, when one case is added or removed."""
SEGMENT_FILES = ("vectors.npy", "kinds.npy", "offsets.npy", "cases.jsonl", "thumbnails.bin")
UNHASHED = "thumbnails.bin"
"""The one file that is not read whole when a library is opened: each thumbnail has its own hash."""
_SEGMENT_NAME = re.compile(r"segment-\d{5}-\d{6,12}")
_INDEX_NAME = re.compile(r"index-\d{6,12}\.usearch")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size and hash of a file; sha256 is "" for the thumbnails."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Segment:
    """Up to `SEGMENT_ROWS` rows: a folder, and its files by name."""

    folder: str
    rows: int
    files: Mapping[str, FileFacts]


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """An index over the first `rows` rows."""

    file: str
    rows: int
    facts: FileFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The whole of `library.json`.

    Attributes:
        model: the bundle that placed the cases.
        embedding_size: E of the vectors.
        revision: counts the writes; part of the names of new files.
        cases: rows that hold a case.
        diagnoses: cases by code, or `OUTSIDE`.
        sources: by the reader's name of a dataset, its licence and citation in words.
        segments: in the order of their rows.
        index: None where all are compared.
    """

    model: ModelName
    embedding_size: int
    revision: int = 0
    cases: int = 0
    diagnoses: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    index: IndexFacts | None = None

    @property
    def rows(self) -> int:
        """Rows of all segments, those of removed cases among them."""
        return sum(segment.rows for segment in self.segments)


def read_manifest(folder: Path, name: str = MANIFEST) -> Manifest:
    """Read and check `library.json`.

    Raises:
        InvalidLibrary: there is none, of another format, or an entry is missing, unknown or out of range.
    """
    path = folder / name
    try:
        size = path.stat().st_size
        if size > MAX_MANIFEST_BYTES:
            raise InvalidLibrary(f"{path} has {size} bytes, the limit is {MAX_MANIFEST_BYTES}; build it anew")
        given = json.loads(path.read_bytes())
    except FileNotFoundError:
        if (folder / UNFINISHED).is_file():
            raise InvalidLibrary(
                f"{folder}: this library was not built to its end; go on with `augderm library build ... "
                "--resume`"
            ) from None
        raise InvalidLibrary(
            f"{folder} is no library: it has no {MANIFEST}; make one with `augderm library build`"
        ) from None
    except (ValueError, RecursionError, OSError) as error:
        raise InvalidLibrary(f"{path} cannot be read ({error}); build the library anew") from None
    try:
        if given["format"] != FORMAT:
            raise InvalidLibrary(
                f"{path}: format {given['format']!r}, this version reads {FORMAT!r}; build the library anew"
            )
        if given["normalisation"] != NORMALISATION:
            raise ValueError(f"normalisation {given['normalisation']!r}")
        return _manifest(given)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidLibrary(
            f"{path}: an entry is missing, unknown or out of range ({error}); build the library anew"
        ) from None


def _manifest(given: Mapping[str, Any]) -> Manifest:
    manifest = Manifest(
        model=ModelName(*(_text(given["model"][key]) for key in ("name", "version", "sha256"))),
        embedding_size=_whole(given["embedding_size"], 1, MAX_EMBEDDING_SIZE),
        revision=_whole(given["revision"], 0, 10**9),
        cases=_whole(given["cases"], 0, MAX_LIBRARY_CASES),
        diagnoses={
            _one_of(code, (*CODES, OUTSIDE)): _whole(count, 0, MAX_LIBRARY_CASES)
            for code, count in given["diagnoses"].items()
        },
        sources={_text(name): _text(words) for name, words in given["sources"].items()},
        segments=tuple(_segment(entry) for entry in given["segments"]),
        index=None if given["index"] is None else _index(given["index"]),
    )
    if len({segment.folder for segment in manifest.segments}) != len(manifest.segments):
        raise ValueError("a segment is named twice")
    if manifest.rows > MAX_LIBRARY_CASES or manifest.cases > manifest.rows:
        raise ValueError(f"{manifest.cases} cases in {manifest.rows} rows")
    if manifest.index and manifest.index.rows > manifest.rows:
        raise ValueError("the index has more rows than there are")
    return manifest


def _segment(entry: Mapping[str, Any]) -> Segment:
    if set(entry["files"]) != set(SEGMENT_FILES):
        raise ValueError(f"files {sorted(entry['files'])}")
    return Segment(
        folder=_matching(_SEGMENT_NAME, entry["folder"]),
        rows=_whole(entry["rows"], 1, SEGMENT_ROWS),
        files={name: _facts(facts, hashed=name != UNHASHED) for name, facts in entry["files"].items()},
    )


def _index(entry: Mapping[str, Any]) -> IndexFacts:
    return IndexFacts(
        file=_matching(_INDEX_NAME, entry["file"]),
        rows=_whole(entry["rows"], 1, MAX_LIBRARY_CASES),
        facts=_facts(entry["facts"], hashed=True),
    )


def _facts(entry: Mapping[str, Any], *, hashed: bool) -> FileFacts:
    sha256 = _matching(_SHA256, entry["sha256"]) if hashed else ""
    return FileFacts(_whole(entry["bytes"], 0, 2**50), sha256)


def _whole(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{value!r} is no whole number of {least} to {most}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    # A name that could lead out of the folder matches no pattern.
    if not pattern.fullmatch(_text(value)):
        raise ValueError(f"{value!r} is no name of this format")
    return str(value)


def write_manifest(folder: Path, manifest: Manifest, name: str = MANIFEST) -> None:
    """Write under another name, have it on disk, and rename.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps({"format": FORMAT, "normalisation": NORMALISATION, **asdict(manifest)}, indent=1)
    partial = folder / f".{name}.partial"
    write_durably(partial, text.encode())
    partial.replace(folder / name)
    sync_folder(folder)


def write_durably(path: Path, data: bytes | memoryview) -> FileFacts:
    """Write a file down to the disk, and give its size and hash.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return FileFacts(len(data), hashlib.sha256(data).hexdigest())


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk, where the system knows of such a thing."""
    with suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def check_file(path: Path, facts: FileFacts) -> None:
    """Refuse a file of another size or, where its hash is known, of other bytes.

    Raises:
        InvalidLibrary: it is missing, cut off or changed.
    """
    try:
        size = path.stat().st_size
        if size != facts.bytes:
            raise InvalidLibrary(
                f"{path} has {size} bytes, {MANIFEST} says {facts.bytes}: it was cut off or changed; "
                "copy the library anew, or build it anew"
            )
        if facts.sha256:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != facts.sha256:
                raise InvalidLibrary(
                    f"{path} has changed: sha256 {found[:12]}..., {MANIFEST} says {facts.sha256[:12]}...; "
                    "copy the library anew, or build it anew"
                )
    except OSError as error:
        raise InvalidLibrary(
            f"{path} cannot be read ({error.strerror}); copy the library anew, or build it anew (if it was "
            "being written to, try again)"
        ) from None
