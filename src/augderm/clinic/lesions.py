"""Lesions: an identity that lasts over visits."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.errors import stale
from augderm.clinic.finding import find_lesion, find_patient
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.sites import PlaceEntry, place_of
from augderm.store.models import LesionRow


@dataclass(frozen=True, slots=True)
class Lesion:
    """A lesion. `label` is unique for its patient; where it is: as in `store.models.LesionRow`."""

    id: str
    patient_id: str
    label: str
    site: str | None
    laterality: str | None
    note: str
    version: int
    site_detail: str | None = None
    site_code: str | None = None
    site_code_meaning: str | None = None
    map_region: str | None = None
    map_view: str | None = None
    map_x: float | None = None
    map_y: float | None = None

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
class LesionEntry(PlaceEntry):
    """What is typed of a lesion."""

    note: str = ""


def lesion_of(row: LesionRow) -> Lesion:
    """The row as others see it."""
    return Lesion(
        row.id,
        row.patient_id,
        row.label,
        row.site,
        row.laterality,
        row.note,
        row.version,
        row.site_detail,
        row.site_code,
        row.site_code_meaning,
        row.map_region,
        row.map_view,
        row.map_x,
        row.map_y,
    )


@use_case("lesion.create")
def create_lesion(platform: Platform, person: Person, patient_id: str, entry: LesionEntry) -> Lesion:
    """Add a lesion to a patient; its label is the next number.

    Raises:
        InvalidEntry: an entry is wrong, or map and words contradict each other.
    """
    place = asdict(place_of(entry))
    with platform.database.writing() as session:
        patient = find_patient(session, person, patient_id)
        count = session.scalar(select(func.count()).where(LesionRow.patient_id == patient.id)) or 0
        row = LesionRow(
            patient_id=patient.id,
            label=f"L{count + 1}",
            **place,
            note=entries.text("note", entry.note),
            created_at=platform.now(),
            created_by=person.user_id,
        )
        session.add(row)
        session.flush()
        append(session, platform.now(), person, "lesion.create", "lesion", row.id)
        return lesion_of(row)


@use_case("lesion.change")
def change_lesion(
    platform: Platform, person: Person, lesion_id: str, entry: LesionEntry, version: int
) -> Lesion:
    """Correct where a lesion is, or its note. The log keeps where it was before, and no earlier note: it
    holds no text that somebody typed.

    Args:
        version: of the lesion as it was when the form was opened.

    Raises:
        InvalidEntry: as `create_lesion`.
        Conflict: it was changed in the meantime.
    """
    with platform.database.writing() as session:
        row, _ = find_lesion(session, person, lesion_id)
        place, note = asdict(place_of(entry)), entries.text("note", entry.note)
        if row.version != version:
            raise stale()
        was = {f"was_{name}": getattr(row, name) for name in place}
        for name, value in place.items():
            setattr(row, name, value)
        row.note, row.version = note, row.version + 1
        append(session, platform.now(), person, "lesion.change", "lesion", row.id, version=row.version, **was)
        return lesion_of(row)


@use_case("lesion.view")
def lesions_of(platform: Platform, person: Person, patient_id: str) -> list[Lesion]:
    """The lesions of a patient, the oldest first."""
    with platform.database.reading() as session:
        find_patient(session, person, patient_id)
        found = lesions_in(session, patient_id)
    seen(platform, person, "lesion.view", "patient", patient_id)
    return [*found]


def lesions_in(session: Session, patient_id: str) -> tuple[Lesion, ...]:
    """Likewise, of a patient who was found in this clinic; the caller logs it."""
    rows = session.scalars(
        select(LesionRow)
        .where(LesionRow.patient_id == patient_id)
        .order_by(LesionRow.created_at, LesionRow.id)
    )
    return tuple(map(lesion_of, rows))


@use_case("lesion.view")
def see_lesion(platform: Platform, person: Person, lesion_id: str) -> LesionPage:
    """One lesion."""
    with platform.database.reading() as session:
        row, patient = find_lesion(session, person, lesion_id)
        found = LesionPage(lesion_of(row), patient_of(patient))
    seen(platform, person, "lesion.view", "lesion", lesion_id)
    return found
