"""How long a patient's data must stay, and whose may go. Nothing is ever erased by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.errors import NotFound, stale
from augderm.clinic.finding import find_patient
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, PatientRow, VisitRow

PAGE = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands against erasing a patient.

    Attributes:
        last_seen: the day (UTC) of the last visit, or of the intake where there was none.
        kept_until: the first day on which the clinic's retention has ended; None where it set none.
        hold_reason: of a legal hold; None for none.
    """

    patient: Patient
    last_seen: date
    kept_until: date | None
    hold_reason: str | None


@use_case("retention.view")
def due_for_erasure(platform: Platform, person: Person, after: str = "") -> list[Kept]:
    """Patients whose retention has ended and on whom there is no hold, by key.

    Args:
        after: the key of the last patient of the page before. One more than `PAGE` is returned where there is
            a next page. Empty where the clinic has set no retention: then nothing is due.
    """
    with platform.database.reading() as session:
        years = session.get_one(ClinicRow, person.clinic_id).retention_years
        if years is None:
            return []
        limit = datetime.combine(_first_kept(platform.now().date(), years), time(), UTC)
        rows = session.scalars(
            select(PatientRow)
            .where(
                PatientRow.clinic_id == person.clinic_id,
                PatientRow.id > after,
                PatientRow.hold_reason.is_(None),
                PatientRow.created_at < limit,
                ~exists().where(VisitRow.patient_id == PatientRow.id, VisitRow.at >= limit),
            )
            .order_by(PatientRow.id)
            .limit(PAGE + 1)
        ).all()
        found = [kept(session, row) for row in rows]
    shown = [each.patient.id for each in found]
    seen(platform, person, "retention.view", "clinic", person.clinic_id, shown=shown)
    return found


@use_case("retention.view")
def see_retention(platform: Platform, person: Person, patient_id: str) -> Kept:
    """What stands against erasing one patient."""
    with platform.database.reading() as session:
        found = kept(session, find_patient(session, person, patient_id))
    seen(platform, person, "retention.view", "patient", patient_id)
    return found


@use_case("retention.view")
def find_by_identifier(platform: Platform, person: Person, identifier: str) -> str:
    """The key of the patient with this whole identifier, else of the only one whose differs in the case of
    letters alone: who asks for a copy or an erasure knows it, and an administrator has no need to look
    through the clinic's patients.

    Raises:
        NotFound: there is none, or several by another case.
        InvalidEntry: it is empty, or none that `entries.line` lets pass.
    """
    # Also where nobody is found: who tries identifiers is seen.
    seen(platform, person, "retention.find", "clinic", person.clinic_id)
    kept_as = entries.line("identifier", identifier)
    whole, folded = PatientRow.identifier, func.lower(PatientRow.identifier)
    own = select(PatientRow.id).where(PatientRow.clinic_id == person.clinic_id)
    with platform.database.reading() as session:
        found = session.scalar(own.where(whole == kept_as))
        if found is None:
            # As the search does; but two that differ in nothing else may be two patients.
            alike = session.scalars(own.where(folded == func.lower(kept_as)).limit(2)).all()
            found = alike[0] if len(alike) == 1 else None
    if found is None:
        raise NotFound("There is no such patient in your clinic. Look for the patient by name or identifier.")
    return found


@use_case("patient.hold")
def hold_patient(platform: Platform, person: Person, patient_id: str, reason: str, version: int) -> Kept:
    """Keep a patient from being erased, with the reason; without one, lift the hold.

    Raises:
        InvalidEntry: the reason is too long.
        Conflict: changed in the meantime.
    """
    with platform.database.writing() as session:
        row = find_patient(session, person, patient_id)
        if row.version != version:
            raise stale()
        row.hold_reason = entries.line("hold_reason", reason) if reason.strip() else None
        row.version += 1
        append(
            session,
            platform.now(),
            person,
            "patient.hold",
            "patient",
            row.id,
            held=row.hold_reason is not None,
        )
        return kept(session, row)


def kept(session: Session, row: PatientRow) -> Kept:
    """What stands against erasing a patient of the session."""
    years = session.get_one(ClinicRow, row.clinic_id).retention_years
    last = session.scalar(select(func.max(VisitRow.at)).where(VisitRow.patient_id == row.id))
    last_seen = max(row.created_at, last or row.created_at).date()
    until = None if years is None else _years_later(last_seen, years)
    return Kept(patient_of(row), last_seen, until, row.hold_reason)


def _first_kept(today: date, years: int) -> date:
    """The first day on which whoever was seen then is still to be kept."""
    day = _years_later(today + timedelta(days=1), -years)
    # Of leap years: several days can end on one.
    while _years_later(day - timedelta(days=1), years) > today:
        day -= timedelta(days=1)
    return day


def _years_later(day: date, years: int) -> date:
    year = max(1, min(9999, day.year + years))
    # The day after the last of February where the year has no 29th: a retention is never a day short.
    return date(year, 3, 1) if (day.month, day.day) == (2, 29) and not _leap(year) else day.replace(year=year)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
