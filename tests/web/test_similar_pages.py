"""Similar cases on the reading page and in the API: not before the impression, and without a name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.library.library import Library
from augderm.library.segment import Row
from augderm.reader.bundle import load_bundle
from augderm.store.models import AuditRow
from support.clinic import Case, open_case, somebody
from support.known import SIZE, confirmed_cases, place_at, placed
from support.libraries import case as known_case
from support.libraries import webp, write_library
from support.web import as_person

PICTURE = "data:image/webp;base64,"
FRAGMENT = {"hx-request": "true"}


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse")


@pytest.fixture
def client(platform: Platform, person: Person) -> TestClient:
    return as_person(platform, person)


@pytest.fixture
def case(platform: Platform, person: Person) -> Case:
    made = open_case(platform, person)
    placed(platform, made.image.id, place_at(0.0))
    return made


def _path(case: Case) -> str:
    return f"/cases/{case.image.case_id}"


def _commit(platform: Platform, person: Person, case: Case) -> None:
    commit_impression(platform, person, str(case.image.case_id), "nv", "reassure")


def test_page_and_api_have_nothing_before_the_impression_and_the_cases_after_it(
    platform: Platform, person: Person, client: TestClient, case: Case
) -> None:
    known = confirmed_cases(platform, person, "mel mel mel nv scc")
    assert "/similar" not in client.get(_path(case)).text.replace("similar.css", "")
    for headers in ({}, FRAGMENT):
        blind = client.get(f"{_path(case)}/similar", headers=headers)
        assert blind.status_code == 200
        assert "hidden until you have committed" in blind.text
        assert PICTURE not in blind.text
        assert not any(str(each.image.case_id) in blind.text for each in known)
    answer = client.get(f"/api/v1{_path(case)}/similar").json()
    assert (answer["blind"], answer["photographs"], answer["library"]) == (True, [], None)
    _commit(platform, person, case)
    assert f'hx-get="{_path(case)}/similar"' in client.get(_path(case)).text
    part = client.get(f"{_path(case)}/similar", headers=FRAGMENT).text
    assert "<html" not in part
    assert part.count(PICTURE) == 5
    assert "Squamous cell carcinoma" in part
    assert "Confirmed by: <bdi>Histopathology" in part
    assert "3 of the 5 nearest have a diagnosis that the machine excludes: Melanoma." in part
    assert "Knownname" not in part
    assert known[0].patient.id not in part
    assert "None of the" not in part, "one is a naevus"
    (compared,) = client.get(f"/api/v1{_path(case)}/similar").json()["photographs"]
    assert [each["diagnosis"] for each in compared["cases"]] == ["mel", "mel", "mel", "nv", "scc"]
    assert [each["kind"] for each in compared["disagreements"]] == ["excluded", "malignant"]
    assert "Knownname" not in str(compared)


def test_without_script_the_cases_are_a_page_with_the_patients_banner(
    platform: Platform, person: Person, client: TestClient, case: Case
) -> None:
    confirmed_cases(platform, person, "nv nv nv nv nv")
    _commit(platform, person, case)
    page = client.get(f"{_path(case)}/similar").text
    assert "Müller" in page.partition('<aside class="patient"')[2].partition("</aside>")[0]
    assert page.count(PICTURE) == 5
    assert "disagree" not in page


def test_opening_the_case_behind_a_picture_is_an_entry_of_the_log_of_its_own(
    platform: Platform, person: Person, client: TestClient, case: Case
) -> None:
    known = confirmed_cases(platform, person, "nv nv nv nv nv")
    _commit(platform, person, case)
    part = client.get(f"{_path(case)}/similar", headers=FRAGMENT).text
    assert f'href="{_path(known[0])}"' in part

    def opened() -> list[str]:
        with platform.database.reading() as session:
            return [*session.scalars(select(AuditRow.subject_id).where(AuditRow.action == "case.read"))]

    assert opened() == []
    assert "Knownname1" in client.get(_path(known[0])).text
    assert opened() == [known[0].image.case_id]


def test_nurses_get_neither_page_nor_answer(platform: Platform, person: Person, case: Case) -> None:
    nurse = as_person(platform, somebody(platform, "nurse", like=person))
    for path in (f"{_path(case)}/similar", f"/api/v1{_path(case)}/similar"):
        assert nurse.get(path).status_code == 403


def test_an_empty_clinic_says_what_it_has_and_what_is_needed(
    platform: Platform, person: Person, client: TestClient, case: Case
) -> None:
    confirmed_cases(platform, person, "nv nv")
    _commit(platform, person, case)
    part = client.get(f"{_path(case)}/similar", headers=FRAGMENT).text
    assert "No library of known cases is attached to this server." in part
    assert "This clinic has 2 other patients with a confirmed outcome" in part
    assert "5 are needed" in part
    assert PICTURE not in part


def test_a_librarys_words_are_shown_as_text_with_its_licence_and_without_its_path(
    platform: Platform, person: Person, case: Case, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script>"
    rows = [
        Row(
            known_case(number, code=None, diagnosis=hostile, confirmed_by=hostile),
            np.array(place_at(0.1 * number), np.float32),
            webp(number),
        )
        for number in range(6)
    ]
    folder = write_library(tmp_path / "cases", rows, SIZE, load_bundle(platform.settings.bundle).name)
    client = as_person(replace(platform, library=Library(folder)), person)
    _commit(platform, person, case)
    part = client.get(f"{_path(case)}/similar", headers=FRAGMENT).text
    assert part.count(PICTURE) == 6
    assert "<script" not in part
    assert "&lt;script&gt;alert" in part
    assert "Made up &lt;b&gt;for&lt;/b&gt; tests. Licence: none." in part
    assert "Compared with the library cases, 6 photographs." in part
    assert str(tmp_path) not in part
