"""Pages and API of follow-up, outcomes and figures: what is asked is done, what is refused says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.worker import work_once
from augderm.reader.calibrated import IN_DOUBT
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, ClinicRow, UserRow
from augderm.web.app import create_app
from support.clinic import Clock, open_case
from support.followup import sign_case, visit_again
from support.signing import read_by_machine
from support.web import post, signed_in


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform)) as made:
        yield made


@pytest.fixture
def ada(platform: Platform, client: TestClient) -> Person:
    """The signed-in administrator, who also reads."""
    signed_in(client, platform)
    with platform.database.reading() as session:
        user = session.scalars(select(UserRow)).one()
        return person_from(user, session.get_one(ClinicRow, user.clinic_id))


def version_in(page: str, action: str) -> dict[str, str]:
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = re.search(r'name="version" value="(\d+)"', form)
    assert found is not None, action
    return {"version": found[1]}


def api(client: TestClient, path: str, given: dict[str, Any]) -> Any:
    token = re.search(r'"X-CSRF-Token": "([0-9a-f]{64})"', client.get("/account").text)
    assert token is not None
    return client.post(f"/api/v1{path}", json=given, headers={"x-csrf-token": token[1]})


def test_from_a_signed_recall_to_its_outcome(platform: Platform, client: TestClient, ada: Person) -> None:
    case = open_case(platform, ada)
    sign_case(platform, ada, str(case.image.case_id), "mel", "urgent")
    assert "No case" not in client.get("/recalls?which=month").text
    recall = client.get("/api/v1/recalls", params={"which": "month"}).json()["lines"][0]["recall"]
    action = f"/recalls/{recall['id']}/move"
    page = client.get("/recalls?which=month").text
    moved = post(
        client, action,
        {"due_on": "2026-05-20", "recall_reason": "holiday", "next": "/recalls", **version_in(page, action)},
        page="/recalls",
    )  # fmt: skip
    assert "planned for May 18, 2026" in moved.text
    stale = post(
        client, action, {"due_on": "2026-05-21", "recall_reason": "x", "version": "1"}, page="/recalls"
    )
    assert stale.status_code == 409
    assert "Melanoma, Urgent" in client.get("/outcomes").text
    lesion = f"/lesions/{case.lesion.id}"
    entry = {"confirmed_by": "histopathology", "diagnosis": "mel", "behaviour": "benign"}
    refused = post(client, f"{lesion}/outcome", entry, page=f"{lesion}/outcome")
    assert refused.status_code == 422
    assert "contradicts the diagnosis" in refused.text
    entered = post(
        client, f"{lesion}/outcome", entry | {"behaviour": "", "diagnosis_text": "<b>SSM</b>"},
        page=f"{lesion}/outcome",
    )  # fmt: skip
    assert entered.url.path == lesion
    assert "&lt;b&gt;SSM&lt;/b&gt;" in entered.text
    corrects = re.search(r"corrects=([0-9a-f-]{36})", entered.text)
    assert corrects is not None
    form = client.get(f"{lesion}/outcome?corrects={corrects[1]}").text
    fixed = post(
        client, f"{lesion}/outcome",
        {
            "confirmed_by": "histopathology", "diagnosis": "nv", "correction": "second look",
            "corrects": corrects[1], **version_in(form, f"{lesion}/outcome"),
        },
        page=f"{lesion}/outcome",
    )  # fmt: skip
    assert "second look" in fixed.text
    assert "<del>" in fixed.text
    assert "Every such case has its outcome" in client.get("/outcomes").text
    figures = client.get("/figures").text
    assert "sensitivity looks better than it is" in figures
    assert "small numbers" in figures
    rows = re.findall(r"alone[^<]*(?:<span[^>]*>[^<]*</span>)?</th><td>(\d+)</td>", figures)
    assert rows == ["1", "0"], "the reader judged the case, the machine did not"
    assert "the figures are not paired" in figures
    told = client.get("/api/v1/figures").json()
    assert told["audit"]["verification"]["known"]["count"] == 1
    assert told["audit"]["performances"][0]["sensitivity"]["share"] is None


def test_a_comparison_is_asked_waited_for_and_shown(
    platform: Platform, client: TestClient, ada: Person, clock: Clock, toy_network: Network
) -> None:
    case = open_case(platform, ada)
    clock.forward(timedelta(hours=1))
    later = visit_again(platform, ada, case)
    lesion = f"/lesions/{case.lesion.id}"
    assert "Compare two photographs" in client.get(lesion).text
    pair = {"baseline": case.image.id, "image": later.id}
    waiting = post(client, "/comparisons", pair, page=lesion)
    assert waiting.url.path == f"/comparisons/{later.id}/{case.image.id}"
    assert "are being compared" in waiting.text
    while work_once(platform, toy_network, "w"):
        pass
    assert "Commit your own impression of the later visit first" in client.get(waiting.url.path).text
    assert client.get(f"{waiting.url.path}/baseline").status_code == 404
    sign_case(platform, ada, str(later.case_id))
    client.get(f"/images/{later.id}/assessment")
    shown = client.get(waiting.url.path).text
    assert 'data-state="done"' in shown
    assert "Within repeatability" in shown or "could not be laid onto each other" in shown
    same = post(client, "/comparisons", {"baseline": later.id, "image": later.id}, page=lesion)
    assert same.status_code == 422


def test_the_timeline_tells_the_doubt_of_the_kind_before_the_machines_number(
    platform: Platform, client: TestClient, ada: Person
) -> None:
    case = open_case(platform, ada)
    read_by_machine(platform, case.image.id)
    with platform.database.writing() as session:
        row = session.scalars(select(AssessmentRow)).one()
        row.content = {**row.content, "notes": [IN_DOUBT]}
    sign_case(platform, ada, str(case.image.case_id), "mel", "urgent")
    client.get(f"/images/{case.image.id}/assessment")
    page = client.get(f"/lesions/{case.lesion.id}").text
    assert IN_DOUBT in page
    assert page.index(IN_DOUBT) < page.index("Probability of malignancy")


def test_a_recall_and_an_outcome_by_the_api(platform: Platform, client: TestClient, ada: Person) -> None:
    case = open_case(platform, ada)
    lesion = f"/lesions/{case.lesion.id}"
    recall = api(client, f"{lesion}/recalls", {"due_on": "2026-06-01", "reason": "asked for"})
    assert recall.status_code == 201
    closing = {"closing": "done", "reason": "seen", "version": recall.json()["version"]}
    closed = api(client, f"/recalls/{recall.json()['id']}/close", closing)
    assert closed.json()["state"] == "done"
    assert api(client, f"/recalls/{recall.json()['id']}/close", closing).status_code == 409
    outcome = api(client, f"{lesion}/outcomes", {"confirmed_by": "histopathology", "diagnosis": "scc"})
    assert outcome.json()["behaviour"] == "malignant"
    assert [each["id"] for each in client.get(f"/api/v1{lesion}/outcomes").json()] == [outcome.json()["id"]]
    assert client.get(f"/api/v1{lesion}/timeline").json()[0]["blind"]
    marks = client.get(f"/api/v1/patients/{case.patient.id}/ducklings").json()
    assert marks["reason"].startswith("0 of 1 lesions")
    assert "The lesions beside each other" in client.get(f"/patients/{case.patient.id}").text


def test_a_page_of_a_list_that_is_none_is_refused(client: TestClient, ada: Person) -> None:
    assert ada.clinic.blind_first
    for path in ("/recalls?which=never", "/recalls?after=x", "/outcomes?after=x"):
        assert client.get(path).status_code == 422
