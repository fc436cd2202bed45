"""Retention, holds, copies and erasure by the API, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from augderm.clinic.erasure import Erased, erase_patient
from augderm.clinic.retention import PAGE, Kept, due_for_erasure, hold_patient, see_retention
from augderm.web.routes.privacy import zipped
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["privacy"])
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}


class Due(BaseModel):
    """A page of patients; `next_after` leads to the next, null on the last."""

    patients: list[Kept]
    next_after: str | None


class HoldIn(BaseModel):
    """A hold's reason, "" to lift it, with the patient's version that the change was made from."""

    reason: str = Field(max_length=1000)
    version: int


class ErasureIn(BaseModel):
    """The patient's identifier once more, so that no wrong patient is erased, and the version."""

    identifier: str = Field(max_length=1000)
    version: int


@router.get("/retention")
def due(here: Here, person: Signed, after: Annotated[str, Query(max_length=100)] = "") -> Due:
    """Patients whose retention has ended."""
    found = due_for_erasure(here, person, after)
    return Due(patients=found[:PAGE], next_after=found[PAGE - 1].patient.id if len(found) > PAGE else None)


@router.get("/patients/{patient_id}/retention")
def retention(here: Here, person: Signed, patient_id: str) -> Kept:
    """What stands against erasing a patient."""
    return see_retention(here, person, patient_id)


@router.put("/patients/{patient_id}/hold")
def hold(here: Here, person: Signed, patient_id: str, given: HoldIn) -> Kept:
    """Set or lift a hold."""
    return hold_patient(here, person, patient_id, given.reason, given.version)


@router.post("/patients/{patient_id}/export", response_class=Response, responses=ZIP)
def export(here: Here, person: Signed, patient_id: str) -> Response:
    """The copy of a patient's data (`augderm.patient/1` and the images), as a ZIP."""
    return zipped(here, person, patient_id)


@router.post("/patients/{patient_id}/erasure")
def erase(here: Here, person: Signed, patient_id: str, given: ErasureIn) -> Erased:
    """Erase a patient."""
    return erase_patient(here, person, patient_id, given.identifier, given.version)
