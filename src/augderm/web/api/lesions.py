"""Lesions by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.images import ClinicImage, images_of_lesion
from augderm.clinic.lesions import (
    Lesion,
    LesionEntry,
    LesionPage,
    change_lesion,
    create_lesion,
    lesions_of,
    see_lesion,
)
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["lesions"])


class LesionIn(BaseModel):
    """A lesion as sent: a region of the body map, with or without a point in it, or ISIC's words alone."""

    site: str = Field("", max_length=100)
    laterality: str = Field("", max_length=100)
    region: str = Field("", max_length=100)
    view: str = Field("", max_length=100)
    x: float | None = Field(None, ge=0, le=1)
    y: float | None = Field(None, ge=0, le=1)
    note: str = Field("", max_length=10_000)

    def entry(self) -> LesionEntry:
        """As the use cases take it."""
        return LesionEntry(
            site=self.site,
            laterality=self.laterality,
            region=self.region,
            view=self.view,
            x="" if self.x is None else str(self.x),
            y="" if self.y is None else str(self.y),
            note=self.note,
        )


class LesionChange(LesionIn):
    """Likewise, with the version that it was made from."""

    version: int


@router.get("/patients/{patient_id}/lesions")
def lesions(here: Here, person: Signed, patient_id: str) -> list[Lesion]:
    """The lesions of a patient."""
    return lesions_of(here, person, patient_id)


@router.post("/patients/{patient_id}/lesions", status_code=201)
def add(here: Here, person: Signed, patient_id: str, given: LesionIn) -> Lesion:
    """Add a lesion."""
    return create_lesion(here, person, patient_id, given.entry())


@router.get("/lesions/{lesion_id}")
def lesion(here: Here, person: Signed, lesion_id: str) -> LesionPage:
    """One lesion, with its patient."""
    return see_lesion(here, person, lesion_id)


@router.put("/lesions/{lesion_id}")
def change(here: Here, person: Signed, lesion_id: str, given: LesionChange) -> Lesion:
    """Correct where it is, or its note."""
    return change_lesion(here, person, lesion_id, given.entry(), given.version)


@router.get("/lesions/{lesion_id}/images")
def images(here: Here, person: Signed, lesion_id: str) -> list[ClinicImage]:
    """Its images over all visits."""
    return images_of_lesion(here, person, lesion_id)
