"""Visits by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.images import ClinicImage, images_of
from augderm.clinic.visits import Visit, VisitPage, create_visit, see_visit, visits_of
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["visits"])


class VisitIn(BaseModel):
    """A visit as sent."""

    note: str = Field("", max_length=10_000)


@router.get("/patients/{patient_id}/visits")
def visits(here: Here, person: Signed, patient_id: str) -> list[Visit]:
    """The visits of a patient."""
    return visits_of(here, person, patient_id)


@router.post("/patients/{patient_id}/visits", status_code=201)
def add(here: Here, person: Signed, patient_id: str, given: VisitIn) -> Visit:
    """Open a visit, now."""
    return create_visit(here, person, patient_id, given.note)


@router.get("/visits/{visit_id}")
def visit(here: Here, person: Signed, visit_id: str) -> VisitPage:
    """One visit, with its patient."""
    return see_visit(here, person, visit_id)


@router.get("/visits/{visit_id}/images")
def images(here: Here, person: Signed, visit_id: str) -> list[ClinicImage]:
    """Its images."""
    return images_of(here, person, visit_id)
