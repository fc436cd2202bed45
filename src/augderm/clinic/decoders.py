"""Processes that decode what people upload, so that hostile bytes that crash a decoder end none but them.

Not those of `cli.reading.pool`: that one reads a known list in order; here requests come when they come, each
with a limit of time, and the image must be refused where its process dies.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from augderm.clinic.preparing import Prepared, prepare
from augderm.domain.errors import AugDermError, InvalidImage, LimitExceeded

MAX_MEMORY_BYTES = 4 * 2**30
"""Address space of a decoder: see docs/explain/clinic.md for what the largest images take."""
MAX_SECONDS = 60.0
"""That one image may take; the largest ones take some 10 s on a slow machine."""
STOP_S = 2.0
DECODERS = 2


class Decoders:
    """A few decoding processes. Each image has one to itself; who finds none free waits.

    Args:
        count: of processes.
        seconds: that one image may take.
        memory: bytes of address space of each.
    """

    def __init__(
        self, count: int = DECODERS, seconds: float = MAX_SECONDS, memory: int = MAX_MEMORY_BYTES
    ) -> None:
        self._seconds = seconds
        self._idle: queue.SimpleQueue[_Decoder] = queue.SimpleQueue()
        self._all = [_Decoder(memory) for _ in range(count)]
        for each in self._all:
            self._idle.put(each)

    def prepare(self, data: bytes) -> Prepared:
        """As `preparing.prepare`, in another process.

        Raises:
            InvalidImage, LimitExceeded: as there; or the process ended, or took too long.
        """
        with self._one() as decoder:
            return decoder.prepare(data, self._seconds)

    @contextmanager
    def _one(self) -> Iterator[_Decoder]:
        decoder = self._idle.get()
        try:
            yield decoder
        finally:
            self._idle.put(decoder)

    def close(self) -> None:
        """End the processes."""
        for each in self._all:
            each.close()

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Decoder:
    """One process, replaced by a new one when it dies."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._spawn()

    def _spawn(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        # Daemons are ended with this process; one that is killed leaves them at the end of their pipe.
        self._process = context.Process(target=decode, args=(theirs, self._memory), daemon=True)
        self._process.start()
        theirs.close()

    def prepare(self, data: bytes, seconds: float) -> Prepared:
        """Send, wait, and refuse what no answer comes for."""
        if not self._process.is_alive():  # it died while idle, as by a system short of memory
            self._replace()
        try:
            self._connection.send_bytes(data)
            if not self._connection.poll(seconds):
                self._replace()
                raise LimitExceeded(
                    f"This image took more than {seconds:g} s to decode, the limit; export it smaller."
                )
            answer: Prepared | AugDermError = self._connection.recv()
        except (EOFError, OSError):
            self._replace()
            raise InvalidImage(
                "The process that decoded this file was ended by it: the file is damaged, made to do harm, "
                "or needs more memory than there is. Export it anew as JPEG, smaller, and send that."
            ) from None
        if isinstance(answer, AugDermError):
            raise answer
        return answer

    def _replace(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.join()
        self._spawn()

    def close(self) -> None:
        self._connection.close()
        self._process.join(STOP_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def decode(connection: Connection, memory: int) -> None:
    """A decoding process's life: bytes come, what they are goes back, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        # A crash leaves no picture of a patient in a core file.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(EOFError, OSError):
        while True:
            data = connection.recv_bytes()
            answer: Prepared | AugDermError
            try:
                answer = prepare(data)
            except AugDermError as error:
                answer = error
            except MemoryError:
                answer = LimitExceeded("There is not enough memory to decode this image; export it smaller.")
            except Exception as error:
                traceback.print_tb(error.__traceback__)
                answer = InvalidImage(
                    f"This file could not be decoded ({type(error).__name__}); export it anew as JPEG."
                )
            del data
            connection.send(answer)
    os._exit(0)
