"""What every answer carries, and what every changing request must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from augderm.clinic.platform import Platform
from augderm.web.api import SIGNED_API
from augderm.web.app import create_app
from augderm.web.routes import OPEN, SIGNED
from augderm.web.security import HEADERS, MAX_BODY_BYTES
from support.clinic import somebody
from support.web import as_person, signed_in, token_in

KEY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform), raise_server_exceptions=False) as made:
        yield made


def _routes(routers: object, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for router in routers:  # type: ignore[attr-defined]
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path
            for name in route.param_convertors:
                path = path.replace(f"{{{name}}}", KEY)
            found += [(method, prefix + path) for method in sorted(route.methods or ())]
    return found


PAGES = _routes(SIGNED)
OPEN_PAGES = _routes(OPEN)
API = _routes(SIGNED_API, "/api/v1")


def test_every_page_and_every_route_of_the_api_needs_a_session(client: TestClient) -> None:
    assert len(PAGES) >= 20
    assert len(API) >= 20
    for method, path in PAGES:
        answer = client.request(method, path, follow_redirects=False)
        assert (answer.status_code, answer.headers.get("location", "/login")[:6]) in (
            (303, "/login"),
            (401, "/login"),
        ), (method, path)
    for method, path in API:
        assert client.request(method, path).status_code == 401, (method, path)


def test_every_change_without_the_token_is_refused(platform: Platform, client: TestClient) -> None:
    signed_in(client, platform)
    changing = [each for each in PAGES + OPEN_PAGES + API if each[0] != "GET"]
    assert len(changing) >= 20
    for method, path in changing:
        for sent in ({}, {"csrf_token": "0" * 64}):
            answer = client.request(method, path, data=sent)
            # A body that is no JSON is refused by the API before its token is looked at.
            allowed = (403, 422) if path.startswith("/api/") else (403,)
            assert answer.status_code in allowed, (method, path, answer.text)


def test_every_answer_carries_the_headers_and_is_kept_by_no_browser(
    platform: Platform, client: TestClient
) -> None:
    for path in ("/login", "/nothing", "/api/v1/patients", "/static/css/augderm.css", "/health"):
        answer = client.get(path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, path
        assert ("no-store" in answer.headers["cache-control"]) != path.startswith("/static/")
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_pages_hold_no_inline_script_or_style(platform: Platform, client: TestClient) -> None:
    signed_in(client, platform)
    for path in ("/worklist", "/patients", "/patients/new", "/users", "/account", "/login", "/nothing"):
        page = client.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert page.count("<script") == page.count('<script src="/static/')
        assert " onclick" not in page


def test_the_session_cookie_is_out_of_reach(platform: Platform) -> None:
    with TestClient(create_app(platform.settings, platform), base_url="https://testserver") as client:
        signed_in(client, platform)
        cookie = next(c for c in client.cookies.jar if c.name == "augderm_session")
        assert cookie.secure
        assert cookie.has_nonstandard_attr("HttpOnly")


def test_where_browsers_come_by_https_alone_so_they_stay_and_so_does_a_link_that_is_shown(
    platform: Platform,
) -> None:
    """Behind a proxy the server itself is asked by HTTP."""
    behind = replace(platform, settings=replace(platform.settings, https=True))
    administrator = somebody(behind, "administrator")
    client = as_person(behind, administrator)
    page = client.get("/users")
    assert "max-age" in page.headers["strict-transport-security"]
    sent = {"csrf_token": token_in(page.text)}
    shown = client.post(f"/users/{administrator.user_id}/link", data=sent).text
    assert "https://testserver/link/" in shown
    assert "http://" not in shown
    plain = as_person(platform, administrator).get("/users")
    assert "strict-transport-security" not in plain.headers


def test_a_body_beyond_the_limit_is_refused_whatever_it_declares(client: TestClient) -> None:
    assert client.post("/login", content=b"x" * (MAX_BODY_BYTES + 1)).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(MAX_BODY_BYTES // 65536 + 2):
            yield b"a=" + b"x" * 65536

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=endless(), headers=form).status_code == 413


def test_a_request_from_another_site_or_by_another_name_is_refused(client: TestClient) -> None:
    assert client.post("/login", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/login", headers={"host": "evil.example"}).status_code == 400


def test_a_fault_of_ours_tells_nothing_of_a_patient(
    platform: Platform, client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    signed_in(client, platform)

    def broken(*_args: object) -> None:
        raise RuntimeError("".join(("Mül", "ler")))  # the log shows this line, not what it makes

    monkeypatch.setattr("augderm.web.routes.patients.find_patients", broken)
    answer = client.get("/patients")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert "nothing of this step was kept" in answer.text
    assert "Müller" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text
