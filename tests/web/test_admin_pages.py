"""Pages of the administrator and the auditor: settings, privacy, log, account, design."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from augderm.web.app import create_app
from support.clinic import open_case, phantom_jpeg, somebody
from support.web import PATIENT, START, as_person, post, signed_in

CLINIC = {"clinic": "Skin", "timezone": "Europe/Paris", "blind_first": "yes"}


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    """Signed in as somebody of every role."""
    with TestClient(create_app(platform.settings, platform)) as made:
        signed_in(made, platform)
        with platform.database.writing() as session:
            user = session.scalars(select(UserRow)).one()
            user.roles = "reader,nurse,administrator,auditor"
        yield made


@pytest.fixture
def patient(client: TestClient) -> str:
    """The key of a patient with a photograph."""
    page = post(client, "/patients", PATIENT, page="/patients/new").url.path
    lesion = post(client, f"{page}/lesions", {"site": "", "laterality": ""}, page=page).url.path
    visit = post(client, f"{page}/visits", {"note": ""}, page=page).url.path
    sent = {"images": ("a.jpg", phantom_jpeg(), "image/jpeg")}
    post(client, f"{visit}/images", {"lesion": lesion.rpartition("/")[2]}, page=visit, files=sent)
    return page.rpartition("/")[2]


def test_settings_are_saved_felt_and_refused_when_stale(client: TestClient) -> None:
    page = post(client, "/clinic", CLINIC | {"version": "1"}, page="/clinic")
    assert "The settings were saved." in page.text
    assert '<span class="clinic" dir="auto">Skin</span>' in page.text
    late = post(client, "/clinic", CLINIC | {"clinic": "Late", "version": "1"}, page="/clinic")
    assert late.status_code == 409
    assert 'value="Late"' in late.text, "what was typed stays"
    wrong = post(client, "/clinic", CLINIC | {"retention_years": "-3", "version": "2"}, page="/clinic")
    assert wrong.status_code == 422
    assert "whole number from 1 to 100" in wrong.text


def test_a_patients_copy_is_found_by_the_identifier_and_downloaded(client: TestClient, patient: str) -> None:
    assert post(client, "/privacy/find", {"identifier": "0815"}, page="/privacy").status_code == 404
    page = post(client, "/privacy/find", {"identifier": " 4711 "}, page="/privacy")
    assert page.url.path == f"/privacy/{patient}"
    assert "Müller" in page.text
    copy = post(client, f"{page.url.path}/export", {}, page=page.url.path)
    assert copy.headers["content-type"] == "application/zip"
    assert "Müller" not in copy.headers["content-disposition"]
    assert int(copy.headers["content-length"]) == len(copy.content)
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2


def test_an_erasure_asks_for_the_identifier_and_a_hold_stops_it(client: TestClient, patient: str) -> None:
    page = f"/privacy/{patient}"
    wrong = post(client, f"{page}/erase", {"identifier": "1", "version": "1"}, page=page)
    assert (wrong.status_code, "not this patient" in wrong.text) == (422, True)
    post(client, f"{page}/hold", {"hold_reason": "law suit", "version": "1"}, page=page)
    assert "Erase this patient" not in client.get(page).text
    held = post(client, f"{page}/erase", {"identifier": "4711", "version": "2"}, page=page)
    assert (held.status_code, "law suit" in held.text) == (409, True)
    post(client, f"{page}/hold", {"hold_reason": "", "version": "2"}, page=page)
    done = post(client, f"{page}/erase", {"identifier": "4711", "version": "3"}, page=page)
    assert "The patient was erased" in done.text
    for gone in (f"/patients/{patient}", page):
        assert client.get(gone).status_code == 404
    log = client.get(f"/audit?subject_id={patient}").text
    assert "patient.erase" in log
    assert "Müller" not in log


def test_an_erasure_whose_files_cannot_be_deleted_yet_is_told_as_done_with_files_left(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "nurse", "administrator")
    case = open_case(platform, person)

    def away(_blobs: object, _sha256: str) -> None:
        raise OSError("the store is away")

    monkeypatch.setattr(type(platform.blobs), "delete", away)
    client, page = as_person(platform, person), f"/privacy/{case.patient.id}"
    done = post(client, f"{page}/erase", {"identifier": "4711", "version": "1"}, page=page)
    assert done.status_code == 200
    assert "The patient was erased" in done.text
    assert "could not be deleted yet" in done.text
    assert client.get(page).status_code == 404


def test_an_empty_identifier_finds_nobody_and_says_so(platform: Platform) -> None:
    client = as_person(platform, somebody(platform, "administrator"))
    found = post(client, "/privacy/find", {"identifier": " "}, page="/privacy")
    assert found.status_code == 422
    assert "This is empty" in found.text


def test_the_log_is_searched_paged_and_verified(client: TestClient, patient: str) -> None:
    page = client.get("/audit?action=patient.create")
    assert page.text.count('<code class="action" dir="ltr">patient.create</code>') == 1
    assert START["name"] in page.text
    assert client.get("/audit?day=tomorrow").status_code == 422
    for _ in range(51):
        client.get(f"/patients/{patient}")
    first = client.get("/audit?action=patient.view").text
    more = re.search(r'href="(/audit\?[^"]*before=\d+)"', first)
    assert more is not None
    second = client.get(more[1].replace("&amp;", "&")).text
    assert "patient.view" in second
    assert 'rel="next"' not in second
    assert "is whole:" in post(client, "/audit/verify", {}, page="/audit").text


def test_a_case_leads_an_auditor_to_its_log(client: TestClient, patient: str) -> None:
    visit = re.search(r"/visits/[0-9a-f-]{36}", client.get(f"/patients/{patient}").text)
    assert visit is not None
    link = re.search(r"/audit/cases/[0-9a-f-]{36}", client.get(visit[0]).text)
    assert link is not None
    assert "image.add" in client.get(link[0]).text


def test_the_own_password_is_changed_with_the_old_one_alone_and_other_sessions_end(
    platform: Platform, client: TestClient
) -> None:
    other = TestClient(create_app(platform.settings, platform))
    sign_in = {"login": "ada", "password": START["password"]}
    assert post(other, "/login", sign_in, page="/login").url.path == "/worklist"
    new = "a quiet river bend"
    for old, typed, told in (("wrong", new, "not your password"), (START["password"], "short", "12 to 256")):
        page = post(client, "/account/password", {"old_password": old, "password": typed}, page="/account")
        assert (page.status_code, told in page.text) == (422, True)
    assert other.get("/patients").url.path == "/patients"
    sent = {"old_password": START["password"], "password": new}
    assert "was changed" in post(client, "/account/password", sent, page="/account").text
    assert other.get("/patients").url.path == "/login"
    assert client.get("/patients").url.path == "/patients"
    assert post(other, "/login", sign_in, page="/login").status_code == 401
    assert post(other, "/login", sign_in | {"password": new}, page="/login").url.path == "/worklist"


def test_the_own_language_counts_before_the_browsers_and_an_unknown_one_is_refused(
    client: TestClient,
) -> None:
    page = post(client, "/account/locale", {"locale": "de"}, page="/account")
    assert 'lang="de"' in page.text
    assert "Ihr Konto" in page.text
    assert 'lang="de"' in client.get("/patients", headers={"accept-language": "fr"}).text
    assert post(client, "/account/locale", {"locale": "xx"}, page="/account").status_code == 422
    assert 'lang="fr"' in (
        post(client, "/account/locale", {"locale": ""}, page="/account").history
        and client.get("/patients", headers={"accept-language": "fr"}).text
    )


def test_an_administrator_closes_an_account_and_its_sessions_end_at_once(
    platform: Platform, client: TestClient
) -> None:
    page = post(client, "/users", {"login": "nina", "name": "Nina", "roles": ["nurse"]}, page="/users")
    link = re.search(r"/link/[\w-]{43}", page.text)
    user = re.search(
        r'action="/users/([0-9a-f-]{36})/link"', page.text.partition("Nina")[2].partition("nina")[2]
    )
    assert link is not None
    assert user is not None
    nurse = TestClient(create_app(platform.settings, platform))
    assert post(nurse, link[0], {"password": "a quiet river bend"}, page=link[0]).url.path == "/patients"
    change = {"roles": ["nurse"], "version": "2"}
    assert post(client, f"/users/{user[1]}", change, page="/users").status_code == 200
    assert nurse.get("/patients").url.path == "/login"


def test_the_design_page_shows_every_colour_and_class_of_the_style_sheet(client: TestClient) -> None:
    page = client.get("/design").text
    style = client.get("/static/css/augderm.css").text
    swatches = client.get("/static/css/design.css").text
    root = style.partition(":root {")[2].partition("}")[0]
    colours = set(re.findall(r"--([\w-]+): #", root))
    assert len(colours) >= 10
    assert {colour for colour in colours if f'<code dir="ltr">--{colour}</code>' not in page} == set()
    assert {colour for colour in colours if f"var(--{colour})" not in swatches} == set()
