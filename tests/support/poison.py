"""A reader that dies on one image; here, since a started process must be able to import it."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from typing import Any

from augderm.cli.reading.sources import Source


def serve_until_poison(connection: Connection, settings: Any) -> None:
    """Stand in for `worker.serve`; an image named poison kills the process."""
    while (source := connection.recv()) is not None:
        connection.send(_read(source))


def serve_never(connection: Connection, settings: Any) -> None:
    """A process that dies on whatever it is given, as where there is no memory at all."""
    connection.recv()
    os.kill(os.getpid(), signal.SIGKILL)


def _read(source: Source) -> dict[str, str]:
    if "poison" in source.path and not source.problem:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"image": source.path, "status": "failed" if source.problem else "ok", "reason": source.problem}
