"""The clinic's settings by the API, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.clinics import ClinicEntry, ClinicSettings, change_clinic, see_clinic
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["clinic"])


class ClinicIn(BaseModel):
    """Settings as sent; null for no quota and no retention."""

    name: str = Field(max_length=1000)
    timezone: str = Field(max_length=100)
    blind_first: bool
    image_quota_gb: int | None = Field(None, ge=1, le=1_000_000)
    retention_years: int | None = Field(None, ge=1, le=100)
    version: int


@router.get("/clinic")
def clinic(here: Here, person: Signed) -> ClinicSettings:
    """The settings."""
    return see_clinic(here, person)


@router.put("/clinic")
def change(here: Here, person: Signed, given: ClinicIn) -> ClinicSettings:
    """Set them all."""
    entry = ClinicEntry(
        name=given.name,
        timezone=given.timezone,
        blind_first=given.blind_first,
        image_quota_gb="" if given.image_quota_gb is None else str(given.image_quota_gb),
        retention_years="" if given.retention_years is None else str(given.retention_years),
    )
    return change_clinic(here, person, entry, given.version)
