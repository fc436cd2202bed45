"""A patient's record: person, lesions and visits in one look. The log has an entry for each of the three.

Looked at one by one they would cost a commit each, with its sync to disk.
"""

from __future__ import annotations

from dataclasses import dataclass

from augderm.clinic.audit import append
from augderm.clinic.finding import find_patient
from augderm.clinic.lesions import Lesion, lesions_in
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.visits import Visit, visits_in

LOOKS = ("lesion.view", "patient.view", "visit.view")
"""What stands in the log, as of `lesions_of`, `see_patient` and `visits_of`."""


@dataclass(frozen=True, slots=True)
class Record:
    """A patient with the lesions, the oldest first, and the visits, the latest first."""

    patient: Patient
    lesions: tuple[Lesion, ...]
    visits: tuple[Visit, ...]


@use_case("patient.view")
def see_record(platform: Platform, person: Person, patient_id: str) -> Record:
    """One patient, with lesions and visits."""
    with platform.database.reading() as session:
        patient = patient_of(find_patient(session, person, patient_id))
        found = Record(patient, lesions_in(session, patient_id), visits_in(session, patient_id))
    # Before it is shown: what cannot be logged is not shown.
    with platform.database.writing() as session:
        for action in LOOKS:
            append(session, platform.now(), person, action, "patient", patient_id)
    return found
