"""The anamnesis by the API: `augderm.anamnesis/1`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.anamneses import answer, see_anamnesis
from augderm.formats.anamnesis_json import anamnesis_to_object
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["anamneses"])


class AnamnesisIn(BaseModel):
    """Answers as sent: `answers` is `augderm.anamnesis/1`; an answer that is null or left out is unknown."""

    answers: dict[str, Any]
    based_on: str = Field("", max_length=100)
    confirmed: bool = False


class AnamnesisOut(BaseModel):
    """The latest answers; before there are any, what the form starts with, and `answered_id` is ""."""

    answers: dict[str, Any]
    answered_id: str
    flagged: list[list[str]]


class Answered(BaseModel):
    """The key of the answers, to go back as `based_on`."""

    answered_id: str


@router.get("/cases/{case_id}/anamnesis")
def anamnesis(here: Here, person: Signed, case_id: str) -> AnamnesisOut:
    """What the patient told of this lesion at this visit."""
    page = see_anamnesis(here, person, case_id)
    return AnamnesisOut(
        answers=anamnesis_to_object(page.answers),
        answered_id=page.answered_id,
        flagged=[list(names) for names in page.flagged],
    )


@router.post("/cases/{case_id}/anamnesis", status_code=201)
def take(here: Here, person: Signed, case_id: str, given: AnamnesisIn) -> Answered:
    """New answers, and a new read queued with them."""
    return Answered(answered_id=answer(here, person, case_id, given.answers, given.based_on, given.confirmed))
