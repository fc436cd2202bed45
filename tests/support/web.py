"""A browser for tests: forms with their tokens, and a first administrator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.accounts.start import first_link
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE

PATIENT = {
    "identifier": "4711",
    "family_name": "Müller",
    "given_name": "Ada",
    "birth_date": "1961-04-23",
    "sex": "female",
}
START = {
    "clinic": "Dermatology",
    "timezone": "Europe/Berlin",
    "login": "ada",
    "name": "Ada Lovelace",
    "password": "correct horse battery",
    "reads": "yes",
}


def token_in(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    return found[1] if found else ""


def post(client: TestClient, path: str, form: Mapping[str, Any], *, page: str, files: Any = None) -> Response:
    """Send a form as the page that has it would, and follow where it leads."""
    token = token_in(client.get(page).text)
    return client.post(path, data={**form, "csrf_token": token}, files=files)


def signed_in(client: TestClient, platform: Platform, token: str | None = None) -> None:
    """Make the clinic and its first administrator, who also reads."""
    path = f"/start/{token or first_link(platform)}"
    assert post(client, path, START, page=path).url.path == "/worklist"


def as_person(platform: Platform, person: Person) -> TestClient:
    """A browser in which this person is signed in."""
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, person.user_id))
    return TestClient(create_app(platform.settings, platform), cookies={SESSION_COOKIE: token})
