"""A clinic of many synthetic patients: rows as intakes and reads leave them, inserted in bulk, without blobs.

Two lesions a patient; every second patient came twice; two images a lesion and visit. So N lesions are 1.5 N
cases and 3 N images. The last visit of one patient in seven is unread.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from augderm.clinic.accounts.sessions import new_session, person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.cases import due_at
from augderm.clinic.entries import search_name
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.quota import counted_bytes
from augderm.domain.advice import BANDS
from augderm.domain.sites import GENERAL_SITES
from augderm.store.models import (
    AssessmentRow,
    Base,
    CaseRow,
    ClinicRow,
    ImageRow,
    JobRow,
    LesionRow,
    PatientRow,
    VisitRow,
)
from augderm.store.models.base import new_key

BATCH = 2000
"""Patients that are inserted together."""
UNREAD_OF = 7
FAMILY = ("Muster", "Example", "Specimen", "Ejemplo", "Exemple", "Beispiel", "Sample", "Probe")
GIVEN = ("Ada", "Max", "Sol", "Noa", "Kim", "Eva", "Tom", "Lea", "Jan", "Ida", "Ben", "Mia")
READ = {
    "quality": {"verdict": "good", "checks": {}}, "measures": None, "scores": {}, "findings": {},
    "structures": {}, "advice": None, "malignancy": None,
}  # fmt: skip
"""Of an assessment, what pages ask for before an impression: whole ones would be gigabytes."""
TABLES: tuple[type[Base], ...] = (
    PatientRow, LesionRow, VisitRow, CaseRow, ImageRow, AssessmentRow, JobRow,
)  # fmt: skip
"""In the order of their references."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made: a person, a session's token for each reader, and where to upload to."""

    person: Person
    tokens: tuple[str, ...]
    lesion_id: str
    visit_id: str


def seed_clinic(platform: Platform, lesions: int, readers: int) -> Seeded:
    """Fill an empty database.

    Args:
        lesions: rounded down to whole patients.
    """
    with platform.database.writing() as session:
        clinic = new_clinic(session, platform, "Load test", "Europe/Berlin", demonstration=True)
        users = [
            new_user(session, platform, clinic, f"reader-{n}", f"Reader {n}", "reader,nurse", None)
            for n in range(readers)
        ]
        tokens = tuple(new_session(session, platform, user) for user in users)
        person = person_from(users[0], clinic)
    numbers = random.Random(1)  # noqa: S311
    rows: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
    last: dict[str, str] = {}
    for number in range(lesions // 2):
        for kind, values in _patient(platform, person, number, numbers):
            rows[kind].append(values)
            last[kind.__tablename__] = values["id"]
        if number % BATCH == BATCH - 1:
            _insert(platform, rows)
    _insert(platform, rows)
    with platform.database.writing() as session:
        session.get_one(ClinicRow, person.clinic_id).image_bytes = counted_bytes(session, person.clinic_id)
    return Seeded(person, tokens, last["lesions"], last["visits"])


def _insert(platform: Platform, rows: dict[type[Base], list[dict[str, Any]]]) -> None:
    with platform.database.writing() as session:
        for kind in TABLES:
            if rows[kind]:
                _add(session, kind, rows[kind])
    rows.clear()


def _add(session: Session, kind: type[Base], values: list[dict[str, Any]]) -> None:
    session.execute(insert(kind.__table__), values)  # type: ignore[arg-type]


def _patient(
    platform: Platform, person: Person, number: int, numbers: random.Random
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    now = platform.now()
    made = {"created_at": now, "created_by": person.user_id, "version": 1}
    family, given = f"{numbers.choice(FAMILY)}-{number}", numbers.choice(GIVEN)
    patient = new_key()
    yield PatientRow, {
        "id": patient, "clinic_id": person.clinic_id, "identifier": f"SYNTHETIC-{number}",
        "family_name": family, "given_name": given, "search_name": search_name(family, given),
        "birth_date": date(1930, 1, 1) + timedelta(days=numbers.randrange(28_000)), "sex": None, **made,
    }  # fmt: skip
    lesions = [new_key(), new_key()]
    for place, lesion in enumerate(lesions, 1):
        yield LesionRow, {
            "id": lesion, "patient_id": patient, "label": f"L{place}", "site": numbers.choice(GENERAL_SITES),
            "laterality": None, "note": "", **made,
        }  # fmt: skip
    unread = number % UNREAD_OF == 0
    days = [numbers.uniform(0, 25) if unread else numbers.uniform(30, 900)]
    if number % 2:
        days.insert(0, days[0] + 180)
    for ago in days:
        at = now - timedelta(days=ago)
        visit = new_key()
        yield VisitRow, {"id": visit, "patient_id": patient, "at": at, "note": "", **made}
        for lesion in lesions:
            yield from _case(platform, person, (patient, visit, lesion), at, unread and ago < 26, numbers)


def _case(
    platform: Platform,
    person: Person,
    keys: tuple[str, str, str],
    at: datetime,
    unread: bool,
    numbers: random.Random,
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    patient, visit, lesion = keys
    band, probability = numbers.choice(BANDS), numbers.random()
    case = new_key()
    yield CaseRow, {
        "id": case, "clinic_id": person.clinic_id, "patient_id": patient, "visit_id": visit,
        "lesion_id": lesion, "state": "unread" if unread else "signed", "opened_at": at, "waited_days": 0.0,
        "band": band, "probability": probability, "due_at": due_at(at, band, probability, 0.0),
        "assigned_to": person.user_id if numbers.random() < 0.1 else None, "version": 1,
    }  # fmt: skip
    for _ in range(2):
        image = new_key()
        sha256 = hashlib.sha256(image.encode()).hexdigest()
        yield ImageRow, {
            "id": image, "visit_id": visit, "lesion_id": lesion, "case_id": case, "sha256": sha256,
            "preview_sha256": sha256, "content_type": "image/jpeg", "file_name": "synthetic.jpg",
            "size_bytes": 5_000_000, "width_px": 4000, "height_px": 3000, "mm_per_px": None, "capture": None,
            "uploaded_at": at, "uploaded_by": person.user_id,
        }  # fmt: skip
        read = {"image_id": image, "model_sha256": platform.model_sha256, "answers": ""}
        yield AssessmentRow, {
            "id": new_key(), **read, "status": "ok", "content": READ, "band": band,
            "probability": probability, "pictures": {}, "embedding": None, "runtime": "seeded",
            "created_at": at,
        }  # fmt: skip
        yield JobRow, {
            "id": new_key(), **read, "state": "done", "attempts": 1, "not_before": at, "lease_owner": None,
            "lease_until": None, "error": "", "created_at": at, "finished_at": at,
        }  # fmt: skip
