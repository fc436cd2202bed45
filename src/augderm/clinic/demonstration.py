"""A clinic of synthetic patients, to look at before there are real ones. Everything in it says so."""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy import select

from augderm.analysis.phantom import draw_phantom, phantom_series
from augderm.clinic.accounts.links import make_link
from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.accounts.start import new_clinic, new_user
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.patients import PatientEntry, create_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.visits import create_visit
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
    phantoms = iter(phantom_series(len(PATIENTS) * LESIONS_EACH, 1))
    sites = iter(GENERAL_SITES)
    for number, (family, given, born, sex) in enumerate(PATIENTS, 1):
        entry = PatientEntry(
            identifier=f"SYNTHETIC-{number}", family_name=family, given_name=given, birth_date=born, sex=sex
        )
        patient = create_patient(platform, person, entry)
        visit = create_visit(platform, person, patient.id)
        for _ in range(LESIONS_EACH):
            lesion = create_lesion(platform, person, patient.id, LesionEntry(site=next(sites)))
            buffer = io.BytesIO()
            Image.fromarray(draw_phantom(next(phantoms)).pixels).save(buffer, "PNG")
            add_image(platform, person, visit.id, lesion.id, buffer.getvalue(), "phantom.png")
