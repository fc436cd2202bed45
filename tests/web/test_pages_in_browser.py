"""Every page in a real browser: axe finds nothing grave and nothing overflows, light and dark, on a phone and
wide, and from right to left.

The pages come from the application's routes: a new page is looked at without being named here, and one that
needs a key that is not known yet fails.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext

from augderm.clinic.accounts.links import make_link
from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.platform import Platform
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE
from augderm.web.routes import OPEN, SIGNED
from support.browser import chromium, grave_faults
from support.clinic import ADA, open_case, platform_in, somebody
from support.everything import keys_of_all

NO_PAGES = re.compile(
    r"/|/health|/oidc/.*|/images/\{image_id\}/.*|/start/\{token\}|.*\.(json|jpg|png|pdf|zip|csv|css)"
    r"|/cases/\{case_id\}/(presence|waiting)|/questions/waiting|/questions/\{referral_id\}/images/.*"
    r"|/comparisons/.*/\{side\}|/cases/\{case_id\}/report\.html"
)
"""Redirections, files (a report is a sheet), parts of pages, and the first start, which is over here."""
LOOKS = [("light", 1280, "en"), ("dark", 375, "en"), ("light", 375, "ar"), ("dark", 1280, "ar")]
WAIT_S = 30


@dataclass(frozen=True)
class Served:
    """A running clinic: its address, a signed-in person's cookie, and keys for the paths."""

    address: str
    platform: Platform
    token: str
    user_id: str
    keys: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, toy_bundle: Path) -> Iterator[Served]:
    platform = platform_in(tmp_path_factory.mktemp("pages") / "clinic", toy_bundle)
    person = somebody(platform, "reader", "nurse", "administrator", "auditor")
    keys = keys_of_all(platform, person, Network(load_bundle(toy_bundle), 1))
    open_case(platform, person, replace(ADA, identifier="4712", family_name="O’Neill-" + "Long" * 12), seed=2)
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, person.user_id))
        link = make_link(session, "password", person.user_id, platform.now())
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(platform.settings, platform), port=0, log_level="error", lifespan="off", ws="none"
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + WAIT_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    keys |= {"user_id": person.user_id, "token": link}
    yield Served(f"http://localhost:{port}", platform, token, person.user_id, keys)
    server.should_exit = True
    thread.join()
    platform.database.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def _pages() -> list[str]:
    return sorted(
        route.path
        for router in (*SIGNED, *OPEN)
        for route in router.routes
        if isinstance(route, APIRoute)
        and "GET" in (route.methods or ())
        and not NO_PAGES.fullmatch(route.path)
    )


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: "-".join(map(str, look)))
def context(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser of one look, signed in."""
    scheme, width, language = request.param
    made = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, locale=language)
    made.add_cookies([{"name": SESSION_COOKIE, "value": served.token, "url": served.address}])
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", _pages())
def test_axe_finds_nothing_grave_and_nothing_overflows(
    context: BrowserContext, served: Served, path: str
) -> None:
    page = context.new_page()
    try:
        answer = page.goto(served.address + re.sub(r"\{(\w+)\}", lambda found: served.keys[found[1]], path))
        assert answer is not None
        assert answer.status == 200
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.lang").startswith(("en", "ar"))
        assert grave_faults(page) == []
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, "the page is wider than the screen"
    finally:
        page.close()


@pytest.mark.slow
def test_on_paper_a_page_shows_no_forms_and_no_navigation(browser: Browser, served: Served) -> None:
    page = browser.new_page()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": served.token, "url": served.address}])
    page.goto(f"{served.address}/patients/{served.keys['patient_id']}")
    page.emulate_media(media="print")
    assert page.locator("header.bar").is_hidden()
    assert page.locator("form").first.is_hidden()
    assert page.locator("aside.patient").is_visible(), "no sheet of a patient is without the name"
    ground = page.evaluate("getComputedStyle(document.querySelector('main')).color")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).color") == ground
    page.close()
