"""Lesions: an identity that lasts over visits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.finding import find_lesion, find_patient
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.sites import GENERAL_SITES, LATERALITIES
from augderm.store.models import LesionRow


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion. `label` is unique for its patient; site and laterality are None where nobody said."""

    id: str
    patient_id: str
    label: str
    site: str | None
    laterality: str | None
    note: str
    version: int

    @property
    def tracking_uid(self) -> str:
        """DICOM's TrackingUID (0062,0021): the UUID as a UID, by PS3.5 B.2."""
        return f"2.25.{uuid.UUID(self.id).int}"


@dataclass(frozen=True, slots=True)
class LesionPage:
    """A lesion with its patient."""

    lesion: Lesion
    patient: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionEntry:
    """What is typed of a lesion."""

    site: str = ""
    laterality: str = ""
    note: str = ""


def lesion_of(row: LesionRow) -> Lesion:
    """The row as others see it."""
    return Lesion(row.id, row.patient_id, row.label, row.site, row.laterality, row.note, row.version)


@use_case("lesion.create")
def create_lesion(platform: Platform, person: Person, patient_id: str, entry: LesionEntry) -> Lesion:
    """Add a lesion to a patient; its label is the next number.

    Raises:
        InvalidEntry: an entry is wrong.
    """
    with platform.database.writing() as session:
        patient = find_patient(session, person, patient_id)
        count = session.scalar(select(func.count()).where(LesionRow.patient_id == patient.id)) or 0
        row = LesionRow(
            patient_id=patient.id,
            label=f"L{count + 1}",
            site=entries.optional_choice("site", entry.site, GENERAL_SITES),
            laterality=entries.optional_choice("laterality", entry.laterality, LATERALITIES),
            note=entries.text("note", entry.note),
            created_at=platform.now(),
            created_by=person.user_id,
        )
        session.add(row)
        session.flush()
        append(session, platform.now(), person, "lesion.create", "lesion", row.id)
        return lesion_of(row)


@use_case("lesion.view")
def lesions_of(platform: Platform, person: Person, patient_id: str) -> list[Lesion]:
    """The lesions of a patient, the oldest first."""
    with platform.database.reading() as session:
        find_patient(session, person, patient_id)
        rows = session.scalars(
            select(LesionRow)
            .where(LesionRow.patient_id == patient_id)
            .order_by(LesionRow.created_at, LesionRow.id)
        )
        found = [lesion_of(row) for row in rows]
    seen(platform, person, "lesion.view", "patient", patient_id)
    return found


@use_case("lesion.view")
def see_lesion(platform: Platform, person: Person, lesion_id: str) -> LesionPage:
    """One lesion."""
    with platform.database.reading() as session:
        row, patient = find_lesion(session, person, lesion_id)
        found = LesionPage(lesion_of(row), patient_of(patient))
    seen(platform, person, "lesion.view", "lesion", lesion_id)
    return found
