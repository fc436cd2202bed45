"""A worker process by itself: the server need not import what reads, nor the worker the server."""

from __future__ import annotations

from augderm.clinic.settings import Settings


def work(settings: Settings, parent: int, group: str) -> None:
    """As `clinic.worker.run_worker`."""
    from augderm.clinic.worker import run_worker

    run_worker(settings, parent, group)
