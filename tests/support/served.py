"""The clinic's application on a real port, within the test's process, and somebody signed in."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE

START_S = 60


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve it; gives the address without the last slash."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started, "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def serve_clinic(platform: Platform) -> AbstractContextManager[str]:
    """Serve a clinic; gives the address without the last slash."""
    return served(create_app(platform.settings, platform))


def session_of(platform: Platform, person: Person) -> str:
    """The token of a new session."""
    with platform.database.writing() as session:
        return new_session(session, platform, session.get_one(UserRow, person.user_id))


def browser_of(
    browser: Browser, platform: Platform, person: Person, address: str, **options: object
) -> BrowserContext:
    """A browser's profile of its own in which this person is signed in."""
    context = browser.new_context(base_url=address, **{"locale": "en-GB", **options})  # type: ignore[arg-type]
    token = session_of(platform, person)
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    return context
