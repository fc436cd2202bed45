"""Labelled images, read by an exported network exactly as the reader reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import AugDermError, InvalidDataset
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.records import Record
from augderm.reader.bundle import Preprocessing
from augderm.reader.network import CHECKLIST_OUTPUT, Arrays, Session, preprocess, run_session

BATCH = 16
THREADS = 2
"""Threads that decode and run; both leave the interpreter's lock for most of their time."""
KEPT = ("logits", "embedding", "structures", "artefacts", "modality", "features")
"""Outputs that are one row an image, and `CHECKLIST_OUTPUT` where there is one; maps of thousands of images
would fill the memory."""

Window = Callable[[NDArray[np.uint8], Record], NDArray[np.uint8] | None]
"""Cuts a part (h, w, 3) out of a record's image, or finds none."""


def read_records(
    session: Session,
    how: Preprocessing,
    records: Sequence[Record],
    window: Window = lambda pixels, _: pixels,
) -> Arrays:
    """The outputs `KEPT` for some records, a row each in their order.

    Args:
        session: see `reader.network.open_session`; with one thread of its own it runs fastest here.
        how: from pixels to the network's input.
        records: whose files are read.
        window: what of each image is read; a record without such a window has no row.

    Raises:
        InvalidDataset: an image is missing or broken; the message names it.
    """
    batches = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(partial(_read_batch, session, how, window), batches))
    shapes = {output.name: output.shape[1:] for output in session.get_outputs()}
    kept = [name for name in (*KEPT, CHECKLIST_OUTPUT) if name in shapes]
    empty = {name: np.zeros((0, *shapes[name]), np.float32) for name in kept}
    return {name: np.concatenate([empty[name], *(part[name] for part in parts if part)]) for name in kept}


def _read_batch(session: Session, how: Preprocessing, window: Window, records: Sequence[Record]) -> Arrays:
    cut = (window(_pixels(record), record) for record in records)
    images = [preprocess(np.ascontiguousarray(pixels), how)[0] for pixels in cut if pixels is not None]
    if not images:
        return {}
    found = run_session(session, np.stack(images))
    return {name: found[name] for name in (*KEPT, CHECKLIST_OUTPUT) if name in found}


def _pixels(record: Record) -> NDArray[np.uint8]:
    try:
        return decode_image(load_image(record)).pixels
    except AugDermError as error:
        raise InvalidDataset(f"{record.path}: {error}") from None
