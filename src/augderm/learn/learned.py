"""Which images a bundle learned from, as hashes in the bundle: figures on these would measure memory.

The file holds the first 8 bytes of the SHA-256 of each image's identity, sorted. Of N hashes and M images
asked about, N M / 2^64 are taken for learned by chance: of 10^6 and 10^6 one in 10^7. It tells only whoever
already holds an image, or knows its public name, whether that image was learned from.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import AugDermError, InvalidDataset, ModelMismatch
from augderm.learn.datasets.images import load_image
from augderm.learn.records import Record
from augderm.reader.bundle import Bundle

LEARNED_FILE = "learned-images.npy"
NAMED_FOR_GOOD = frozenset({"pad_ufes_20", "derm7pt", "ph2", "fitzpatrick17k", "ddi", "bcn20000"})
"""Published datasets whose file names are unique within them, and the same wherever they are copied to."""

Hashes = NDArray[np.uint64]


def identity_of(record: Record) -> str:
    """What stays the same of an image in whatever dataset, folder and fold it is found.

    Its ISIC id where its file bears one; else, of a published dataset, the dataset and the file's name
    without ending; of any other the SHA-256 of the file, since `1.jpg` is in many folders. Such an image that
    was stored anew is therefore another one.

    Raises:
        InvalidDataset: the file is needed and cannot be read.
    """
    if record.isic_id:
        return record.isic_id
    if record.dataset in NAMED_FOR_GOOD:
        return f"{record.dataset}/{PurePosixPath(record.image).stem}"
    try:
        return hashlib.sha256(load_image(record)).hexdigest()
    except AugDermError as error:
        raise InvalidDataset(f"{record.path}: {error}") from None


def write_learned(path: Path, records: Iterable[Record]) -> None:
    """Write the hashes of these images.

    Raises:
        InvalidDataset: an image cannot be read.
    """
    np.save(path, np.unique(_hashes(map(identity_of, records))), allow_pickle=False)


def learned_by(bundle: Bundle) -> Hashes | None:
    """The hashes of what a bundle learned from, (N,) and rising; None where it does not list it.

    Raises:
        ModelMismatch: its list is none.
    """
    if bundle.learned is None:
        return None
    try:
        hashes: Hashes = np.lib.format.read_array(io.BytesIO(bundle.learned), allow_pickle=False)
    except ValueError as error:
        raise ModelMismatch(
            f"{LEARNED_FILE} cannot be read ({error}); write the bundle anew with `augderm train`"
        ) from None
    if hashes.dtype != np.uint64 or hashes.ndim != 1 or not len(hashes) or (hashes[1:] <= hashes[:-1]).any():
        raise ModelMismatch(
            f"{LEARNED_FILE} is no rising list of 64-bit hashes; write the bundle anew with `augderm train`"
        )
    return hashes


def are_learned(hashes: Hashes, records: Sequence[Record]) -> NDArray[np.bool_]:
    """Of each record, (N,), whether its image is in the list. One that cannot be read is not."""
    return np.isin(_hashes(map(_identity_or_none, records)), hashes)


def _identity_or_none(record: Record) -> str:
    try:
        return identity_of(record)
    except InvalidDataset:
        return ""


def _hashes(identities: Iterable[str]) -> Hashes:
    return np.array(
        [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) for name in identities], np.uint64
    )
