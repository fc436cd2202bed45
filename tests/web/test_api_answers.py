"""Routes of the API that do what they are there for: what goes in comes out again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import new_session
from augderm.clinic.platform import Platform
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import UserRow
from augderm.web.app import create_app
from augderm.web.csrf import HEADER, SESSION_COOKIE, token_from
from support.clinic import phantom_jpeg, somebody
from support.web import PATIENT

V1 = "/api/v1"


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    """Signed in as somebody of every role."""
    person = somebody(platform, "reader", "nurse", "administrator", "auditor")
    with platform.database.writing() as session:
        token = new_session(session, platform, session.scalars(select(UserRow)).one())
    with TestClient(create_app(platform.settings, platform), headers={HEADER: token_from(token)}) as made:
        made.cookies.set(SESSION_COOKIE, token)
        assert made.get(f"{V1}/session").json()["login"] == person.login
        yield made


def _sent(client: TestClient, method: str, path: str, status: int, **sent: Any) -> Any:
    answer = client.request(method, V1 + path, **sent)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def case(client: TestClient) -> dict[str, Any]:
    """Keys of a patient with a lesion, a visit and a photograph, all made by the API."""
    patient = _sent(client, "POST", "/patients", 201, json=PATIENT)["id"]
    given = {"site": "posterior torso", "laterality": "left", "note": "itches"}
    lesion = _sent(client, "POST", f"/patients/{patient}/lesions", 201, json=given)["id"]
    visit = _sent(client, "POST", f"/patients/{patient}/visits", 201, json={"note": "first"})["id"]
    added = _sent(
        client,
        "POST",
        f"/visits/{visit}/images",
        201,
        data={"lesion": lesion, "mm_per_px": "0.02"},
        files={"file": ("a.jpg", phantom_jpeg(), "image/jpeg")},
    )
    assert added["new"] is True
    image, key = added["image"]["id"], added["image"]["case_id"]
    return {"patient": patient, "lesion": lesion, "visit": visit, "image": image, "case": key}


def test_what_was_taken_in_is_given_again(client: TestClient, case: dict[str, Any]) -> None:
    patient, lesion, visit, image = (case[name] for name in ("patient", "lesion", "visit", "image"))
    assert [each["id"] for each in _sent(client, "GET", "/patients?q=mull", 200)["patients"]] == [patient]
    assert _sent(client, "GET", f"/patients/{patient}", 200)["birth_date"] == "1961-04-23"
    assert [each["id"] for each in _sent(client, "GET", f"/patients/{patient}/lesions", 200)] == [lesion]
    assert [each["id"] for each in _sent(client, "GET", f"/patients/{patient}/visits", 200)] == [visit]
    assert _sent(client, "GET", f"/lesions/{lesion}", 200)["lesion"]["note"] == "itches"
    assert _sent(client, "GET", f"/visits/{visit}", 200)["visit"]["note"] == "first"
    for path in (f"/lesions/{lesion}/images", f"/visits/{visit}/images"):
        assert [each["id"] for each in _sent(client, "GET", path, 200)] == [image]
    assert _sent(client, "GET", f"/images/{image}", 200)["width_px"] == 320
    assert client.get(f"{V1}/images/{image}/original").content == phantom_jpeg()
    assert client.get(f"{V1}/images/{image}/preview").content[:2] == b"\xff\xd8"
    changed = _sent(
        client, "PUT", f"/patients/{patient}", 200, json=PATIENT | {"given_name": "Eva", "version": 1}
    )
    assert (changed["given_name"], changed["version"]) == ("Eva", 2)


def test_the_machines_read_is_given_after_the_own_impression(
    platform: Platform, client: TestClient, case: dict[str, Any], toy_network: Network
) -> None:
    image, key = case["image"], case["case"]
    assert _sent(client, "GET", f"/images/{image}/progress", 200)["state"] == "queued"
    assert work_once(platform, toy_network, "a")
    assert _sent(client, "GET", f"/images/{image}/progress", 200)["state"] == "done"
    assert _sent(client, "GET", f"/images/{image}/assessment", 200) == {
        "blind": True,
        "content": None,
        "current": True,
    }
    assert _sent(client, "GET", f"/cases/{key}/read", 200) is None
    given = {"impression": "nv", "management": "reassure"}
    read = _sent(client, "POST", f"/cases/{key}/read", 201, json=given)
    assert _sent(client, "GET", f"/cases/{key}/read", 200) == read
    content = _sent(client, "GET", f"/images/{image}/assessment", 200)["content"]
    assert content["schema"] == "augderm.assessment/1"


def test_users_are_made_changed_and_given_a_link(client: TestClient) -> None:
    given = {"login": "nina", "name": "Nina", "roles": ["nurse"]}
    invited = _sent(client, "POST", "/users", 201, json=given)
    user = invited["user"]["id"]
    assert len(invited["token"]) == 43
    assert _sent(client, "POST", f"/users/{user}/link", 201)["token"] != invited["token"]
    change = {"roles": ["reader", "nurse"], "active": False, "version": 1}
    assert _sent(client, "PUT", f"/users/{user}", 200, json=change)["active"] is False
    _sent(client, "POST", f"/users/{user}/link", 409)
    assert {each["login"] for each in _sent(client, "GET", "/users", 200)} >= {"nina"}


def test_the_clinic_is_set_and_the_account_too(client: TestClient) -> None:
    found = _sent(client, "GET", "/clinic", 200)
    given = {"name": "Skin", "timezone": "UTC", "blind_first": False, "retention_years": 10, "version": 1}
    changed = _sent(client, "PUT", "/clinic", 200, json=given)
    assert changed == found | given | {"version": 2}
    _sent(client, "PUT", "/account/locale", 204, json={"locale": "de"})
    answer = _sent(client, "PUT", "/clinic", 409, json=given)
    assert "inzwischen" in answer["error"]["message"] or "geändert" in answer["error"]["message"]
    refused = _sent(client, "PUT", "/account/password", 422, json={"old_password": "x", "password": "y"})
    assert refused["error"]["field"] == "old_password"


def test_a_patient_is_held_copied_and_erased_and_the_log_tells(
    client: TestClient, case: dict[str, Any]
) -> None:
    patient = case["patient"]
    held = _sent(client, "PUT", f"/patients/{patient}/hold", 200, json={"reason": "suit", "version": 1})
    assert _sent(client, "GET", f"/patients/{patient}/retention", 200) == held
    assert _sent(client, "GET", "/retention", 200) == {"patients": [], "next_after": None}
    copy = client.post(f"{V1}/patients/{patient}/export")
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert sorted(archive.namelist())[1] == "patient.json"
    erasure = {"identifier": "4711", "version": 2}
    _sent(client, "POST", f"/patients/{patient}/erasure", 409, json=erasure)
    log = _sent(client, "GET", f"/cases/{case['case']}/audit", 200)["entries"]
    assert {"image.add", "visit.create", "lesion.create"} <= {entry["action"] for entry in log}
    _sent(client, "PUT", f"/patients/{patient}/hold", 200, json={"reason": "", "version": 2})
    erased = _sent(client, "POST", f"/patients/{patient}/erasure", 200, json=erasure | {"version": 3})
    assert erased["files"] == 2
    _sent(client, "GET", f"/patients/{patient}", 404)
    found = _sent(client, "GET", f"/audit?subject_id={patient}&action=patient.erase", 200)["entries"]
    assert len(found) == 1
    assert _sent(client, "POST", "/audit/verification", 200)["broken_at"] is None


def test_signing_out_ends_the_session(client: TestClient) -> None:
    _sent(client, "DELETE", "/session", 204)
    _sent(client, "GET", "/session", 401)
