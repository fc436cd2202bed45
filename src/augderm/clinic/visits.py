"""Visits of a patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.finding import find_patient, find_visit
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import VisitRow


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit; `at` is in UTC."""

    id: str
    patient_id: str
    at: datetime
    note: str
    version: int


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A visit with its patient."""

    visit: Visit
    patient: Patient


def visit_of(row: VisitRow) -> Visit:
    """The row as others see it."""
    return Visit(row.id, row.patient_id, row.at, row.note, row.version)


@use_case("visit.create")
def create_visit(platform: Platform, person: Person, patient_id: str, note: str = "") -> Visit:
    """Open a visit, now.

    Raises:
        InvalidEntry: the note is too long.
    """
    with platform.database.writing() as session:
        patient = find_patient(session, person, patient_id)
        now = platform.now()
        row = VisitRow(
            patient_id=patient.id,
            at=now,
            note=entries.text("note", note),
            created_at=now,
            created_by=person.user_id,
        )
        session.add(row)
        session.flush()
        append(session, now, person, "visit.create", "visit", row.id)
        return visit_of(row)


@use_case("visit.view")
def visits_of(platform: Platform, person: Person, patient_id: str) -> list[Visit]:
    """The visits of a patient, the latest first."""
    with platform.database.reading() as session:
        find_patient(session, person, patient_id)
        found = visits_in(session, patient_id)
    seen(platform, person, "visit.view", "patient", patient_id)
    return [*found]


def visits_in(session: Session, patient_id: str) -> tuple[Visit, ...]:
    """Likewise, of a patient who was found in this clinic; the caller logs it."""
    rows = session.scalars(
        select(VisitRow).where(VisitRow.patient_id == patient_id).order_by(VisitRow.at.desc(), VisitRow.id)
    )
    return tuple(map(visit_of, rows))


@use_case("visit.view")
def see_visit(platform: Platform, person: Person, visit_id: str) -> VisitPage:
    """One visit."""
    with platform.database.reading() as session:
        row, patient = find_visit(session, person, visit_id)
        found = VisitPage(visit_of(row), patient_of(patient))
    seen(platform, person, "visit.view", "visit", visit_id)
    return found
