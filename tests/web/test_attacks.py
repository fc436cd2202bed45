"""What a reviewer tried against the pages and the API, and must go on failing."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.images import add_image
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.person import ROLES, Person
from augderm.clinic.platform import Platform
from augderm.clinic.referrals import ask
from augderm.clinic.training_export import export_training_set
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE, token_from
from augderm.web.routes.answers import own_path
from support.clinic import ADA, open_case, phantom_jpeg, somebody
from support.signing import read_by_machine

MARKUP = '"><script>alert(1)</script>'
PASSWORD = "a quiet river bend"
ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\r\nLocation: https://evil.example",
    "\x01//evil.example",
    " //evil.example",
    "evil.example",
    "",
]


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform), raise_server_exceptions=False) as made:
        yield made


def _as(client: TestClient, platform: Platform, person: Person) -> str:
    """Sign in.

    Returns:
        what changes carry.
    """
    with platform.database.writing() as session:
        token = new_session(session, platform, session.get_one(UserRow, person.user_id))
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, token)
    return token_from(token)


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(platform: Platform, client: TestClient, wanted: str) -> None:
    assert own_path(wanted) == "/"
    person = somebody(platform, "reader", password_hash=hashed("password", PASSWORD))
    page = client.get("/login", params={"next": wanted})
    assert "evil" not in page.text
    check = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {"login": person.login, "password": PASSWORD, "next": wanted, "csrf_token": check}
    answer = client.post("/login", data=sent, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("address", ["https://evil.example/x", "//evil.example//evil", "javascript:alert(1)"])
def test_an_ended_session_leads_a_fragment_to_our_own_sign_in(client: TestClient, address: str) -> None:
    answer = client.get("/patients", headers={"hx-request": "true", "hx-current-url": address})
    assert answer.headers["hx-redirect"].startswith("/login")
    assert "://" not in answer.headers["hx-redirect"]


@pytest.mark.parametrize("length", ["\u00b2", "-1", "+1", "1_0", " 7", "1e3", "0x10", "9" * 30, ""])
def test_a_length_that_is_no_number_is_refused_and_no_fault_of_ours(client: TestClient, length: str) -> None:
    headers = {b"content-length": length.encode("latin-1"), b"content-type": b"application/json"}
    answer = client.post("/api/v1/session", content=b"{}", headers=headers)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "path", ["/patients/%00", "/patients?q=%00", "/api/v1/images/a%00b", "/static/%00", "/worklist?after=%00"]
)
def test_an_address_with_a_null_character_is_refused(
    platform: Platform, client: TestClient, path: str
) -> None:
    _as(client, platform, somebody(platform, *ROLES))
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("path", ["/static/../../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd"])
def test_static_files_are_those_of_their_folder(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_no_picture_is_had_by_way_of_another_case(platform: Platform, client: TestClient) -> None:
    """A key of one's own beside one of somebody else's, in each route that takes two."""
    person, theirs = somebody(platform, *ROLES), somebody(platform, "reader", "nurse")
    mine, other = open_case(platform, person), open_case(platform, theirs, seed=1)
    asked = ask(platform, theirs, str(other.image.case_id), person.user_id, False, "?")
    second = open_case(platform, theirs, replace(ADA, identifier="5", family_name="Other"), seed=2).image.id
    check = _as(client, platform, person)
    for image in (second, mine.image.id):
        for what in ("", "/original", "/assessment"):
            path = f"/questions/{asked.id}/images/{image}{what}"
            assert client.get(f"/api/v1{path}").status_code == 404, path
            if what != "/assessment":
                assert client.get(path).status_code == 404, path
    for image in (other.image.id, second):
        for what in ("preview", "original", "assessment", "progress", "overlays/border", "overlays/melanin"):
            assert client.get(f"/api/v1/images/{image}/{what}").status_code == 404, what
        for pair in ((image, mine.image.id), (mine.image.id, image)):
            path = f"/api/v1/comparisons/{pair[0]}/{pair[1]}"
            for suffix in ("", "/baseline", "/follow_up"):
                assert client.get(path + suffix).status_code == 404, path
        items = f"/api/v1/cases/{mine.image.case_id}/images/{image}/items"
        sent = client.post(items, json={"items": {}}, headers={"x-csrf-token": check})
        assert sent.status_code == 404


def test_markup_in_the_name_of_a_file_a_patient_or_a_question_is_shown_as_text(
    platform: Platform, client: TestClient
) -> None:
    person = somebody(platform, *ROLES)
    other = somebody(platform, "reader", like=person)
    case = open_case(platform, person, replace(ADA, family_name=MARKUP, given_name=MARKUP))
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(1), MARKUP + ".jpg")
    asked = ask(platform, other, str(case.image.case_id), person.user_id, True, MARKUP)
    _as(client, platform, person)
    for path in (
        f"/visits/{case.visit.id}",
        f"/patients/{case.patient.id}",
        f"/lesions/{case.lesion.id}",
        f"/cases/{case.image.case_id}",
        f"/cases/{case.image.case_id}/referrals",
        f"/questions/{asked.id}",
        "/questions",
        "/worklist",
        "/audit",
        "/users",
    ):
        page = client.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
    named = client.get(f"/images/{case.image.id}/original").headers["content-disposition"]
    assert "\n" not in named
    assert "<" not in named


def test_what_is_served_of_an_upload_is_the_type_that_it_is_and_kept_by_no_browser(
    platform: Platform, client: TestClient
) -> None:
    person = somebody(platform, *ROLES)
    case = open_case(platform, person)
    other = somebody(platform, "reader", like=person)
    asked = ask(platform, other, str(case.image.case_id), person.user_id, True, "?")
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "brown").save(buffer, "TIFF")
    check = _as(client, platform, person)
    path = f"/api/v1/visits/{case.visit.id}/images"
    sent = client.post(
        path,
        data={"lesion": case.lesion.id},
        files={"file": ("page.html", buffer.getvalue(), "text/html")},
        headers={"x-csrf-token": check},
    )
    assert sent.status_code == 201, sent.text
    key = sent.json()["image"]["id"]
    for address, kind in (
        (f"/images/{key}/original", "image/tiff"),
        (f"/api/v1/images/{key}/original", "image/tiff"),
        (f"/images/{case.image.id}/preview", "image/jpeg"),
        (f"/questions/{asked.id}/images/{case.image.id}/original", "image/jpeg"),
        (f"/questions/{asked.id}/images/{key}/original", "image/jpeg"),
        (f"/patients/{case.patient.id}", "text/html; charset=utf-8"),
        (f"/api/v1/patients/{case.patient.id}", "application/json"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"] == kind, address
        assert answer.headers["cache-control"] == "no-store", address
        assert answer.headers["x-content-type-options"] == "nosniff", address
    assert client.get(f"/images/{key}/original").headers["content-disposition"].startswith("attachment")


def test_a_patients_copy_has_names_of_files_that_lead_nowhere(platform: Platform, client: TestClient) -> None:
    person = somebody(platform, *ROLES)
    case = open_case(platform, person)
    name = "../../../etc/cron.d/evil.jpg"
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(1), name)
    check = _as(client, platform, person)
    answer = client.post(f"/api/v1/patients/{case.patient.id}/export", headers={"x-csrf-token": check})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        for each in archive.namelist():
            assert ".." not in each
            assert not Path(each).is_absolute()


def test_a_training_set_holds_no_cell_that_a_spreadsheet_would_run(
    platform: Platform, tmp_path: Path
) -> None:
    person = somebody(platform, *ROLES)
    hostile = replace(ADA, identifier="=1+1", family_name="=cmd|' /C calc'!A0", given_name="@SUM(1)")
    case = open_case(platform, person, hostile)
    read_by_machine(platform, case.image.id)
    entry = OutcomeEntry(confirmed_by="histopathology", diagnosis="nv", diagnosis_text="=1+1")
    enter_outcome(platform, person, case.lesion.id, entry)
    export_training_set(platform, person, tmp_path / "set")
    with (tmp_path / "set" / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
