"""A clinic of many synthetic patients: two are taken in and read as every patient is, the rest are copies.

Two lesions a patient; every second patient came twice; two images a lesion and visit. So N lesions are 1.5 N
cases and 3 N images. The last visit of one patient in seven is unread. Copies share the blobs, and all that
is worked out after a read (maps, registration) is there, as in a clinic whose workers had the time for it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from augderm.cli.benching.photographs import marked, photograph
from augderm.clinic.accounts.sessions import new_session, person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.cases import due_at
from augderm.clinic.derived import ONTO
from augderm.clinic.entries import search_name
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.patients import PatientEntry, create_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.quota import counted_bytes
from augderm.clinic.visits import create_visit
from augderm.clinic.worker import work_once
from augderm.domain.advice import BANDS
from augderm.domain.sites import GENERAL_SITES
from augderm.reader.bundle import load_bundle
from augderm.reader.network import Network
from augderm.store.models import (
    AssessmentRow,
    Base,
    CaseRow,
    ClinicRow,
    DerivedRow,
    ImageRow,
    JobRow,
    LesionRow,
    PatientRow,
    PictureRow,
    VisitRow,
)
from augderm.store.models.base import new_key

BATCH = 1000
"""Patients that are inserted together."""
LESIONS, IMAGES = 2, 2
"""Of a patient; of a lesion at a visit."""
UNREAD_OF = 7
FAMILY = ("Muster", "Example", "Specimen", "Ejemplo", "Exemple", "Beispiel", "Sample", "Probe")
GIVEN = ("Ada", "Max", "Sol", "Noa", "Kim", "Eva", "Tom", "Lea", "Jan", "Ida", "Ben", "Mia")
LEFT_OUT: Mapping[str, Any] = {
    "quality": {"verdict": "good", "checks": {}}, "measures": None, "scores": {}, "findings": {},
    "structures": {}, "advice": None, "malignancy": None,
}  # fmt: skip
"""Of the assessments of patients whose cases are all signed: whole ones would be gigabytes."""
Values = dict[str, Any]
Table = type[Base]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: a person, a session's token for each reader, and where to upload to."""

    person: Person
    tokens: tuple[str, ...]
    lesion_id: str
    visit_id: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a patient who is copied; `visit` is its number, None for what belongs to no visit."""

    table: Table
    values: Values
    visit: int | None


def seed_clinic(platform: Platform, lesions: int, readers: int) -> Seeded:
    """Fill an empty database.

    Args:
        lesions: rounded down to whole patients, two at least.
    """
    with platform.database.writing() as session:
        clinic = new_clinic(session, platform, "Load test", "Europe/Berlin", demonstration=True)
        users = [
            new_user(session, platform, clinic, f"reader-{n}", f"Reader {n}", "reader,nurse", None)
            for n in range(readers)
        ]
        tokens = tuple(new_session(session, platform, user) for user in users)
        person = person_from(users[0], clinic)
    originals = [_taken_in(platform, person, visits) for visits in (1, 2)]
    numbers = random.Random(1)  # noqa: S311
    rows: dict[Table, list[Values]] = defaultdict(list)
    for number in range(len(originals), lesions // LESIONS):
        for table, values in _copies(originals[number % 2], number, person, platform.now(), numbers):
            rows[table].append(values)
        if number % BATCH == BATCH - 1:
            _insert(platform, rows)
    _insert(platform, rows)
    with platform.database.writing() as session:
        session.get_one(ClinicRow, person.clinic_id).image_bytes = counted_bytes(session, person.clinic_id)
    # Each patient's rows come in this order, the last visit last.
    last = {row.table: row.values["id"] for row in originals[-1]}
    return Seeded(person, tokens, last[LesionRow], last[VisitRow])


def _taken_in(platform: Platform, person: Person, visits: int) -> Sequence[_Row]:
    """A patient with photographs, all of them read, and all that is worked out of them; gives every row."""
    entry = PatientEntry(
        identifier=f"ORIGINAL-{visits}",
        family_name="Original",
        given_name=str(visits),
        birth_date="1960-01-01",
    )
    patient = create_patient(platform, person, entry)
    lesions = [create_lesion(platform, person, patient.id, LesionEntry()) for _ in range(LESIONS)]
    jpeg = photograph(600, 450)
    network = Network(load_bundle(platform.settings.bundle))
    for _ in range(visits):
        visit = create_visit(platform, person, patient.id)
        for lesion in lesions:
            for number in range(IMAGES):
                data = marked(jpeg, number)
                add_image(platform, person, visit.id, lesion.id, data, "synthetic.jpg", confirmed=True)
        while work_once(platform, network, "seed"):
            pass
    with platform.database.reading() as session:
        return [*_rows_of(session, patient.id)]


def _rows_of(session: Session, patient_id: str) -> Iterator[_Row]:
    """All that a patient has, each row after those that it names."""
    yield _Row(PatientRow, _values(session.get_one(PatientRow, patient_id)), None)
    for lesion in session.scalars(select(LesionRow).where(LesionRow.patient_id == patient_id)):
        yield _Row(LesionRow, _values(lesion), None)
    visits = session.scalars(select(VisitRow).where(VisitRow.patient_id == patient_id).order_by(VisitRow.at))
    for number, visit in enumerate(visits.all()):
        yield _Row(VisitRow, _values(visit), number)
        for case in session.scalars(select(CaseRow).where(CaseRow.visit_id == visit.id)):
            yield _Row(CaseRow, _values(case), number)
        for image in session.scalars(select(ImageRow).where(ImageRow.visit_id == visit.id)).all():
            yield _Row(ImageRow, _values(image), number)
            for table in (AssessmentRow, JobRow, DerivedRow, PictureRow):
                for made in session.scalars(select(table).where(table.image_id == image.id)):
                    yield _Row(table, _values(made), number)


def _values(row: Base) -> Values:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def _copies(
    original: Sequence[_Row], number: int, person: Person, now: datetime, numbers: random.Random
) -> Iterator[tuple[Table, Values]]:
    """The rows of a copied patient, under keys of their own."""
    keys = {row.values["id"]: new_key() for row in original}
    visits = [row.values["at"] for row in original if row.table is VisitRow]
    unread = number % UNREAD_OF == 0
    last = now - timedelta(days=numbers.uniform(0, 25) if unread else numbers.uniform(30, 900))
    moved = [last - timedelta(days=180 * place) - at for place, at in enumerate(reversed(visits))][::-1]
    for row in original:
        by = moved[row.visit or 0]
        values = {name: _copied(value, keys, by) for name, value in row.values.items()}
        if row.table is PatientRow:
            family, given = f"{numbers.choice(FAMILY)}-{number}", numbers.choice(GIVEN)
            born = date(1930, 1, 1) + timedelta(days=numbers.randrange(28_000))
            values |= {
                "identifier": f"SYNTHETIC-{number}", "family_name": family, "given_name": given,
                "search_name": search_name(family, given), "birth_date": born,
            }  # fmt: skip
        elif row.table is LesionRow:
            values["site"] = numbers.choice(GENERAL_SITES)
        elif row.table is CaseRow:
            waits = unread and row.visit == len(visits) - 1
            band, probability = numbers.choice(BANDS), numbers.random()
            values |= {
                "state": "unread" if waits else "signed", "band": band, "probability": probability,
                "due_at": due_at(values["opened_at"], band, probability, 0.0),
                "assigned_to": person.user_id if numbers.random() < 0.1 else None,
            }  # fmt: skip
        elif row.table is AssessmentRow and not unread:
            values["content"] = {**values["content"], **LEFT_OUT}
        yield row.table, values


def _copied(value: Any, keys: Mapping[str, str], by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, str):
        if value.startswith(ONTO):
            return ONTO + keys[value.removeprefix(ONTO)]
        return keys.get(value, value)
    return value


def _insert(platform: Platform, rows: dict[Table, list[Values]]) -> None:
    with platform.database.writing() as session:
        # A patient's tables come in the order of their references.
        for table, values in rows.items():
            session.execute(insert(table.__table__), values)  # type: ignore[arg-type]
    rows.clear()
