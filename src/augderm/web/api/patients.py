"""Patients by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from augderm.clinic.patients import (
    PAGE,
    Patient,
    PatientEntry,
    change_patient,
    create_patient,
    find_patients,
    see_patient,
)
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["patients"])


class PatientIn(BaseModel):
    """A patient as sent; `birth_date` is YYYY-MM-DD. `another_person` confirms a namesake."""

    identifier: str = Field(max_length=1000)
    family_name: str = Field(max_length=1000)
    given_name: str = Field(max_length=1000)
    birth_date: str = Field(max_length=100)
    sex: str = Field("", max_length=100)
    another_person: bool = False

    def entry(self) -> PatientEntry:
        """As the use cases take it."""
        return PatientEntry(**self.model_dump(include={*PatientIn.model_fields} - {"another_person"}))


class PatientChange(PatientIn):
    """Likewise, with the version that it was made from."""

    version: int


class Patients(BaseModel):
    """A page of patients, and whether there is a next one."""

    patients: list[Patient]
    more: bool


@router.get("/patients")
def patients(
    here: Here,
    person: Signed,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Patients:
    """Patients by name, identifier or date of birth."""
    found = find_patients(here, person, q, page)
    return Patients(patients=found[:PAGE], more=len(found) > PAGE)


@router.post("/patients", status_code=201)
def add(here: Here, person: Signed, given: PatientIn) -> Patient:
    """Take in a patient."""
    return create_patient(here, person, given.entry(), given.another_person)


@router.get("/patients/{patient_id}")
def patient(here: Here, person: Signed, patient_id: str) -> Patient:
    """One patient."""
    return see_patient(here, person, patient_id)


@router.put("/patients/{patient_id}")
def change(here: Here, person: Signed, patient_id: str, given: PatientChange) -> Patient:
    """Correct a patient's data."""
    return change_patient(here, person, patient_id, given.entry(), given.version, given.another_person)
