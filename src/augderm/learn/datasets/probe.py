"""Reading every image and mask of a dataset once, in several processes.

It finds what is broken, and takes the fingerprints that duplicates are found by. A broken image is an
answer, not an exception; so is one whose decoder takes its process down.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from augderm.domain.errors import AugDermError, InvalidDataset
from augderm.formats.raster import decode_image
from augderm.learn.datasets.fingerprint import perceptual_hash, thumbnail
from augderm.learn.datasets.images import file_of, load_image
from augderm.learn.datasets.masks import fault_of, fault_of_shape, open_mask
from augderm.learn.records import Record

WINDOW = 512
"""Records handed to the processes at a time: few results wait, whatever the size of the dataset."""
FEW = 32
"""Up to so many are read in this process: starting others would take longer."""
CRASHED = "the process that read it was ended by the system: damaged so that a decoder crashes, or too large"


@dataclass(frozen=True, slots=True)
class Probe:
    """What one record's files are.

    Attributes:
        image: why the image cannot be read; empty where it can.
        missing: there is no such file.
        masks: by mask, of the lesion or of a structure, why it cannot be used; only those that cannot.
        sha256: of the image file's bytes; empty where unreadable.
        look: perceptual hash.
        small: thumbnail, 256 bytes.
    """

    image: str = ""
    missing: bool = False
    masks: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    look: int = 0
    small: bytes = b""


def probe(record: Record) -> Probe:
    """Read one record's image and masks."""
    if not file_of(record).exists():
        return Probe(image="there is no such file", missing=True)
    try:
        data = load_image(record)
        seen = decode_image(data)
    except AugDermError as error:
        return Probe(image=str(error))
    return Probe(
        masks=_mask_faults(record, seen.width_px / seen.height_px),
        sha256=hashlib.sha256(data).hexdigest(),
        look=perceptual_hash(seen.pixels),
        small=thumbnail(seen.pixels),
    )


def _mask_faults(record: Record, aspect: float) -> dict[str, str]:
    # A lesion is in every image; of a structure an empty mask says that it is not there.
    judges = dict.fromkeys(record.structure_masks.values(), fault_of_shape)
    if record.mask:
        judges[record.mask] = fault_of
    faults = {}
    for mask, judge in judges.items():
        path = record.folder / mask
        try:
            faults[mask] = judge(open_mask(path), aspect)
        except InvalidDataset as error:
            faults[mask] = str(error).removeprefix(f"{path}: ")
    return {mask: fault for mask, fault in faults.items() if fault}


def probe_all(records: Sequence[Record], jobs: int | None = None) -> Iterator[Probe]:
    """Probe records, in their order.

    Args:
        records: what to read.
        jobs: number of processes; None for one a core, or none beside this one for a few records.
    """
    jobs = jobs or (1 if len(records) <= FEW else os.cpu_count() or 1)
    if jobs == 1:
        yield from map(probe, records)
        return
    pool = _pool(jobs)
    try:
        for start in range(0, len(records), WINDOW):
            window = records[start : start + WINDOW]
            done = 0
            try:
                for found in pool.map(probe, window, chunksize=8):
                    yield found
                    done += 1
            except BrokenProcessPool:
                pool = _pool(jobs)
                yield from map(_probe_alone, window[done:])
    finally:
        pool.shutdown(cancel_futures=True)


def _probe_alone(record: Record) -> Probe:
    """One record in a process of its own, to find which one ends it."""
    with _pool(1) as pool:
        try:
            return pool.submit(probe, record).result()
        except BrokenProcessPool:
            return Probe(image=CRASHED)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a fork would carry along open HDF5 files and the threads of numerical libraries.
    return ProcessPoolExecutor(
        jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_the_parent
    )


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
