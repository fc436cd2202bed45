"""The reading page: blind read to signature, conflicts with both versions, drafts over a lost session."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.accounts.sessions import IDLE, new_session, person_from
from augderm.clinic.accounts.start import new_user
from augderm.clinic.anamneses import answer
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.evidence.scores.reading import RULES
from augderm.formats.viewer_page import KEY_WORDS, VIEWER_WORDS
from augderm.reader.calibrated import IN_DOUBT
from augderm.reader.network import Network
from augderm.store.models import ClinicRow, UserRow
from augderm.web.app import create_app
from augderm.web.csrf import SESSION_COOKIE
from augderm.web.reading_words import READING_WORDS, VIEWER_TEXTS
from support.clinic import Case, Clock, open_case
from support.machine import all_work, machine_says, read_as
from support.pages import text_of
from support.web import post, signed_in, token_in

NV = {"impression": "nv", "management": "monitor_3"}


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform)) as made:
        signed_in(made, platform)
        yield made


def _person(platform: Platform, login: str = "ada") -> Person:
    with platform.database.reading() as session:
        user = session.scalars(select(UserRow).where(UserRow.login == login)).one()
        return person_from(user, session.get_one(ClinicRow, user.clinic_id))


def _colleague(platform: Platform, client: TestClient) -> TestClient:
    with platform.database.writing() as session:
        clinic = session.scalars(select(ClinicRow)).one()
        user = new_user(session, platform, clinic, "ida", "Ida <b>Other</b>", "reader", None)
        token = new_session(session, platform, user)
    return TestClient(client.app, cookies={SESSION_COOKIE: token})


@pytest.fixture
def case(platform: Platform, client: TestClient, toy_network: Network) -> Case:
    made = open_case(platform, _person(platform))
    all_work(platform, toy_network)
    return made


@pytest.fixture
def path(case: Case) -> str:
    return f"/cases/{case.image.case_id}"


def _viewer(page: str) -> dict[str, object]:
    found = re.search(r'id="viewer-data">(.*?)</script>', page, re.S)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def _shown(client: TestClient, path: str) -> str:
    """What the page of this reader sends back of what it showed."""
    return str(client.get(f"/api/v1{path}").json()["shown"])


def test_a_blind_read_from_impression_to_signature_and_addendum(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    machine_says(platform, case.image.id, malignancy=0.4321, band="urgent", likeliest="mel")
    page = client.get(path).text
    assert "Müller" in page.partition('<aside class="patient"')[2].partition("</aside>")[0]
    assert "43%" not in page
    assert "hidden until you have committed" in page
    assert '"overlays": []' in page
    assert client.get(f"/images/{case.image.id}/overlays/melanin").status_code == 404
    page = post(client, f"{path}/impression", {**NV, "next": path}, page=path).text
    assert "43%" in page
    assert "Preliminary" in page
    assert "Look once more" in page
    overlays = re.findall(r"/images/[\w-]+/overlays/[\w.]+", page)
    assert overlays
    assert all(client.get(each).headers["content-type"] == "image/png" for each in overlays)
    form = {
        "final_diagnosis": "bcc", "final_management": "soon", "version": "1", "signatures": "0",
        "shown": _shown(client, path),
    }  # fmt: skip
    refused = post(client, f"{path}/sign", form, page=path)
    assert refused.status_code == 422
    assert "say why" in refused.text
    assert re.search(r'<option value="bcc" selected', refused.text), "what was chosen stays"
    signed = post(client, f"{path}/sign", {**form, "reason": "<i>pearly</i>"}, page=path)
    assert signed.url.path == path
    assert "Signed by you" in signed.text
    assert "&lt;i&gt;pearly" in signed.text
    assert "Preliminary" not in signed.text
    assert post(client, f"{path}/sign", form, page=path).status_code == 409
    page = post(
        client, f"{path}/addendum", {"addendum": "histology to come", "shown": form["shown"]}, page=path
    ).text
    assert "histology to come" in page


def test_whoever_names_a_malignancy_and_wants_nothing_done_is_told_of_both(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    machine_says(platform, case.image.id, malignancy=0.4321, band="urgent", likeliest="mel")
    read = {"impression": "mel", "management": "reassure", "next": path}
    page = post(client, f"{path}/impression", read, page=path).text
    alert = page.partition('<section class="card alert"')[2].partition("</section>")[0]
    assert "You wrote Melanoma (No control needed)." in alert
    assert "43%" in alert


def test_a_second_reader_who_signs_too_late_gets_both_versions_and_signs_beside(
    platform: Platform, client: TestClient, path: str
) -> None:
    other = _colleague(platform, client)
    for each in (client, other):
        post(each, f"{path}/impression", {**NV, "next": path}, page=path)
    told = client.get(path).text
    assert "Ida &lt;b&gt;Other&lt;/b&gt; has this case open too" in told
    form = {
        "final_diagnosis": "nv", "final_management": "monitor_3", "version": "1", "signatures": "0",
        "shown": _shown(client, path),
    }  # fmt: skip
    assert post(other, f"{path}/sign", form, page=path).status_code == 200
    mine = {**form, "final_diagnosis": "mel", "reason": "a new vessel"}
    late = post(client, f"{path}/sign", mine, page=path)
    assert late.status_code == 409
    assert "nothing was overwritten" in late.text
    for text in ("Melanocytic naevus", "Melanoma", "a new vessel", 'name="signatures" value="1"'):
        assert text in late.text
    beside = post(client, f"{path}/sign", {**mine, "signatures": "1"}, page=path)
    assert beside.status_code == 200
    assert "Signed by you" in beside.text
    assert "Signed by Ida" in beside.text


def test_the_merge_can_take_what_the_colleague_signed(
    platform: Platform, client: TestClient, path: str
) -> None:
    other = _colleague(platform, client)
    for each in (client, other):
        post(each, f"{path}/impression", {**NV, "next": path}, page=path)
    form = {
        "final_diagnosis": "nv", "final_management": "monitor_3", "version": "1", "signatures": "0",
        "shown": _shown(client, path),
    }  # fmt: skip
    post(other, f"{path}/sign", form, page=path)
    take = {
        **form,
        "final_diagnosis": "mel",
        "signatures": "1",
        "take": "nv monitor_3",
    }
    page = post(client, f"{path}/sign", take, page=path).text
    own = page.partition("Signed by you")[2]
    assert "Melanocytic naevus" in own.partition("</section>")[0]


def test_a_draft_outlives_the_session_and_stands_in_the_form_after_signing_in_again(
    platform: Platform, client: TestClient, path: str, clock: Clock
) -> None:
    page = client.get(path).text
    version = re.search(r'id="draft-version" name="draft_version" value="(\d+)"', page)
    assert version is not None
    headers = {
        "hx-request": "true",
        "hx-current-url": f"http://testserver{path}",
        "x-csrf-token": token_in(page),
    }
    kept = client.post(
        f"{path}/draft", data={"impression": "mel", "draft_version": version[1]}, headers=headers
    )
    assert "Draft kept" in kept.text
    stale = client.post(
        f"{path}/draft", data={"impression": "nv", "draft_version": version[1]}, headers=headers
    )
    assert stale.status_code == 409
    assert "Melanoma" in stale.text
    assert "Melanocytic naevus" in stale.text
    clock.forward(IDLE + timedelta(seconds=1))
    lost = client.post(f"{path}/draft", data={"impression": "mel", "draft_version": "2"}, headers=headers)
    assert lost.headers["hx-redirect"] == f"/login?next={path}"
    login = client.get(lost.headers["hx-redirect"])
    again = post(
        client,
        "/login",
        {"login": "ada", "password": "correct horse battery", "next": path},
        page=login.url.path,
    )
    assert again.url.path == path
    assert '<option value="mel" selected' in again.text


@pytest.mark.parametrize("asked", ["{path}/presence", "{path}/waiting", "/images/{image}/assessment?poll=1"])
def test_a_page_that_asks_by_itself_keeps_no_session_open(
    client: TestClient, case: Case, path: str, clock: Clock, asked: str
) -> None:
    for _ in range(70):
        clock.forward(timedelta(minutes=1))
        address = asked.format(path=path, image=case.image.id)
        answer = client.get(address, headers={"hx-request": "true"})
    assert "hx-redirect" in answer.headers


def test_an_item_is_overruled_with_and_without_script(client: TestClient, case: Case, path: str) -> None:
    post(client, f"{path}/impression", {**NV, "next": path}, page=path)
    target = f"{path}/images/{case.image.id}/items"
    form = {
        "was.three_point.asymmetry": "",
        "three_point.asymmetry": "1",
        "was.abcd.border": "",
        "abcd.border": "",
    }
    token = token_in(client.get(path).text)
    part = client.post(target, data=form, headers={"hx-request": "true", "x-csrf-token": token})
    assert part.status_code == 200
    assert "<html" not in part.text
    assert part.text.count("set by you") == 1
    page = post(client, target, {"was.three_point.asymmetry": "1", "three_point.asymmetry": "0"}, page=path)
    chosen = page.text.partition('id="three_point.asymmetry"')[2].partition("</select>")[0]
    assert '<option value="0" selected' in chosen


def test_a_nurse_and_another_clinic_see_nothing(platform: Platform, client: TestClient, path: str) -> None:
    with platform.database.writing() as session:
        clinic = session.scalars(select(ClinicRow)).one()
        nurse = new_user(session, platform, clinic, "nina", "Nina", "nurse", None)
        token = new_session(session, platform, nurse)
    other = TestClient(client.app, cookies={SESSION_COOKIE: token})
    assert other.get(path).status_code == 403
    assert other.get(f"/api/v1{path}").status_code == 403
    assert client.get("/cases/nothing").status_code == 404


def test_the_api_does_what_the_page_does(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    api, token = f"/api/v1{path}", token_in(client.get(path).text)
    send = {"x-csrf-token": token}
    blind = client.get(api).json()
    assert blind["blind"] is True
    assert blind["photographs"][0]["content"] is None
    draft = {"fields": {"reason": "one"}, "version": blind["draft"]["version"]}
    assert client.put(f"{api}/draft", json=draft, headers=send).json()["fields"] == {"reason": "one"}
    stale = client.put(f"{api}/draft", json={**draft, "fields": {"reason": "two"}}, headers=send)
    assert stale.status_code == 409
    assert (stale.json()["theirs"]["fields"], stale.json()["yours"]) == ({"reason": "one"}, {"reason": "two"})
    client.post(f"{api}/read", json=NV, headers=send)
    shown = client.get(api).json()
    assert shown["photographs"][0]["content"]["schema"] == "augderm.assessment/1"
    items = {"items": {"abcd.colours": "5"}}
    lists = client.post(f"{api}/images/{case.image.id}/items", json=items, headers=send).json()
    assert lists[0]["items"][2]["own"] == "5"
    sign = {"diagnosis": "nv", "management": "monitor_3", "version": shown["read"]["version"]}
    unseen = client.post(f"{api}/signature", json=sign, headers=send)
    assert unseen.status_code == 409, "a program that does not say which reads it was shown has seen none"
    sign["shown"] = shown["shown"]
    signed = client.post(f"{api}/signature", json=sign, headers=send)
    assert (signed.status_code, signed.json()["final_diagnosis"]) == (201, "nv")
    assert (
        client.post(
            f"{api}/addenda", json={"text": "later", "shown": shown["shown"]}, headers=send
        ).status_code
        == 201
    )
    assert client.get(f"{api}/presence").json() == []
    assert client.get(f"{api}/waiting").json() == 0


def test_the_page_speaks_the_readers_language_to_the_last_word_of_the_viewer(
    client: TestClient, path: str
) -> None:
    page = client.get(path, headers={"accept-language": "ar"}).text
    assert 'dir="rtl"' in page
    assert _viewer(page)["language"] == "ar"
    assert {*VIEWER_WORDS.values(), *KEY_WORDS} == set(VIEWER_TEXTS)


def test_every_score_and_item_has_words() -> None:
    for name, rule in RULES.items():
        assert f"score.{name}" in READING_WORDS
        assert {f"{rule.checklist}.{item.name}" for item in rule.items} <= set(READING_WORDS)


def test_a_read_without_the_latest_answers_is_marked_and_a_graver_one_makes_a_signed_case_unread(
    platform: Platform, client: TestClient, case: Case, path: str, clock: Clock, toy_network: Network
) -> None:
    mark = "The latest answers are not in this read."
    warning = "You sign before the machine has read 1 photograph"
    token = token_in(client.get(path).text)
    client.post(f"/api/v1{path}/read", json=NV, headers={"x-csrf-token": token})
    assert mark not in client.get(path).text
    assert warning not in client.get(path).text
    clock.forward(timedelta(minutes=1))
    answer(platform, _person(platform), case.image.case_id or "", {"lesion": {"bleeding": True}}, "")
    page = client.get(path).text
    assert mark in page
    assert warning in page
    asked = f"/api/v1/images/{case.image.id}/assessment"
    assert client.get(asked).json()["current"] is False
    sign = {"diagnosis": "nv", "management": "monitor_3", "version": 1, "reason": "as seen"}
    sign["shown"] = _shown(client, path)
    signed = client.post(f"/api/v1{path}/signature", json=sign, headers={"x-csrf-token": token})
    assert signed.status_code == 201
    clock.forward(timedelta(minutes=1))
    read_as(platform, toy_network, "urgent")
    page = client.get(path).text
    assert mark not in page
    assert "The machine proposes more than what was signed" in page
    assert client.get(asked).json()["current"] is True
    client.post(
        f"/api/v1{path}/addenda",
        json={"text": "seen", "shown": _shown(client, path)},
        headers={"x-csrf-token": token},
    )
    assert "The machine proposes more than what was signed" not in client.get(path).text


def test_what_limits_the_machines_read_stands_before_its_figures(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    machine_says(platform, case.image.id, malignancy=0.8123, notes=[IN_DOUBT])
    post(client, f"{path}/impression", {**NV, "next": path}, page=path)
    machine = client.get(path).text.partition('<article class="machine"')[2]
    assert IN_DOUBT in machine
    assert machine.index(IN_DOUBT) < machine.index("Probability of malignancy")


def test_a_changed_mind_against_the_machine_is_told_before_it_is_signed(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    machine_says(platform, case.image.id, malignancy=0.8123, band="urgent", likeliest="mel")
    own = {"impression": "mel", "management": "urgent", "next": path}
    page = post(client, f"{path}/impression", own, page=path)
    assert "Look once more" not in page.text
    form = {
        "final_diagnosis": "nv", "final_management": "reassure", "reason": "seen for years", "version": "1",
        "signatures": "0", "photographs": "1", "shown": _shown(client, path),
    }  # fmt: skip
    told = post(client, f"{path}/sign", form, page=path)
    assert told.status_code == 422
    assert "Look once more" in told.text
    alert = told.text.partition('card alert"')[2].partition("</section>")[0]
    assert "81%" in alert
    assert "Melanocytic naevus" in alert, "of the decision, not of the impression"
    assert "seen for years" in told.text, "what was typed is kept"
    assert re.search(r'value="nv" selected', told.text)
    assert "Signed by you" in post(client, f"{path}/sign", form, page=path).text


def test_an_addendum_decides_on_the_page_and_what_was_signed_stays_readable(
    client: TestClient, case: Case, path: str
) -> None:
    post(client, f"{path}/impression", {**NV, "next": path}, page=path)
    form = {
        "final_diagnosis": "nv", "final_management": NV["management"], "reason": "as seen", "version": "1",
        "signatures": "0", "photographs": "1", "shown": _shown(client, path),
    }  # fmt: skip
    for _ in range(2):
        post(client, f"{path}/sign", form, page=path)
    added = {
        "addendum": "Histology.", "addendum_diagnosis": "mel", "addendum_management": "urgent", "words": "1",
        "photographs": "1", "shown": form["shown"],
    }  # fmt: skip
    stale = post(client, f"{path}/addendum", {**added, "words": "0"}, page=path)
    assert stale.status_code == 409
    assert "Histology." in stale.text, "what was typed is in the form again, also without script"
    page = post(client, f"{path}/addendum", added, page=path).text
    stands = page.partition('class="stands"')[2].partition("</p>")[0]
    assert "Melanoma" in stands
    assert page.index("Melanocytic naevus") < page.index('class="stands"'), "what was signed is there too"
    report = client.get(f"{path}/report.html").text
    assert "in an addendum" in report
    assert "Diagnosis from now on: Melanoma" in report
    timeline = client.get(f"/lesions/{case.lesion.id}").text
    decided = text_of(timeline.partition('class="timeline"')[2])
    assert decided.index("Melanoma , Urgent stands since") < decided.index("Melanocytic naevus, Photograph")


def test_the_api_tells_of_a_contradiction_with_the_alert(
    platform: Platform, client: TestClient, case: Case, path: str
) -> None:
    machine_says(platform, case.image.id, malignancy=0.8, band="urgent", likeliest="mel")
    api, headers = f"/api/v1{path}", {"x-csrf-token": token_in(client.get(path).text)}
    client.post(f"{api}/read", json={"impression": "mel", "management": "urgent"}, headers=headers)
    given = {"diagnosis": "nv", "management": "reassure", "reason": "seen for years", "version": 1}
    given["shown"] = _shown(client, path)
    told = client.post(f"{api}/signature", json=given, headers=headers)
    assert told.status_code == 422
    assert (told.json()["error"]["kind"], told.json()["error"]["field"]) == ("Contradicted", "reason")
    assert told.json()["alert"]["kind"] == "machine_malignant"
    assert client.post(f"{api}/signature", json=given, headers=headers).status_code == 201
    addendum = {"text": "Histology.", "diagnosis": "mel", "words": 1, "shown": given["shown"]}
    told = client.post(f"{api}/addenda", json=addendum, headers=headers)
    assert told.json()["alert"]["diagnosis"] == "mel", "of another decision than was told before"
    added = client.post(f"{api}/addenda", json=addendum, headers=headers)
    assert (added.status_code, added.json()["diagnosis"], added.json()["management"]) == (201, "mel", None)
