"""Lesions by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.images import ClinicImage, images_of_lesion
from augderm.clinic.lesions import Lesion, LesionEntry, LesionPage, create_lesion, lesions_of, see_lesion
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["lesions"])


class LesionIn(BaseModel):
    """A lesion as sent; site and side by ISIC's words."""

    site: str = Field("", max_length=100)
    laterality: str = Field("", max_length=100)
    note: str = Field("", max_length=10_000)


@router.get("/patients/{patient_id}/lesions")
def lesions(here: Here, person: Signed, patient_id: str) -> list[Lesion]:
    """The lesions of a patient."""
    return lesions_of(here, person, patient_id)


@router.post("/patients/{patient_id}/lesions", status_code=201)
def add(here: Here, person: Signed, patient_id: str, given: LesionIn) -> Lesion:
    """Add a lesion."""
    return create_lesion(here, person, patient_id, LesionEntry(**given.model_dump()))


@router.get("/lesions/{lesion_id}")
def lesion(here: Here, person: Signed, lesion_id: str) -> LesionPage:
    """One lesion, with its patient."""
    return see_lesion(here, person, lesion_id)


@router.get("/lesions/{lesion_id}/images")
def images(here: Here, person: Signed, lesion_id: str) -> list[ClinicImage]:
    """Its images over all visits."""
    return images_of_lesion(here, person, lesion_id)
