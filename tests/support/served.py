"""A clinic served to a real browser from the test's own process, and somebody signed in there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from augderm.web.app import create_app

START_S = 60


@contextmanager
def serve_clinic(platform: Platform) -> Iterator[str]:
    """Serve it; gives the address without the last slash."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(platform.settings, platform)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def session_of(platform: Platform, person: Person) -> str:
    """The token of a new session."""
    with platform.database.writing() as session:
        return new_session(session, platform, session.get_one(UserRow, person.user_id))
