"""Second opinions as pages and by the API: asked, read blind, answered, withdrawn."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.patients import PatientEntry
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.referrals import ask
from augderm.formats.stored_read import READ_AS_ONE
from augderm.reader.calibrated import IN_DOUBT
from augderm.store.models import AnamnesisRow, AssessmentRow
from augderm.web.csrf import HEADER, token_from
from augderm.web.render import environment
from support.clinic import open_case, somebody
from support.signing import read_by_machine
from support.web import as_person, post

SECRET = PatientEntry(
    identifier="secret-identifier",
    family_name="secret-family",
    given_name="secret-given",
    birth_date="1961-04-23",
    sex="female",
)
HOSTILE = "<script>alert(1)</script>"


class Two:
    """Readers of two clinics in their browsers, and a case of the first that the machine has read."""

    def __init__(self, platform: Platform) -> None:
        self.ada, self.bob = somebody(platform, "reader"), somebody(platform, "reader")
        self.here, self.there = as_person(platform, self.ada), as_person(platform, self.bob)
        self.case = open_case(platform, self.ada, SECRET)
        self.key = str(self.case.image.case_id)
        self.page = f"/cases/{self.key}/referrals"
        with platform.database.writing() as session:
            told = {"person": {"skin_type": 2}, "lesion": {"itch": True, "worry": "secret-worry"}}
            session.add(
                AnamnesisRow(
                    case_id=self.key, answers=told, created_at=platform.now(), created_by=self.ada.user_id
                )
            )
        read_by_machine(platform, self.case.image.id)

    def asks(self, question: str = "Naevus?", identity: str = "without") -> str:
        form = {"asked_of": self.bob.user_id, "identity": identity, "question": question}
        assert post(self.here, self.page, form, page=self.page).status_code == 200
        listed = self.there.get("/questions").text
        found = re.search(r"/questions/[0-9a-f-]{36}", listed)
        assert found is not None
        return found[0]


@pytest.fixture
def two(platform: Platform) -> Two:
    return Two(platform)


def test_a_question_is_asked_read_blind_answered_and_comes_back(platform: Platform, two: Two) -> None:
    question = two.asks()
    assert "(1)" in two.there.get("/questions/waiting").text
    blind = two.there.get(question).text
    assert "First your own impression" in blind
    assert "Probability of malignancy" not in blind
    impression = {"impression": "nv", "management": "monitor_3"}
    shown = post(two.there, f"{question}/impression", impression, page=question).text
    assert "Probability of malignancy" in shown
    assert "cannot be excluded" in shown
    assert "Quality of the photograph: poor" in shown
    assert "Skin type" in shown
    for page in (two.there.get("/questions").text, blind, shown):
        assert "secret" not in page
        assert "1961" not in page
        assert two.case.patient.id not in page
    picture = re.search(rf"{question}/images/[0-9a-f-]{{36}}", shown)
    assert picture is not None
    assert two.there.get(picture[0]).headers["content-type"] == "image/jpeg"
    given = {"impression": "mel", "management": "urgent", "answer": f"Excise it. {HOSTILE}", "version": "1"}
    done = post(two.there, f"{question}/answer", given, page=question).text
    assert "closed to you again" in done
    assert "Excise it." in done
    assert two.there.get(picture[0]).status_code == 409
    assert "1 new answer" in two.here.get("/questions/waiting").text
    assert "after you have committed" in two.here.get(two.page).text
    commit_impression(platform, two.ada, two.key, "nv", "monitor_3")
    fragment = two.here.get(two.page, headers={"hx-request": "true"}).text
    assert "<html" not in fragment
    assert "Excise it." in fragment
    assert "new answer" in fragment
    assert "Melanoma" in fragment
    assert HOSTILE not in fragment + done
    assert two.here.get("/questions/waiting").text.strip() == ""


@pytest.mark.parametrize(
    ("told", "note"),
    [
        ({"notes": [IN_DOUBT], "modality": {"name": "clinical", "in_doubt": True}}, IN_DOUBT),
        ({"modality": {"name": "dermoscopic", "clinical_probability": 0.4}}, READ_AS_ONE),
    ],
    ids=["told", "of an earlier version"],
)
def test_the_asked_reader_sees_the_doubt_before_the_machines_figures(
    platform: Platform, two: Two, told: dict[str, object], note: str
) -> None:
    with platform.database.writing() as session:
        row = session.scalars(select(AssessmentRow)).one()
        row.content = {**row.content, **told}
    question = two.asks()
    impression = {"impression": "nv", "management": "monitor_3"}
    shown = post(two.there, f"{question}/impression", impression, page=question).text
    assert note in shown
    assert shown.index(note) < shown.index("Probability of malignancy")


def test_with_identity_the_banner_names_the_patient_and_leads_nowhere(platform: Platform, two: Two) -> None:
    question = two.asks(identity="with")
    page = two.there.get(question).text
    banner = page.partition('<aside class="patient"')[2].partition("</aside>")[0]
    assert "secret-family" in banner
    assert "secret-identifier" in banner
    assert "href" not in banner
    assert two.there.get(f"/patients/{two.case.patient.id}").status_code == 404
    assert two.there.get(two.page).status_code == 404


def test_a_withdrawn_question_is_told_and_shows_nothing(two: Two) -> None:
    question = two.asks("Is it a secret?")
    form = re.search(r"/referrals/[0-9a-f-]{36}/withdraw", two.here.get(two.page).text)
    assert form is not None
    page = post(two.here, form[0], {"version": "1"}, page=two.page)
    assert "Withdrawn on" in page.text
    told = two.there.get(question)
    assert "was withdrawn on" in told.text
    assert "secret" not in told.text
    late = {"impression": "nv", "management": "reassure", "version": "1"}
    assert post(two.there, f"{question}/answer", late, page="/questions").status_code == 409


def test_what_was_typed_stays_where_something_is_missing(two: Two) -> None:
    page = post(two.here, two.page, {"question": "Naevus or not?", "identity": "with"}, page=two.page)
    assert page.status_code == 422
    assert "Naevus or not?" in page.text
    assert re.search(r'value="with" checked', page.text)
    question = two.asks()
    for step, form in (("impression", {}), ("answer", {"answer": "My words", "version": "1"})):
        answer = post(two.there, f"{question}/{step}", form, page=question)
        assert answer.status_code == 422, step


def test_markup_in_a_question_is_text(two: Two) -> None:
    question = two.asks(HOSTILE)
    for client, path in ((two.there, question), (two.there, "/questions"), (two.here, two.page)):
        assert HOSTILE not in client.get(path).text


def test_nurses_and_strangers_have_no_part_in_it(platform: Platform, two: Two) -> None:
    question = two.asks()
    stranger = as_person(platform, somebody(platform, "reader"))
    assert stranger.get(question).status_code == 404
    nurse = as_person(platform, somebody(platform, "nurse", like=two.ada))
    assert nurse.get(two.page).status_code == 403
    assert "/questions" not in nurse.get("/patients").text


def test_the_lists_have_what_i_asked_and_what_is_done(platform: Platform, two: Two) -> None:
    two.asks()
    mine = two.here.get("/questions?which=mine").text
    assert "secret-family" in mine, "the own clinic's patient"
    assert two.page in mine
    assert "There are none." in two.there.get("/questions?which=done").text


def _json(client: TestClient, path: str, body: dict[str, object]) -> dict[str, object]:
    secret = client.cookies["augderm_session"]
    answer = client.post(f"/api/v1{path}", json=body, headers={HEADER: token_from(secret)})
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, object] = answer.json()
    return found


def test_the_api_does_the_same(platform: Platform, two: Two) -> None:
    assert two.bob.user_id in {each["id"] for each in two.here.get("/api/v1/colleagues").json()}
    asked = _json(
        two.here,
        f"/cases/{two.key}/referrals",
        {"asked_of": two.bob.user_id, "with_identity": False, "question": "Naevus?"},
    )
    path = f"/questions/{asked['id']}"
    assert two.there.get("/api/v1/questions").json()["questions"][0]["id"] == asked["id"]
    case = two.there.get(f"/api/v1{path}/case").json()
    assert (case["identity"], case["age_years"], case["blind"]) == (None, 65, True)
    picture = f"/api/v1{path}/images/{two.case.image.id}"
    assert two.there.get(f"{picture}/assessment").json() == {"blind": True, "content": None, "current": True}
    _json(two.there, f"{path}/read", {"impression": "nv", "management": "monitor_3"})
    assert two.there.get(f"{picture}/assessment").json()["content"]["status"] == "ok"
    assert two.there.get(picture).content.startswith(b"\xff\xd8")
    given = {"impression": "mel", "management": "urgent", "answer": "Yes.", "version": 1}
    assert _json(two.there, f"{path}/answer", given)["state"] == "answered"
    assert two.here.get("/api/v1/questions/waiting").json() == {"to_answer": 0, "new_answers": 1}
    assert two.here.get("/api/v1/referrals").json()["asked"][0]["state"] == "answered"
    other = ask(platform, two.ada, two.key, two.bob.user_id, False, "More?")
    assert _json(two.here, f"/referrals/{other.id}/withdraw", {"version": 1})["state"] == "withdrawn"


def test_parts_for_a_cases_page_need_its_key_alone(platform: Platform, two: Two) -> None:
    for name in ("_case_referrals.html", "_case_report.html"):
        part = environment().get_template(name)
        values = {"case_id": two.key, "may": lambda _action: True, "translations": _English()}
        assert f"/cases/{two.key}/re" in part.render(values)


class _English:
    def gettext(self, text: str) -> str:
        return text
