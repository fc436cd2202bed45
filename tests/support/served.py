"""A clinic served in this process, for browsers of several people at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, BrowserContext

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE

START_S = 60


@contextmanager
def served(platform: Platform) -> Iterator[str]:
    """Serve the clinic; gives its address."""
    app = create_app(platform.settings, platform)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + START_S
    while not server.started:
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(START_S)


def browser_of(
    browser: Browser, platform: Platform, person: Person, address: str, **options: object
) -> BrowserContext:
    """A browser's profile of its own in which this person is signed in."""
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, person.user_id))
    context = browser.new_context(base_url=address, **{"locale": "en-GB", **options})  # type: ignore[arg-type]
    context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    return context
