"""Reading with several processes: in order, with bounded memory, and surviving a crashed one."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings, Worker, read_in_process, start_process

WINDOW = 4
"""Images under way or waiting per process: enough to keep all busy, few enough to be forgotten."""
FEW = 8
"""Up to so many images are read in this process: starting others would take longer."""
CRASHED = (
    "The process that read this image was ended by the system, most likely for lack of memory; "
    "export the image smaller, or read with fewer --jobs."
)

Read = tuple[Source, dict[str, Any]]


def read_all(sources: Sequence[Source], settings: ReadSettings, jobs: int | None) -> Iterator[Read]:
    """Read sources and give each with its JSON form, in their order.

    Args:
        sources: what to read.
        settings: shared by all.
        jobs: number of processes; None for one a core, or none beside this one for a few images.

    Raises:
        ModelMismatch: the model cannot be loaded.
        OutputRefused: a mask or report cannot be written.
    """
    jobs = jobs or (1 if len(sources) <= FEW else os.cpu_count() or 1)
    if jobs == 1:
        worker = Worker(settings)
        for source in sources:
            yield source, worker.read(source)
        return
    waiting = deque(sources)
    while waiting:
        # A pool that broke has named no culprit: those under way are read again one at a time.
        suspects = yield from _read_with_pool(waiting, settings, jobs)
        for source in suspects:
            yield source, _read_alone(source, settings)


def _read_with_pool(
    waiting: deque[Source], settings: ReadSettings, jobs: int
) -> Generator[Read, None, list[Source]]:
    """Read from the left of `waiting` until it is empty, or the pool breaks.

    Returns:
        the sources that were under way when it broke.
    """
    running: deque[tuple[Source, Future[dict[str, Any]]]] = deque()
    pool = _pool(settings, jobs)
    try:
        while waiting or running:
            try:
                while waiting and len(running) < WINDOW * jobs:
                    running.append((waiting[0], pool.submit(read_in_process, waiting[0])))
                    waiting.popleft()
                result = running[0][1].result()
            except BrokenProcessPool:
                return [source for source, _ in running]
            yield running.popleft()[0], result
        return []
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read_alone(source: Source, settings: ReadSettings) -> dict[str, Any]:
    with _pool(settings, 1) as pool:
        try:
            return pool.submit(read_in_process, source).result()
        except BrokenProcessPool:
            pass
    with _pool(settings, 1) as pool:
        return pool.submit(read_in_process, replace(source, problem=CRASHED)).result()


def _pool(settings: ReadSettings, jobs: int) -> ProcessPoolExecutor:
    # One process a core reads fastest when each keeps to one thread.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=start_process,
        initargs=(settings,),
    )
