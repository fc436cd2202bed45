"""The audit log: only ever added to, and a change is seen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from augderm.clinic.audit import START, append, verify
from augderm.clinic.auditing import verify_log
from augderm.clinic.errors import Conflict, NeedsConfirmation
from augderm.clinic.patients import change_patient, create_patient, see_patient
from augderm.clinic.platform import Platform
from augderm.store.models import AuditRow
from support.clinic import ADA, open_case, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases


def _entries(platform: Platform) -> list[AuditRow]:
    with platform.database.reading() as session:
        return list(session.scalars(select(AuditRow).order_by(AuditRow.seq)))


def test_an_empty_log_is_whole(platform: Platform) -> None:
    assert verify(platform) == verify(platform)
    assert verify(platform).hash == START


def test_views_and_changes_are_logged_with_who_and_what(platform: Platform) -> None:
    person = somebody(platform, "reader")
    patient = create_patient(platform, person, ADA)
    see_patient(platform, person, patient.id)
    logged = [(entry.action, entry.subject_id, entry.user_id) for entry in _entries(platform)]
    assert logged == [
        ("patient.create", patient.id, person.user_id),
        ("patient.view", patient.id, person.user_id),
    ]
    assert verify(platform).broken_at is None


def test_no_name_identifier_or_birth_date_stands_in_the_log(platform: Platform) -> None:
    open_case(platform, somebody(platform, "reader"))
    written = json.dumps(
        [[str(getattr(e, c.key)) for c in AuditRow.__table__.columns] for e in _entries(platform)]
    )
    for word in (ADA.identifier, ADA.family_name, ADA.given_name, ADA.birth_date, "phantom.jpg"):
        assert word not in written


@pytest.mark.parametrize("change", ["UPDATE audit SET user_id = 'x'", "DELETE FROM audit"])
def test_the_database_refuses_to_change_or_delete_an_entry(platform: Platform, change: str) -> None:
    create_patient(platform, somebody(platform, "reader"), ADA)
    with pytest.raises(IntegrityError, match="append-only"), platform.database.writing() as session:
        session.execute(text(change))
    assert verify(platform).broken_at is None


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE audit SET user_id = 'x' WHERE seq = 2", 2),
        ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE seq = 3", 3),
        ("UPDATE audit SET details = '{\"a\": 1}' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 2", 3),
        ("UPDATE audit SET seq = 9 WHERE seq = 4", 9),
    ],
)
def test_a_change_behind_the_triggers_is_seen(platform: Platform, change: str, broken: int) -> None:
    open_case(platform, somebody(platform, "reader"))
    with platform.database.writing() as session:
        postgresql = session.get_bind().dialect.name == "postgresql"
        for name in ("append_only ON audit",) if postgresql else ("no_update", "no_delete"):
            session.execute(text(f"DROP TRIGGER audit_{name}"))
        session.execute(text(change))
    assert verify(platform).broken_at == broken


def test_an_entry_goes_with_its_change(platform: Platform) -> None:
    def change() -> None:
        with platform.database.writing() as session:
            append(session, platform.now(), None, "lost", "nothing", "")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert _entries(platform) == []


def test_that_the_log_was_verified_is_logged(platform: Platform) -> None:
    auditor = somebody(platform, "auditor")
    assert verify_log(platform, auditor).entries == 0
    assert [entry.action for entry in _entries(platform)] == ["audit.verify"]


def test_another_patient_whom_a_refusal_tells_of_is_logged(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    there = create_patient(platform, person, ADA)
    third = create_patient(platform, person, replace(ADA, identifier="9", given_name="Eva"))
    count = len(_entries(platform))
    with pytest.raises(NeedsConfirmation, match="Ada"):
        create_patient(platform, person, replace(ADA, identifier="2"))
    with pytest.raises(Conflict, match="Ada"):
        create_patient(platform, person, replace(ADA, given_name="Ida"))
    with pytest.raises(NeedsConfirmation, match="Ada"):
        change_patient(platform, person, third.id, replace(ADA, identifier="9"), third.version)
    told = [(entry.action, entry.subject_id) for entry in _entries(platform)[count:]]
    assert told == [("patient.view", there.id)] * 3
