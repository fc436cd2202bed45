"""Signing in at a provider: who was let in by an administrator, and nothing forged, replayed or foreign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from html import unescape
from pathlib import Path
from threading import Semaphore
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.cli.serving.oidc_file import SECRET as SECRET_NAME
from augderm.cli.serving.oidc_file import read_oidc
from augderm.clinic.accounts.oidc import REMEMBERED
from augderm.clinic.accounts.provider_links import (
    choose_account,
    invite_to_provider,
    link_provider,
    propose_link,
    sign_in_by_provider,
    unlink_provider,
)
from augderm.clinic.accounts.sessions import new_session, person_of
from augderm.clinic.accounts.users import change_user
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.settings import OidcSettings
from augderm.domain.errors import InvalidConfig
from augderm.store.models import AuditRow, UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE
from support.clinic import Clock, somebody
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
    one_provider.more_keys, one_provider.paths = [], []
    one_provider.header = {"alg": "RS256", "kid": "1"}
    return one_provider


@pytest.fixture
def here(platform: Platform, there: Provider) -> Platform:
    """A platform with that provider."""
    oidc = OidcSettings(issuer=there.issuer, client_id=CLIENT, client_secret=SECRET, label="Hospital")
    return replace(platform, settings=replace(platform.settings, oidc=oidc))


@pytest.fixture
def ada(here: Platform) -> Person:
    """A reader whose account is linked to a subject."""
    administrator = somebody(here, "administrator")
    person = somebody(here, "reader", like=administrator)
    _linked(here, administrator, person)
    return person


def _linked(here: Platform, administrator: Person, person: Person, subject: str = SUBJECT) -> None:
    assert here.settings.oidc is not None
    token = invite_to_provider(here, administrator, person.user_id).token
    issuer = here.settings.oidc.issuer
    link_provider(here, propose_link(here, token, issuer, subject, "b").token, issuer, subject, "b", "")


def _open_link(client: TestClient, token: str) -> str:
    """Through the link's page to the provider.

    Returns:
        where the browser is sent to.
    """
    page = client.get(f"/oidc/link/{token}")
    assert page.status_code == 200, page.text
    there = re.search(r'href="(/oidc/link/[^"]+/begin[^"]+)"', page.text)
    assert there is not None
    answer = client.get(there[1], follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


@pytest.fixture
def client(here: Platform) -> TestClient:
    return TestClient(create_app(here.settings, here))


def _begin(client: TestClient) -> str:
    answer = client.get("/oidc/login", follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def _back(client: TestClient, answer: dict[str, str]) -> Response:
    return client.get("/oidc/callback", params=answer)


def _confirm(client: TestClient, page: Response, **other: str) -> Response:
    """Send the form of the page that asks whether to link."""
    fields = dict(re.findall(r'name="(csrf_token|token|subject)" value="([^"]*)"', page.text))
    return client.post("/oidc/confirm", data={name: unescape(text) for name, text in fields.items()} | other)


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
    assert "Ask an administrator of your clinic for a link" in page.text
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
        {"iat": 4_102_444_800},  # in the year 2100
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
        invite_to_provider(platform, administrator, administrator.user_id)


def test_an_account_is_linked_by_who_opens_its_link_and_signs_in_there(
    here: Platform, client: TestClient, there: Provider
) -> None:
    administrator = somebody(here, "administrator")
    person = somebody(here, "reader", like=administrator)
    token = invite_to_provider(here, administrator, person.user_id).token
    url = _open_link(client, token)
    page = _back(client, there.authorise(url, SUBJECT))
    assert _user(here, person).provider_subject is None, "nothing is linked before somebody has seen whose"
    assert _confirm(client, page).url.path == "/worklist"
    assert _user(here, person).provider_subject == f"{there.issuer} {SUBJECT}"
    client.cookies.clear()
    assert client.get(f"/oidc/link/{token}").status_code == 404, "a link works once"
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    with here.database.reading() as session:
        (entry,) = session.scalars(select(AuditRow).where(AuditRow.action == "provider.link"))
    assert (entry.user_id, entry.clinic_id) == (person.user_id, person.clinic_id)


def test_a_link_asks_for_a_fresh_sign_in_and_a_sign_in_for_whom(
    client: TestClient, here: Platform, there: Provider, ada: Person
) -> None:
    """On a shared computer the provider may remember a colleague."""
    there.metadata = {"scopes_supported": ["openid", "email", "groups"]}
    asked = parse_qs(urlsplit(_begin(client)).query)
    assert (asked["prompt"], asked["scope"]) == (["select_account"], ["openid"])
    administrator = somebody(here, "administrator", like=ada)
    token = invite_to_provider(here, administrator, administrator.user_id).token
    asked = parse_qs(urlsplit(_open_link(client, token)).query)
    assert (asked["prompt"], asked["max_age"], asked["scope"]) == (["login"], ["0"], ["openid email"])


@pytest.mark.parametrize(("seconds_before", "status"), [(3600, 401), (0, 200), (None, 200)])
def test_a_sign_in_that_was_made_before_the_link_was_opened_links_nothing(
    client: TestClient,
    here: Platform,
    there: Provider,
    clock: Clock,
    seconds_before: int | None,
    status: int,
) -> None:
    person = somebody(here, "administrator")
    token = invite_to_provider(here, person, person.user_id).token
    at = clock.at.timestamp()
    there.claims = {"auth_time": None if seconds_before is None else int(at) - seconds_before}
    page = _back(client, there.authorise(_open_link(client, token), SUBJECT))
    assert page.status_code == status
    assert ("Both are me" in page.text) == (status == 200)


def test_who_links_reads_both_names_and_nobody_else_can_confirm(
    client: TestClient, here: Platform, there: Provider
) -> None:
    person = somebody(here, "administrator")
    token = invite_to_provider(here, person, person.user_id).token
    there.claims = {"name": "Dr Beate Beispiel"}
    page = _back(client, there.authorise(_open_link(client, token), SUBJECT))
    for told in ("Dr Beate Beispiel", SUBJECT, person.name, person.clinic.name):
        assert told in page.text
    assert _confirm(client, page, subject="another").status_code == 404, "another sign-in than was proved"
    elsewhere = TestClient(create_app(here.settings, here))
    check = re.search(r'name="csrf_token" value="([^"]+)"', elsewhere.get("/login").text)
    assert check is not None
    assert _confirm(elsewhere, page, csrf_token=check[1]).status_code == 404, "another browser"
    assert _user(here, person).provider_subject is None
    assert _confirm(client, page).url.path == "/users"
    assert "augderm_oidc" not in client.cookies
    client.cookies.clear()
    assert client.get(f"/oidc/link/{token}").status_code == 404


def test_a_new_link_ends_what_the_earlier_sign_in_could_choose(
    here: Platform, there: Provider, ada: Person
) -> None:
    other = somebody(here, "administrator", "reader")
    _linked(here, other, other)
    choice = sign_in_by_provider(here, there.issuer, SUBJECT, "b", "")
    _linked(here, somebody(here, "administrator", like=ada), ada, "new subject")
    assert not isinstance(choice, str)
    signed: list[str] = []
    for account in choice:
        with suppress(NotFound):
            signed.append(person_of(here, choose_account(here, account.token, "b", "")).user_id)
    assert signed == [other.user_id]


def test_only_the_browser_that_signed_in_chooses(here: Platform, there: Provider, ada: Person) -> None:
    other = somebody(here, "administrator", "reader")
    _linked(here, other, other)
    choice = sign_in_by_provider(here, there.issuer, SUBJECT, "b", "")
    assert not isinstance(choice, str)
    for browser in ("", "c"):
        with pytest.raises(NotFound):
            choose_account(here, choice[0].token, browser, "")
    assert choose_account(here, choice[0].token, "b", "")


def test_the_provider_is_not_asked_again_for_what_it_said_minutes_ago(
    client: TestClient, there: Provider, ada: Person, clock: Clock
) -> None:
    for _ in range(3):
        assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    assert there.paths == ["/.well-known/openid-configuration", "/keys"]
    clock.forward(REMEMBERED)
    _begin(client)
    assert there.paths[2:] == ["/.well-known/openid-configuration"]


def test_a_key_that_the_provider_has_had_only_since_is_fetched(
    client: TestClient, there: Provider, ada: Person
) -> None:
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    there.key, there.header = RSAKey.generate_key(2048, {"kid": "new"}), {"alg": "RS256", "kid": "new"}
    there.more_keys = [there.key.as_dict(private=False)]
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"


def test_a_slow_provider_takes_few_threads_and_the_others_are_told(
    client: TestClient, there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client.app.state.provider, "_slots", Semaphore(0))  # type: ignore[attr-defined]
    page = client.get("/oidc/login", follow_redirects=False)
    assert page.status_code == 502
    assert "many wait for it already" in page.text
    assert there.paths == []


def test_an_administrator_cannot_claim_a_subject_for_a_clinic(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    """Who belongs to one clinic is not drawn into another, nor kept out of it, by what is typed there."""
    strangers = somebody(here, "administrator")
    invited = invite_to_provider(here, strangers, strangers.user_id)
    with_token = TestClient(create_app(here.settings, here))
    assert with_token.put(f"/api/v1/users/{strangers.user_id}/provider", json={}).status_code in (401, 405)
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    assert client.get("/api/v1/session").json()["login"] == ada.login
    assert _user(here, strangers).provider_subject is None
    assert invited.user.provider_subject == ""


@pytest.mark.parametrize("claim", ["email", "preferred_username", "sub of another issuer"])
def test_neither_an_address_nor_a_name_links_an_account(
    here: Platform, client: TestClient, there: Provider, ada: Person, claim: str
) -> None:
    if claim == "sub of another issuer":
        with here.database.writing() as session:
            session.get_one(UserRow, ada.user_id).provider_subject = f"https://elsewhere.example {SUBJECT}"
        assert _back(client, there.authorise(_begin(client), SUBJECT)).status_code == 401
        return
    there.claims = {claim: ada.login, "email_verified": True}
    assert _back(client, there.authorise(_begin(client), "somebody-else")).status_code == 401


def test_who_has_accounts_in_two_clinics_chooses_at_each_sign_in(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    other = somebody(here, "administrator", "reader")
    _linked(here, other, other)
    page = _back(client, there.authorise(_begin(client), SUBJECT))
    assert page.status_code == 200
    assert "Choose a clinic" in page.text
    assert client.get("/api/v1/session").status_code == 401, "nobody is signed in before the choice"
    tokens = re.findall(r'name="token" value="([^"]+)"', page.text)
    check = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert len(set(tokens)) == 2
    assert check is not None
    assert client.post("/oidc/choose", data={"token": tokens[0]}).status_code == 403, "not from our page"
    chosen = client.post("/oidc/choose", data={"token": tokens[0], "csrf_token": check[1]})
    assert chosen.url.path == "/worklist"
    first = client.get("/api/v1/session").json()["login"]
    assert first in (ada.login, other.login)
    fresh = TestClient(create_app(here.settings, here))
    again = re.search(r'name="csrf_token" value="([^"]+)"', fresh.get("/login").text)
    assert again is not None
    for token in tokens:
        sent = {"token": token, "csrf_token": again[1]}
        assert fresh.post("/oidc/choose", data=sent).status_code == 404, "a choice is made once"


def test_a_closed_account_is_no_choice(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    other = somebody(here, "administrator", "reader")
    _linked(here, other, other)
    choice = sign_in_by_provider(here, there.issuer, SUBJECT, "b", "")
    assert not isinstance(choice, str)
    change_user(here, somebody(here, "administrator", like=ada), ada.user_id, ["reader"], False, 2)
    signed: list[str] = []
    for account in choice:
        # Closed while the page was open; and a choice is made once.
        with suppress(NotFound):
            signed.append(person_of(here, choose_account(here, account.token, "b", "")).user_id)
    assert signed == [other.user_id]
    assert _back(client, there.authorise(_begin(client), SUBJECT)).url.path == "/worklist"
    assert client.get("/api/v1/session").json()["login"] == other.login


def test_one_subject_is_one_account_of_a_clinic(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    administrator = somebody(here, "administrator", like=ada)
    token = invite_to_provider(here, administrator, administrator.user_id).token
    page = _back(client, there.authorise(_open_link(client, token), SUBJECT))
    assert page.status_code == 409
    assert client.get("/api/v1/session").status_code == 401
    unlink_provider(here, administrator, ada.user_id, 2)
    client.cookies.clear()
    page = _back(client, there.authorise(_open_link(client, token), SUBJECT))
    assert _confirm(client, page).url.path == "/users"


def test_a_link_is_begun_by_its_own_page_and_bound_to_the_browser(
    here: Platform, client: TestClient, there: Provider, ada: Person
) -> None:
    """Another site cannot send a browser to link its user's sign-in to a stranger's account."""
    stranger = somebody(here, "administrator")
    token = invite_to_provider(here, stranger, stranger.user_id).token
    for address in (f"/oidc/link/{token}/begin", f"/oidc/link/{token}/begin?check={'0' * 64}"):
        client.get("/login")
        assert client.get(address, follow_redirects=False).status_code == 403
    url = _open_link(client, token)
    elsewhere = TestClient(create_app(here.settings, here))
    elsewhere.get("/oidc/login", follow_redirects=False)
    assert _back(elsewhere, there.authorise(url, SUBJECT)).status_code == 401
    assert _user(here, stranger).provider_subject is None


def test_taking_a_link_away_ends_sessions_and_invitations(here: Platform, ada: Person) -> None:
    administrator = somebody(here, "administrator", like=ada)
    invited = invite_to_provider(here, administrator, ada.user_id)
    client = TestClient(create_app(here.settings, here))
    with here.database.writing() as session:
        client.cookies.set(SESSION_COOKIE, new_session(session, here, _user(here, ada)))
    assert client.get("/api/v1/session").status_code == 200
    assert unlink_provider(here, administrator, ada.user_id, 2).provider_subject == ""
    assert client.get("/api/v1/session").status_code == 401
    assert client.get(f"/oidc/link/{invited.token}").status_code == 404
    with pytest.raises(Conflict):
        unlink_provider(here, administrator, ada.user_id, 2)


@pytest.mark.parametrize("subject", ["x" * 256, "a\nb", "\u202ea"])
def test_a_subject_that_is_none_is_refused(
    client: TestClient, there: Provider, ada: Person, subject: str
) -> None:
    there.claims = {"sub": subject}
    assert _back(client, there.authorise(_begin(client), SUBJECT)).status_code == 502


def test_markup_in_a_subject_is_shown_as_text(here: Platform, client: TestClient, there: Provider) -> None:
    administrator = somebody(here, "administrator")
    token = invite_to_provider(here, administrator, administrator.user_id).token
    asks = _back(client, there.authorise(_open_link(client, token), "<script>alert(1)</script>"))
    assert "<script>alert" not in asks.text
    assert _confirm(client, asks).url.path == "/users"
    page = client.get("/users").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def _user(here: Platform, person: Person) -> UserRow:
    with here.database.reading() as session:
        return session.get_one(UserRow, person.user_id)


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
