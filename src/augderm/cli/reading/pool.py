"""Reading with several processes: in order, with bounded memory, and surviving a crashed one.

Not a `ProcessPoolExecutor`: that one does not say which image a dead process was reading, and waits
for ever when it is interrupted twice while it stops.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import connection
from typing import Any

from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings, Worker, serve
from augderm.domain.errors import AugDermError, LimitExceeded

WINDOW = 4
"""Images per process that may be read ahead of the next one to be given: all stay busy while one
takes long, and few results wait."""
FEW = 8
"""Up to so many images are read in this process: starting others would take longer."""
STOP_S = 10.0
"""Seconds that a process may still take to finish its image when the run stops."""
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
    else:
        yield from _read_with_processes(sources, settings, min(jobs, max(1, len(sources))))


def _read_with_processes(sources: Sequence[Source], settings: ReadSettings, jobs: int) -> Iterator[Read]:
    processes = [_Process(settings) for _ in range(jobs)]
    idle = list(processes)
    finished: dict[int, dict[str, Any]] = {}
    handed_out = given = 0
    try:
        while given < len(sources):
            while idle and handed_out < min(len(sources), given + WINDOW * jobs):
                idle.pop().start(handed_out, sources[handed_out])
                handed_out += 1
            ready = connection.wait([p.connection for p in processes if p.reading is not None])
            for process in processes:
                index = process.reading
                if index is None or process.connection not in ready:
                    continue
                answer = process.answer()
                if isinstance(answer, AugDermError):
                    raise answer
                if answer is not None:
                    finished[index] = answer
                    idle.append(process)
            while given in finished:
                yield sources[given], finished.pop(given)
                given += 1
    finally:
        for process in processes:
            process.ask_to_stop()
        for process in processes:
            process.stop()


class _Process:
    """One reading process, replaced by a new one when it dies."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self.reading: int | None = None
        self._source: Source | None = None
        self._spawn()

    def _spawn(self) -> None:
        # One process a core reads fastest when each keeps to one thread.
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        # Daemons are ended with this process, however it ends by itself.
        self._process = context.Process(target=serve, args=(theirs, self._settings), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, index: int, source: Source) -> None:
        """Begin to read the source of this index."""
        self.reading, self._source = index, source
        try:
            self.connection.send(source)
        except OSError:  # it died while idle
            self._replace()
            self.connection.send(source)

    def answer(self) -> dict[str, Any] | AugDermError | None:
        """The result of what is being read; None where a new process had to take it over as failed."""
        assert self.reading is not None
        assert self._source is not None
        try:
            answer: dict[str, Any] | AugDermError = self.connection.recv()
        except (EOFError, OSError):
            if self._source.problem == CRASHED:  # not even to say so
                return LimitExceeded(
                    "The reading processes are ended by the system again and again; free memory"
                )
            self._replace()
            self.start(self.reading, replace(self._source, problem=CRASHED))
            return None
        self.reading = None
        return answer

    def _replace(self) -> None:
        self.connection.close()
        self._process.join()
        self._spawn()

    def ask_to_stop(self) -> None:
        """Let the process end after what it is reading."""
        with suppress(OSError):
            self.connection.send(None)

    def stop(self) -> None:
        """Wait until the process has ended, and end it where it takes too long."""
        self._process.join(STOP_S)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join()
        self.connection.close()
