"""Outcomes and figures by the API."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from augderm.clinic.outcomes import (
    AnswerableCase,
    Outcome,
    OutcomeEntry,
    WaitingList,
    answerable_cases,
    correct_outcome,
    enter_outcome,
    outcomes_of,
    waiting_for_outcome,
)
from augderm.clinic.performance import see_figures
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["outcomes"])


class OutcomeIn(BaseModel):
    """An outcome as sent; see `domain.outcome`. `case_id` may be left out."""

    confirmed_by: str = Field(max_length=100)
    diagnosis: str = Field(max_length=100)
    behaviour: str = Field("", max_length=100)
    diagnosis_text: str = Field("", max_length=10_000)
    taken_on: str = Field("", max_length=40)


class NewOutcomeIn(OutcomeIn):
    """A new one."""

    case_id: str = Field("", max_length=40)


class CorrectionIn(OutcomeIn):
    """A correction: why, and the version that was read. `case_id` where it answers another case."""

    correction: str = Field(max_length=10_000)
    version: int = Field(ge=0, le=2**31 - 1)
    case_id: str = Field("", max_length=40)


@router.get("/outcomes/waiting")
def waiting(here: Here, person: Signed, after: Annotated[str, Query(max_length=100)] = "") -> WaitingList:
    """Cases signed as malignant or urgent, without an outcome."""
    return waiting_for_outcome(here, person, after)


@router.get("/lesions/{lesion_id}/outcomes")
def outcomes(here: Here, person: Signed, lesion_id: str) -> list[Outcome]:
    """All outcomes of a lesion, corrected ones too."""
    return outcomes_of(here, person, lesion_id)


@router.get("/lesions/{lesion_id}/outcomes/cases")
def cases(here: Here, person: Signed, lesion_id: str) -> list[AnswerableCase]:
    """The cases of a lesion that an outcome may answer, the latest visit first."""
    return answerable_cases(here, person, lesion_id)


@router.post("/lesions/{lesion_id}/outcomes", status_code=201)
def enter(here: Here, person: Signed, lesion_id: str, given: NewOutcomeIn) -> Outcome:
    """Enter one."""
    entry = OutcomeEntry(**given.model_dump(exclude={"case_id"}))
    return enter_outcome(here, person, lesion_id, entry, given.case_id)


@router.post("/outcomes/{outcome_id}/correct", status_code=201)
def correct(here: Here, person: Signed, outcome_id: str, given: CorrectionIn) -> Outcome:
    """Correct one; the earlier stays."""
    entry = OutcomeEntry(**given.model_dump(exclude={"correction", "version", "case_id"}))
    return correct_outcome(here, person, outcome_id, entry, given.correction, given.version, given.case_id)


@router.get("/figures")
def figures(here: Here, person: Signed) -> dict[str, Any]:
    """Reads against outcomes, and drift; what is undefined is null."""
    plain: dict[str, Any] = _without_nan(asdict(see_figures(here, person)))
    return plain


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
