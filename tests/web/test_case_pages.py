"""The pages: from the first start to the machine's read, in a person's language, stale forms told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from augderm.clinic.accounts.start import first_link
from augderm.clinic.platform import Platform
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.web.app import create_app
from support.clinic import Clock, phantom_jpeg
from support.web import PATIENT, post, signed_in, token_in

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with TestClient(create_app(platform.settings, platform)) as made:
        yield made


def test_from_the_first_start_to_the_machines_read(
    platform: Platform, client: TestClient, toy_network: Network
) -> None:
    signed_in(client, platform)
    page = post(client, "/patients", PATIENT, page="/patients/new")
    assert page.status_code == 200
    patient = page.url.path
    assert "Müller" in page.text
    lesion = post(
        client, f"{patient}/lesions", {"site": "posterior torso", "laterality": "left"}, page=patient
    )
    visit = post(client, f"{patient}/visits", {"note": "first"}, page=patient)
    page = post(
        client,
        f"{visit.url.path}/images",
        {"lesion": lesion.url.path.rpartition("/")[2]},
        page=visit.url.path,
        files={"images": ("Müller Ada.jpg", phantom_jpeg(), "text/html")},
    )
    image = re.search(r"/images/[0-9a-f-]{36}", page.text)
    assert image is not None
    assert "hx-get" in client.get(f"{image[0]}/assessment").text
    assert work_once(platform, toy_network, "a")
    blind = client.get(f"{image[0]}/assessment").text
    assert "Commit your own impression first" in blind
    assert "Probability of malignancy" not in blind
    case = re.search(r"/cases/[0-9a-f-]{36}/impression", page.text)
    assert case is not None
    committed = post(
        client,
        case[0],
        {"impression": "nv", "management": "monitor_3", "next": visit.url.path},
        page=visit.url.path,
    )
    assert committed.url.path == visit.url.path
    shown = client.get(f"{image[0]}/assessment").text
    assert "Probability of malignancy" in shown
    assert "Preliminary" in shown
    assert "toy" in shown
    preview = client.get(f"{image[0]}/preview")
    assert preview.headers["content-type"] == "image/jpeg"
    for path in (patient, lesion.url.path, visit.url.path, f"{patient}/change"):
        banner = client.get(path).text.partition('<aside class="patient"')[2].partition("</aside>")[0]
        assert "Müller" in banner, path
        assert "April 23, 1961" in banner, path


def test_a_first_link_works_once(platform: Platform, client: TestClient) -> None:
    token = first_link(platform)
    signed_in(client, platform, token=token)
    again = TestClient(create_app(platform.settings, platform)).get(f"/start/{token}")
    assert again.status_code == 404
    assert "used already" in again.text
    assert first_link(platform) is None


def test_without_a_session_pages_lead_to_signing_in_and_back(platform: Platform, client: TestClient) -> None:
    page = client.get("/patients?q=a")
    assert page.url.path == "/login"
    assert 'name="next" value="/patients?q=a"' in page.text
    assert client.get("/login?next=//evil.example").text.count('value="/"') == 1
    assert (
        client.get("/images/x/assessment", headers={"hx-request": "true"}).headers["hx-redirect"] == "/login"
    )


def test_an_ended_session_is_ended_for_pages_and_api(platform: Platform, client: TestClient) -> None:
    signed_in(client, platform)
    cookie = dict(client.cookies)
    assert post(client, "/logout", {}, page="/account").url.path == "/login"
    stolen = TestClient(create_app(platform.settings, platform), cookies=cookie)
    assert stolen.get("/patients").url.path == "/login"
    assert stolen.get("/api/v1/patients").status_code == 401


def test_a_stale_form_is_a_409_and_overwrites_nothing(platform: Platform, client: TestClient) -> None:
    signed_in(client, platform)
    patient = post(client, "/patients", PATIENT, page="/patients/new").url.path
    change = PATIENT | {"given_name": "Eva", "version": "1"}
    assert post(client, f"{patient}/change", change, page=patient).status_code == 200
    late = post(client, f"{patient}/change", PATIENT | {"given_name": "Ida", "version": "1"}, page=patient)
    assert late.status_code == 409
    assert "changed by someone else" in late.text
    assert 'value="Ida"' in late.text, "what was typed stays"
    assert "<bdi>Eva</bdi>" in client.get(patient).text


def test_a_second_patient_with_the_same_identifier_is_told_whose_it_is(
    platform: Platform, client: TestClient
) -> None:
    signed_in(client, platform)
    post(client, "/patients", PATIENT, page="/patients/new")
    page = post(client, "/patients", PATIENT | {"given_name": "Eva"}, page="/patients/new")
    assert page.status_code == 409
    assert "belongs to Müller, Ada" in page.text


def test_markup_in_names_is_shown_as_text(platform: Platform, client: TestClient) -> None:
    signed_in(client, platform)
    entry = dict.fromkeys(("identifier", "family_name", "given_name"), HOSTILE) | {"birth_date": "1990-01-01"}
    patient = post(client, "/patients", entry, page="/patients/new")
    post(client, f"{patient.url.path}/lesions", {"note": HOSTILE}, page=patient.url.path)
    for path in ("/patients", patient.url.path, "/patients?q=" + HOSTILE):
        page = client.get(path).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("language", "direction", "word"), [("de", "ltr", "Anmelden"), ("ar-EG,ar;q=0.8", "rtl", "تسجيل الدخول")]
)
def test_a_page_speaks_the_browsers_language(
    client: TestClient, language: str, direction: str, word: str
) -> None:
    page = client.get("/login", headers={"accept-language": language}).text
    assert f'lang="{language[:2]}" dir="{direction}"' in page
    assert word in page


def test_an_error_says_what_and_what_to_do_in_the_persons_language(client: TestClient) -> None:
    page = client.get("/nothing/here", headers={"accept-language": "fr"})
    assert page.status_code == 404
    assert "Cette page n’existe pas. Repartez de la liste des patients." in page.text


def test_eight_wrong_passwords_close_the_door_for_a_while(
    platform: Platform, client: TestClient, clock: Clock
) -> None:
    signed_in(client, platform)
    other = TestClient(create_app(platform.settings, platform))
    wrong = {"login": "ada", "password": "not the password"}
    for _ in range(8):
        assert post(other, "/login", wrong, page="/login").status_code == 401
    right = {"login": "ada", "password": "correct horse battery"}
    assert post(other, "/login", right, page="/login").status_code == 429
    clock.forward(timedelta(minutes=16))
    assert post(other, "/login", right, page="/login").url.path == "/worklist"


def test_a_new_user_sets_a_password_by_the_link_and_sees_what_the_role_allows(
    platform: Platform, client: TestClient
) -> None:
    signed_in(client, platform)
    page = post(client, "/users", {"login": "nina", "name": "Nina", "roles": ["nurse"]}, page="/users")
    link = re.search(r"/link/[\w-]{43}", page.text)
    assert link is not None
    nurse = TestClient(create_app(platform.settings, platform))
    assert post(nurse, link[0], {"password": "short"}, page=link[0]).status_code == 422
    assert post(nurse, link[0], {"password": "a quiet river bend"}, page=link[0]).url.path == "/patients"
    assert nurse.get("/users").status_code == 403
    assert post(nurse, link[0], {"password": "a quiet river bend"}, page="/account").status_code == 404
    assert token_in(nurse.get("/account").text)
