"""The bytes that a run learns from, as one hash: what records say is the same for other pictures too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.learn.datasets.images import file_of
from augderm.learn.records import Record


def files_of(record: Record) -> list[Path]:
    """The files that are decoded for a record: its image's, and its mask's where it has one."""
    return [file_of(record), *([record.folder / record.mask] if record.mask else [])]


def missing_file(error: OSError) -> InvalidDataset:
    """What to say of a file that a dataset names and that cannot be read."""
    return InvalidDataset(
        f"{error.filename}: {error.strerror}; restore the file or drop its row from the dataset"
    )


def images_sha256(records: Sequence[Record], on_progress: Callable[[int, int], None]) -> str:
    """SHA-256 of the bytes of all images and masks, with their names: the same in any folder and order.

    Args:
        records: whose files are read, each once.
        on_progress: called with the number done and the number of all.

    Raises:
        InvalidDataset: a file is missing or cannot be read; the message names it.
    """
    known: dict[Path, str] = {}
    said = []
    for done, record in enumerate(records, 1):
        for path in files_of(record):
            if path not in known:  # many images may lie in one HDF5 file
                known[path] = _sha256(path)
        said.append((record.dataset, record.image, *(known[path] for path in files_of(record))))
        on_progress(done, len(records))
    return hashlib.sha256("\n".join(sorted(map(repr, said))).encode()).hexdigest()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise missing_file(error) from None
