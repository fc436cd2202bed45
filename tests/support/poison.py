"""A reader that dies on one image; here, since a started process must be able to import it."""

from __future__ import annotations

import os
import signal

from augderm.cli.reading.sources import Source


def dies_on_poison(source: Source) -> dict[str, str]:
    """Stand in for `worker.read_in_process`; an image named poison kills the process."""
    if "poison" in source.path and not source.problem:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"image": source.path, "status": "failed" if source.problem else "ok", "reason": source.problem}
