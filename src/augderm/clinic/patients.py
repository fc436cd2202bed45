"""Patients: looked for, taken in, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.errors import Conflict, NeedsConfirmation, stale
from augderm.clinic.finding import find_patient
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import PatientRow

SEXES = ("female", "male", "other")
PAGE = 50
"""Patients on one page of a list."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as every page of a case shows one. `version` goes back with a change."""

    id: str
    identifier: str
    family_name: str
    given_name: str
    birth_date: date
    sex: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientEntry:
    """What is typed of a patient: as text, not checked yet."""

    identifier: str
    family_name: str
    given_name: str
    birth_date: str
    sex: str = ""


def patient_of(row: PatientRow) -> Patient:
    """The row as others see it."""
    return Patient(
        row.id, row.identifier, row.family_name, row.given_name, row.birth_date, row.sex, row.version
    )


@use_case("patient.search")
def find_patients(platform: Platform, person: Person, words: str = "", page: int = 1) -> list[Patient]:
    """Patients of the clinic by name.

    Args:
        words: each must be in the name (whatever the case or accents), begin the identifier, or be the date
            of birth as YYYY-MM-DD.
        page: from 1, of `PAGE` patients; one more is returned where there is a next page.
    """
    query = select(PatientRow).where(PatientRow.clinic_id == person.clinic_id, *named(words))
    query = query.order_by(PatientRow.search_name, PatientRow.id).limit(PAGE + 1).offset(PAGE * (page - 1))
    with platform.database.reading() as session:
        found = [patient_of(row) for row in session.scalars(query)]
    # The words may be a name, so they are not logged.
    shown = [patient.id for patient in found]
    seen(platform, person, "patient.search", "clinic", person.clinic_id, shown=shown)
    return found


def named(words: str) -> list[ColumnElement[bool]]:
    """Conditions on a patient, one for each of the words, as `find_patients` takes them."""
    found: list[ColumnElement[bool]] = []
    for word in words.split()[:8]:
        ways: list[ColumnElement[bool]] = [
            PatientRow.search_name.contains(entries.folded(word), autoescape=True),
            PatientRow.identifier.istartswith(word, autoescape=True),
        ]
        with suppress(ValueError):
            ways.append(PatientRow.birth_date == date.fromisoformat(word))
        found.append(or_(*ways))
    return found


@use_case("patient.view")
def see_patient(platform: Platform, person: Person, patient_id: str) -> Patient:
    """One patient."""
    with platform.database.reading() as session:
        patient = patient_of(find_patient(session, person, patient_id))
    seen(platform, person, "patient.view", "patient", patient_id)
    return patient


@use_case("patient.create")
def create_patient(
    platform: Platform, person: Person, entry: PatientEntry, another_person: bool = False
) -> Patient:
    """Take in a patient.

    Args:
        another_person: that it is one although there is a patient of the same name and date of birth.

    Raises:
        NeedsConfirmation: there is one.
        InvalidEntry: an entry is missing or wrong.
        Conflict: the clinic has a patient with this identifier.
    """
    with _told_logged(platform, person) as told, platform.database.writing() as session:
        row = PatientRow(clinic_id=person.clinic_id, created_at=platform.now(), created_by=person.user_id)
        _fill(platform, session, row, entry, another_person, told)
        session.add(row)
        session.flush()
        append(session, platform.now(), person, "patient.create", "patient", row.id)
        return patient_of(row)


@use_case("patient.change")
def change_patient(
    platform: Platform,
    person: Person,
    patient_id: str,
    entry: PatientEntry,
    version: int,
    another_person: bool = False,
) -> Patient:
    """Correct a patient's data.

    Args:
        another_person: as of `create_patient`; asked where name or date of birth change.
        version: of the patient as it was when the form was opened.

    Raises:
        InvalidEntry, NeedsConfirmation, Conflict: as `create_patient`, or it was changed in the meantime.
    """
    with _told_logged(platform, person) as told, platform.database.writing() as session:
        row = find_patient(session, person, patient_id)
        if row.version != version:
            raise stale()
        _fill(platform, session, row, entry, another_person, told)
        row.version += 1
        append(session, platform.now(), person, "patient.change", "patient", row.id, version=row.version)
        return patient_of(row)


@contextmanager
def _told_logged(platform: Platform, person: Person) -> Iterator[list[str]]:
    """A list for the keys of other patients whose identity a refusal tells. They are logged after the
    refused transaction, which takes back all that is logged within it, and before anybody is told.
    """
    told: list[str] = []
    try:
        yield told
    finally:
        for patient_id in told:
            seen(platform, person, "patient.view", "patient", patient_id)


def _fill(
    platform: Platform,
    session: Session,
    row: PatientRow,
    entry: PatientEntry,
    another_person: bool,
    told: list[str],
) -> None:
    before = (row.search_name, row.birth_date)
    row.identifier = entries.line("identifier", entry.identifier)
    row.family_name = entries.line("family_name", entry.family_name)
    row.given_name = entries.line("given_name", entry.given_name)
    row.birth_date = entries.birth_date("birth_date", entry.birth_date, platform.now().date())
    row.sex = entries.optional_choice("sex", entry.sex, SEXES)
    row.search_name = entries.search_name(row.family_name, row.given_name)
    with session.no_autoflush:
        other = session.scalar(
            select(PatientRow).where(
                PatientRow.clinic_id == row.clinic_id, PatientRow.identifier == row.identifier
            )
        )
    if other is not None and other is not row:
        told.append(other.id)
        raise Conflict(
            "The identifier %(identifier)s belongs to %(family_name)s, %(given_name)s, born on "
            "%(birth_date)s. Open that patient, or correct the identifier.",
            identifier=other.identifier,
            family_name=other.family_name,
            given_name=other.given_name,
            birth_date=other.birth_date.isoformat(),
        )
    if not another_person and before != (row.search_name, row.birth_date):
        with session.no_autoflush:
            _refuse_namesake(session, row, told)


def _refuse_namesake(session: Session, row: PatientRow, told: list[str]) -> None:
    found = session.scalars(
        select(PatientRow).where(
            PatientRow.clinic_id == row.clinic_id,
            PatientRow.search_name == row.search_name,
            PatientRow.birth_date == row.birth_date,
        )
    ).all()
    other = next((each for each in found if each is not row), None)
    if other is not None:
        told.append(other.id)
        raise NeedsConfirmation(
            "There is a patient %(family_name)s, %(given_name)s, born on %(birth_date)s, with the identifier "
            "%(identifier)s. Open that patient; only if this is another person, confirm that and save again.",
            family_name=other.family_name,
            given_name=other.given_name,
            birth_date=other.birth_date.isoformat(),
            identifier=other.identifier,
        )
