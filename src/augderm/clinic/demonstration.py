"""A clinic of synthetic patients, to look at before there are real ones. Everything in it says so."""

from __future__ import annotations

import io
from itertools import cycle

from PIL import Image
from sqlalchemy import select

from augderm.analysis.phantom import PhantomSpec, draw_phantom, phantom_series
from augderm.clinic.accounts.links import make_link
from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.images import ClinicImage, add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.patients import Patient, PatientEntry, create_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.clinic.visits import Visit, create_visit
from augderm.domain.errors import InvalidConfig
from augderm.domain.sites import GENERAL_SITES
from augderm.store.models import ClinicRow, UserRow

LOGIN = "demo"
PATIENTS = (
    ("Example", "Ada", "1961-04-23", "female"),
    ("Muster", "Max", "1978-11-02", "male"),
    ("Specimen", "Sol", "1990-01-15", "other"),
)
"""Family name, given name, birth and sex of people who do not exist."""
LESIONS_EACH = 2
CONFIRMED = (
    ("Former", "Noa", "1955-07-30", "female", "mel"),
    ("Former", "Kim", "1983-02-11", "male", "nv"),
    ("Former", "Eva", "1969-09-05", "female", "nv"),
    ("Former", "Tom", "1947-12-24", "male", "bcc"),
    ("Former", "Lea", "1992-06-18", "female", "nv"),
    ("Former", "Ben", "1974-03-03", "male", "bkl"),
)
"""Likewise, and the histology that is made up for their one lesion: similar cases come from these."""


def demonstration_link(platform: Platform) -> str:
    """The token of a link into the demonstration, which is made in an empty database.

    Raises:
        InvalidConfig: the database holds a real clinic.
    """
    with platform.database.writing() as session:
        clinics = session.scalars(select(ClinicRow)).all()
        if any(not clinic.demonstration for clinic in clinics):
            raise InvalidConfig(
                "this folder holds a real clinic, into which no synthetic patients go; "
                "give --demo another folder with --data"
            )
        if clinics:
            user = session.scalars(select(UserRow).where(UserRow.login == LOGIN)).one()
            return make_link(session, "sign_in", user.id, platform.now())
        clinic = new_clinic(session, platform, "Demonstration", "UTC", demonstration=True)
        user = new_user(
            session, platform, clinic, LOGIN, "Demonstration", "reader,nurse,administrator,auditor", None
        )
        person = person_from(user, clinic)
        token = make_link(session, "sign_in", user.id, platform.now())
    _fill(platform, person)
    return token


def _fill(platform: Platform, person: Person) -> None:
    phantoms = iter(phantom_series(len(PATIENTS) * LESIONS_EACH + len(CONFIRMED), 1))
    sites = cycle(GENERAL_SITES)
    for number, told in enumerate(PATIENTS, 1):
        patient, visit = _patient(platform, person, number, *told)
        for _ in range(LESIONS_EACH):
            _photographed(platform, person, patient, visit, next(sites), next(phantoms))
    for number, (family, given, born, sex, diagnosis) in enumerate(CONFIRMED, len(PATIENTS) + 1):
        patient, visit = _patient(platform, person, number, family, given, born, sex)
        image = _photographed(platform, person, patient, visit, next(sites), next(phantoms))
        # Signed as urgent: no read of the machine that comes later is graver, and opens it again.
        read = commit_impression(platform, person, str(image.case_id), diagnosis, "urgent")
        decision = Decision(diagnosis=diagnosis, management="urgent")
        sign(platform, person, str(image.case_id), decision, read.version, 0)
        outcome = OutcomeEntry(confirmed_by="histopathology", diagnosis=diagnosis)
        enter_outcome(platform, person, str(image.lesion_id), outcome, str(image.case_id))


def _patient(
    platform: Platform, person: Person, number: int, family: str, given: str, born: str, sex: str
) -> tuple[Patient, Visit]:
    """A patient, who comes today."""
    entry = PatientEntry(
        identifier=f"SYNTHETIC-{number}", family_name=family, given_name=given, birth_date=born, sex=sex
    )
    patient = create_patient(platform, person, entry)
    return patient, create_visit(platform, person, patient.id)


def _photographed(
    platform: Platform, person: Person, patient: Patient, visit: Visit, site: str, phantom: PhantomSpec
) -> ClinicImage:
    """A lesion of the patient, and its photograph."""
    lesion = create_lesion(platform, person, patient.id, LesionEntry(site=site))
    buffer = io.BytesIO()
    Image.fromarray(draw_phantom(phantom).pixels).save(buffer, "PNG")
    return add_image(platform, person, visit.id, lesion.id, buffer.getvalue(), "phantom.png").image
