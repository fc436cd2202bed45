"""The web server in this process, workers in others; all end together."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.context import SpawnProcess

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from augderm.cli.serving.work import work
from augderm.clinic.decoders import Decoders
from augderm.clinic.platform import Platform
from augderm.clinic.queue import adopt, free_abandoned, release, worker_name
from augderm.clinic.recalls import catch_up
from augderm.clinic.sweep import sweep
from augderm.clinic.uploads import sweep_uploads
from augderm.domain.errors import InvalidConfig
from augderm.web.app import create_app

PATIENCE_S = 10
"""What running requests, and then a worker's image, get to end by themselves."""
LOOK_EVERY_S = 1.0
BACKLOG = 128
SWEEP_EVERY_S = 3600.0
AT_START = (free_abandoned, catch_up)
IN_BACKGROUND = (adopt, sweep, sweep_uploads)
"""What goes on with whatever a kill or a change of the model left: before the first answer, and beside it
again and again.
"""
log = logging.getLogger("augderm.serve")


def serve_until_stopped(
    platform: Platform, host: str, port: int, workers: int, opened: Callable[[str], None]
) -> int:
    """Serve until SIGINT or SIGTERM.

    Args:
        port: 0 for a free one.
        opened: called with the address once it can be reached, before the first answer.

    Returns:
        the exit status, 0.

    Raises:
        InvalidConfig: the address is taken, or not this machine's.
    """
    # As Ctrl-C: uvicorn answers what runs, and then raises the signal again. Else it would end this process
    # there, and leave the workers to find out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listening = _listen(host, port)
    decoders = Decoders()
    platform = replace(platform, prepare=decoders.prepare)
    app = create_app(platform.settings, platform)
    staff = Workers(platform, workers)
    app.state.working = staff.working
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=PATIENCE_S,
            server_header=False,
            proxy_headers=platform.settings.https,
        )
    )
    number = listening.getsockname()[1]
    shown = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104
    opened(f"http://{shown}:{number}")
    for task in AT_START:
        task(platform)
    closing = threading.Event()
    with decoders, staff:
        for each in IN_BACKGROUND:
            threading.Thread(target=again_and_again, args=(each, platform, closing), daemon=True).start()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
        closing.set()
    return 0


def again_and_again(
    task: Callable[[Platform], object],
    platform: Platform,
    closing: threading.Event,
    every_s: float = SWEEP_EVERY_S,
) -> None:
    """Do a task at once and then regularly, until closing. A failure is logged, and the next turn comes."""
    while not closing.is_set():
        try:
            task(platform)
        except Exception:
            log.exception("%s failed; it is tried again in %d s", task.__name__, every_s)
        closing.wait(every_s)


class Workers:
    """Worker processes; one that ends by itself is started anew, and its image is free at once.

    Where none can be started (no memory, no more processes), that is told, and tried again until one can.
    """

    def __init__(self, platform: Platform, count: int) -> None:
        self._platform = platform
        self._group = uuid.uuid4().hex[:12]
        self._context = multiprocessing.get_context("spawn")
        self._processes: list[SpawnProcess | None] = [None] * count
        self._told = ""
        self._closing = threading.Event()
        self._guard = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Workers:
        self._look()
        self._guard.start()
        return self

    def working(self) -> bool:
        """Whether images are read: a worker lives, or none was asked for."""
        return not self._processes or any(map(_lives, self._processes))

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._guard.join()
        processes = [process for process in self._processes if process is not None]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(PATIENCE_S)
            if process.is_alive():
                process.kill()
                process.join()

    def _start(self) -> SpawnProcess:
        process = self._context.Process(target=work, args=(self._platform.settings, os.getpid(), self._group))
        process.start()
        return process

    def _keep(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        try:
            for place, process in enumerate(self._processes):
                if process is None or not process.is_alive():
                    # First, so that a failure in what follows finds no closed process here.
                    self._processes[place] = None
                    if process is not None:
                        self._bury(process)
                    self._processes[place] = self._start()
        # Whatever it is, images would wait for ever, and nobody would know.
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            if told != self._told:
                log.error(
                    "a worker cannot be started (%s), and images may wait; it is tried again each second",
                    told,
                )
            self._told = told
        else:
            self._told = ""

    def _bury(self, process: SpawnProcess) -> None:
        dead = worker_name(process.pid or 0, self._group)
        process.close()
        with suppress(SQLAlchemyError):  # else the lease ends by itself
            release(self._platform, dead)


def _lives(process: SpawnProcess | None) -> bool:
    try:
        return process is not None and process.is_alive()
    except ValueError:  # closed at this moment
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From here on browsers wait instead of being refused.
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise InvalidConfig(
            f"{host}:{port} cannot be listened at ({error.strerror}); give another --port, or --port 0"
        ) from None
    return listening
