"""Pages ask the database as often for much as for little: no statement for each image, lesion or case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from starlette.testclient import TestClient

from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.visits import create_visit
from augderm.reader.network import Network
from augderm.store.models import AuditRow, JobRow
from support.clinic import ADA, Case, Clock, open_case, phantom_jpeg, somebody
from support.machine import all_work
from support.web import as_person


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse")


@pytest.fixture
def client(platform: Platform, person: Person) -> TestClient:
    return as_person(platform, person)


def _cost(platform: Platform, client: TestClient, path: str) -> int:
    """Statements of a page that was opened before."""
    assert client.get(path).status_code == 200
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(platform.database.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(platform.database.engine, "before_cursor_execute", note)
    return len(found)


def _visit(platform: Platform, person: Person, case: Case, seeds: range) -> str:
    """A further visit of the lesion with so many photographs; gives the key of its case."""
    visit = create_visit(platform, person, case.patient.id)
    for seed in seeds:
        added = add_image(platform, person, visit.id, case.lesion.id, phantom_jpeg(seed), "phantom.jpg")
    return added.image.case_id or ""


@pytest.mark.parametrize("committed", [False, True], ids=["blind", "shown"])
def test_a_cases_page_asks_no_more_for_many_photographs_than_for_two(
    platform: Platform,
    client: TestClient,
    person: Person,
    toy_network: Network,
    clock: Clock,
    committed: bool,
) -> None:
    case = open_case(platform, person)
    keys = []
    for seeds in (range(1, 2), range(2, 4), range(4, 7)):
        clock.forward(timedelta(days=90))
        keys.append(_visit(platform, person, case, seeds))
    all_work(platform, toy_network)
    if committed:
        for key in keys:
            commit_impression(platform, person, key, "nv", "reassure")
    few, many = (_cost(platform, client, f"/cases/{key}") for key in (keys[0], keys[-1]))
    assert many == few


def test_opening_a_case_whose_pictures_are_prepared_gives_the_workers_nothing_to_do(
    platform: Platform, client: TestClient, person: Person, toy_network: Network
) -> None:
    case = open_case(platform, person)
    all_work(platform, toy_network)

    def jobs() -> int:
        with platform.database.reading() as session:
            return session.scalar(select(func.count()).select_from(JobRow)) or 0

    before = jobs()
    assert client.get(f"/cases/{case.image.case_id}").status_code == 200
    assert jobs() == before


def test_a_patients_page_asks_no_more_for_many_lesions_and_visits(
    platform: Platform, client: TestClient, person: Person
) -> None:
    case = open_case(platform, person)
    path = f"/patients/{case.patient.id}"
    few = _cost(platform, client, path)
    for _ in range(4):
        create_lesion(platform, person, case.patient.id, LesionEntry(site="posterior torso"))
        create_visit(platform, person, case.patient.id)
    assert _cost(platform, client, path) == few


def test_a_patients_page_leaves_an_entry_for_person_lesions_and_visits(
    platform: Platform, client: TestClient, person: Person
) -> None:
    case = open_case(platform, person)
    with platform.database.reading() as session:
        before = session.scalar(select(func.max(AuditRow.seq))) or 0
    client.get(f"/patients/{case.patient.id}")
    with platform.database.reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.seq > before)).all()
    assert sorted(row.action for row in rows) == ["lesion.view", "patient.view", "visit.view"]
    assert {(row.subject_id, row.user_id) for row in rows} == {(case.patient.id, person.user_id)}


def test_the_worklist_asks_no_more_for_many_cases(
    platform: Platform, client: TestClient, person: Person
) -> None:
    open_case(platform, person)
    few = _cost(platform, client, "/worklist")
    for number in range(4):
        entry = replace(ADA, identifier=f"number {number}", family_name=f"Müller {number}")
        open_case(platform, person, entry, seed=number + 1)
    assert _cost(platform, client, "/worklist") == few
