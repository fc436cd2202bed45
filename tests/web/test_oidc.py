"""Signing in at a provider: who was let in by an administrator, and nothing forged, replayed or foreign."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.cli.serving.oidc_file import SECRET as SECRET_NAME
from augderm.cli.serving.oidc_file import read_oidc
from augderm.clinic.accounts.oidc import set_provider_subject
from augderm.clinic.accounts.users import change_user
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.settings import OidcSettings
from augderm.domain.errors import InvalidConfig
from augderm.store.models import AuditRow, UserRow
from augderm.web.app import create_app
from support.clinic import somebody
from support.provider import CLIENT, SECRET, Provider, provider

SUBJECT = "ada@hospital"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def there(one_provider: Provider) -> Provider:
    """The provider, which tells the truth."""
    one_provider.key, one_provider.claims, one_provider.metadata = None, {}, {}
    one_provider.more_keys = []
    one_provider.header = {"alg": "RS256", "kid": "1"}
    return one_provider


@pytest.fixture
def here(platform: Platform, there: Provider) -> Platform:
    """A platform with that provider."""
    oidc = OidcSettings(issuer=there.issuer, client_id=CLIENT, client_secret=SECRET, label="Hospital")
    return replace(platform, settings=replace(platform.settings, oidc=oidc))


@pytest.fixture
def ada(here: Platform) -> Person:
    """A reader whom the administrator gave a subject."""
    administrator = somebody(here, "administrator")
    person = somebody(here, "reader", like=administrator)
    assert set_provider_subject(here, administrator, person.user_id, SUBJECT, 1).provider_subject == SUBJECT
    return person


@pytest.fixture
def client(here: Platform) -> TestClient:
    return TestClient(create_app(here.settings, here))


def _begin(client: TestClient) -> str:
    answer = client.get("/oidc/login", follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def _back(client: TestClient, answer: dict[str, str]) -> Response:
    return client.get("/oidc/callback", params=answer)


def test_who_was_given_a_subject_is_signed_in_and_the_log_says_how(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    assert "Sign in with Hospital" in client.get("/login").text
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    with here.database.reading() as session:
        (entry,) = session.scalars(select(AuditRow).where(AuditRow.action == "sign_in.provider"))
    assert entry.user_id == ada.user_id
    assert "augderm_oidc" not in client.cookies


def test_nobody_registers_by_signing_in(here: Platform, client: TestClient, there: Provider) -> None:
    page = _back(client, there.authorise(_begin(client), "stranger"))
    assert page.status_code == 401
    assert "stranger" in page.text
    with here.database.reading() as session:
        assert session.scalars(select(UserRow)).all() == []


def test_a_closed_account_stays_closed(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    administrator = somebody(here, "administrator", like=ada)
    change_user(here, administrator, ada.user_id, ["reader"], False, 2)
    assert _back(client, there.authorise(_begin(client), SUBJECT)).status_code == 401


def test_a_sign_in_is_finished_by_the_browser_that_began_it_and_once(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    answer = there.authorise(_begin(client), SUBJECT)
    other = TestClient(create_app(here.settings, here))
    assert _back(other, answer).status_code == 401, "a browser that began nothing"
    _begin(other)
    assert _back(other, answer).status_code == 401, "another sign-in's state"
    assert _back(client, answer | {"iss": "https://elsewhere.example"}).status_code == 401
    assert _back(client, answer).status_code == 401, "what was begun was used up by the refusal"
    again = there.authorise(_begin(client), SUBJECT)
    kept = client.cookies["augderm_oidc"]
    assert _back(client, again).url.path == "/worklist"
    client.cookies.clear()
    client.cookies.set("augderm_oidc", kept)
    assert _back(client, again).status_code == 502, "the provider takes a code once"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
        {"iat": int(time.time()) + 86_400},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: TestClient, there: Provider, ada: Person, claims: dict[str, Any]
) -> None:
    there.claims = claims
    assert _back(client, there.authorise(_begin(client), SUBJECT)).status_code == 502
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize("forgery", ["another key", "shared secret"])
def test_a_token_with_a_forged_signature_is_refused(
    client: TestClient, there: Provider, ada: Person, forgery: str
) -> None:
    if forgery == "another key":
        there.key = RSAKey.generate_key(2048, {"kid": "1"})
    else:
        # Even where the key stands in the provider's own set: only key pairs are proof.
        there.header = {"alg": "HS256", "kid": "2"}
        there.key = OctKey.generate_key(256, {"kid": "2"})
        there.more_keys = [there.key.as_dict(private=True)]
    assert _back(client, there.authorise(_begin(client), SUBJECT)).status_code == 502
    assert client.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
    ids=str,
)
def test_a_provider_that_leads_elsewhere_is_not_followed(
    client: TestClient, there: Provider, metadata: dict[str, Any]
) -> None:
    there.metadata = metadata
    page = client.get("/oidc/login", follow_redirects=False)
    assert page.status_code == 502
    assert "sign in with your password" in page.text


def test_without_the_code_or_with_a_refusal_nobody_is_signed_in(
    client: TestClient, there: Provider, ada: Person
) -> None:
    state = there.authorise(_begin(client), SUBJECT)["state"]
    assert _back(client, {"error": "access_denied", "state": state}).status_code == 401


def test_without_a_provider_there_is_no_such_sign_in(platform: Platform) -> None:
    client = TestClient(create_app(platform.settings, platform))
    assert "/oidc/login" not in client.get("/login").text
    for path in ("/oidc/login", "/oidc/callback?code=x&state=x"):
        assert client.get(path).status_code == 404
    administrator = somebody(platform, "administrator")
    with pytest.raises(InvalidEntry, match="no sign-in provider"):
        set_provider_subject(platform, administrator, administrator.user_id, "x", 1)


def test_a_subject_belongs_to_one_user(here: Platform, ada: Person) -> None:
    administrator = somebody(here, "administrator", like=ada)
    with pytest.raises(InvalidEntry, match="already"):
        set_provider_subject(here, administrator, administrator.user_id, SUBJECT, 1)
    assert set_provider_subject(here, administrator, ada.user_id, "", 2).provider_subject == ""
    assert set_provider_subject(here, administrator, administrator.user_id, SUBJECT, 1).version == 2


GOOD = 'issuer = "https://login.example"\nclient_id = "a"\nclient_secret = "b"\nlabel = "Login"\n'


def test_the_file_is_read_and_the_secret_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "oidc.toml"
    file.write_text(GOOD)
    assert read_oidc(file).client_secret == "b"
    assert not re.search(r"'b'|\"b\"", repr(read_oidc(file)))
    monkeypatch.setenv(SECRET_NAME, "c")
    assert read_oidc(file).client_secret == "c"


@pytest.mark.parametrize(
    "text",
    [
        GOOD + 'scope = "all"\n',
        GOOD.replace('label = "Login"', ""),
        GOOD.replace('"a"', "7"),
        GOOD.replace("https", "http"),
        "issuer",
    ],
)
def test_a_wrong_file_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "oidc.toml"
    file.write_text(text)
    with pytest.raises(InvalidConfig):
        read_oidc(file)
