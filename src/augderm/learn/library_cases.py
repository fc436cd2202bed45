"""Records of a dataset as cases of a library: decoded once, and placed by the network alone.

Nothing is measured, and no image is left out for its quality or novelty: each has a diagnosis of its own.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.nearest import unit
from augderm.domain.errors import AugDermError
from augderm.domain.similar import KnownCase
from augderm.domain.taxonomy import CODES
from augderm.formats.raster import decode_image
from augderm.formats.thumbnail import thumbnail_of
from augderm.learn.datasets.images import load_image
from augderm.learn.records import Record
from augderm.library.segment import Row
from augderm.reader.bundle import Bundle
from augderm.reader.network import Session, open_session, preprocess, run_session

BATCH = 8
"""Images that go through the network at once."""
AHEAD = 2
"""Batches per thread that are read before their turn."""

Read = tuple[Record, Row | str]
"""A record with its case, or with the reason why there is none."""


def has_diagnosis(record: Record) -> bool:
    """Whether there is anything to learn from it as a similar case."""
    return record.label is not None or bool(record.diagnosis)


def read_cases(records: Sequence[Record], bundle: Bundle, reader: str, threads: int) -> Iterator[Read]:
    """Each record as a case of a library, in their order.

    Args:
        records: whose images are read; with a diagnosis each.
        bundle: of the network.
        reader: the name of the dataset's reader: two of them may call different groups by one name.
        threads: that decode and run; both leave the interpreter's lock for most of their time.

    Raises:
        ModelMismatch: the network cannot be run.
    """
    session = open_session(bundle.network, threads=1)
    batches = (records[start : start + BATCH] for start in range(0, len(records), BATCH))
    waiting: deque[Future[list[Read]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for batch in batches:
            waiting.append(pool.submit(_read_batch, session, bundle, reader, batch))
            if len(waiting) > AHEAD * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        # Also when the caller stops early: what has not begun need not.
        pool.shutdown(cancel_futures=True)


def embedding_size(bundle: Bundle) -> int:
    """E of a bundle's embedding, as one run of it says.

    Raises:
        ModelMismatch: the network cannot be run.
    """
    side = bundle.preprocessing.input_size_px
    found = run_session(open_session(bundle.network, threads=1), np.zeros((1, 3, side, side), np.float32))
    return int(found["embedding"].shape[1])


def _read_batch(session: Session, bundle: Bundle, reader: str, records: Sequence[Record]) -> list[Read]:
    decoded = [_decoded(record) for record in records]
    inputs = [
        preprocess(found[0], bundle.preprocessing)[0] for found in decoded if not isinstance(found, str)
    ]
    embeddings: Iterator[NDArray[np.float32]] = iter(())
    if inputs:
        embeddings = iter(run_session(session, np.stack(inputs))["embedding"])
    return [
        (record, found if isinstance(found, str) else _row(record, reader, *found, next(embeddings)))
        for record, found in zip(records, decoded, strict=True)
    ]


def _decoded(record: Record) -> tuple[NDArray[np.uint8], str] | str:
    """Pixels and sha256 of a record's image, or why there are none."""
    try:
        data = load_image(record)
        return decode_image(data).pixels, hashlib.sha256(data).hexdigest()
    except AugDermError as error:
        return str(error)


def _row(
    record: Record, reader: str, pixels: NDArray[np.uint8], sha256: str, embedding: NDArray[np.float32]
) -> Row | str:
    try:
        vector = unit(embedding)
    except ValueError as error:
        return f"The network finds no place for it ({error}); leave it out, or use another model."
    return Row(case_of(record, reader, sha256), vector, thumbnail_of(pixels))


def case_of(record: Record, reader: str, sha256: str) -> KnownCase:
    """What a library keeps of a record's labels."""
    code = None if record.label is None else CODES[record.label]
    return KnownCase(
        image=record.image,
        dataset=record.dataset,
        group=f"{reader}:{record.group}",
        sha256=sha256,
        diagnosis=record.diagnosis or code or "",
        code=code,
        malignant=record.malignant,
        modality=record.modality,
        confirmed_by=record.confirmed_by,
        age_years=record.age_years,
        sex=record.sex,
        site=record.site,
        fold=record.fold,
    )
