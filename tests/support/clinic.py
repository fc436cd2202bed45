"""A clinic for tests: a platform in a folder, people with roles, a case with an image."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.images import ClinicImage, add_image
from augderm.clinic.lesions import Lesion, LesionEntry, create_lesion
from augderm.clinic.patients import Patient, PatientEntry, create_patient
from augderm.clinic.person import Person, Role
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.settings import Settings
from augderm.clinic.visits import Visit, create_visit
from augderm.store.models import ClinicRow

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
ADA = PatientEntry(identifier="4711", family_name="Müller", given_name="Ada", birth_date="1961-04-23")


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


@dataclass(frozen=True)
class Case:
    """A patient with a lesion, a visit, and a photograph."""

    patient: Patient
    lesion: Lesion
    visit: Visit
    image: ClinicImage


def platform_in(
    folder: Path, bundle: Path, clock: Clock | None = None, *, database_url: str = "", blobs_url: str = ""
) -> Platform:
    """A platform with an empty database and no images: in a folder, but for what has a URL."""
    settings = Settings(
        data=folder,
        bundle=bundle,
        hosts=("testserver", "localhost", "127.0.0.1"),
        database_url=database_url,
        blobs_url=blobs_url,
    )
    return open_platform(settings, clock or Clock())


def somebody(
    platform: Platform, *roles: Role, like: Person | None = None, password_hash: str | None = None
) -> Person:
    """A user with these roles; of the same clinic as `like`, else of a new one."""
    with platform.database.writing() as session:
        if like is None:
            clinic = new_clinic(session, platform, "Clinic", "Europe/Berlin")
        else:
            clinic = session.get_one(ClinicRow, like.clinic_id)
        login = f"user-{datetime.now(UTC).timestamp()}"
        user = new_user(session, platform, clinic, login, "Some Body", ",".join(roles), password_hash)
        return person_from(user, clinic)


def phantom_jpeg(seed: int = 0) -> bytes:
    """A photograph of a synthetic lesion."""
    buffer = io.BytesIO()
    Image.fromarray(
        draw_phantom(
            PhantomSpec(width_px=320, height_px=240, long_axis_px=140, short_axis_px=110, seed=seed)
        ).pixels
    ).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def open_case(
    platform: Platform, person: Person, entry: PatientEntry = ADA, seed: int = 0, confirmed: bool = False
) -> Case:
    """Take in a patient with one photograph; `confirmed` where another patient has the same one."""
    patient = create_patient(platform, person, entry)
    lesion = create_lesion(platform, person, patient.id, LesionEntry(site="posterior torso"))
    visit = create_visit(platform, person, patient.id)
    added = add_image(
        platform, person, visit.id, lesion.id, phantom_jpeg(seed), "phantom.jpg", confirmed=confirmed
    )
    return Case(patient, lesion, visit, added.image)
