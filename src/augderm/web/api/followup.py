"""Follow-up by the API: recalls, the visits of a lesion, comparisons, ugly ducklings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from augderm.clinic.comparisons import Compared, ask_comparison, see_comparison
from augderm.clinic.ducklings import PatientMarks, see_ducklings
from augderm.clinic.recalls import (
    RecallEntry,
    RecallList,
    Which,
    close_recall,
    list_recalls,
    move_recall,
    plan_recall,
    recalls_of,
)
from augderm.clinic.timeline import TimelineVisit, see_timeline
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["follow-up"])
Long = Annotated[str, Field(max_length=10_000)]


class RecallIn(BaseModel):
    """A recall as sent: the day as YYYY-MM-DD, and why."""

    due_on: str = Field(max_length=40)
    reason: Long


class MoveIn(RecallIn):
    """A recall to be moved; `version` as it was read."""

    version: int = Field(ge=0, le=2**31 - 1)


class CloseIn(BaseModel):
    """A recall to be closed: "done" or "cancelled", and why."""

    closing: str = Field(max_length=40)
    reason: Long
    version: int = Field(ge=0, le=2**31 - 1)


@router.get("/recalls")
def recalls(
    here: Here, person: Signed, which: Which = "month", after: Annotated[str, Query(max_length=100)] = ""
) -> RecallList:
    """Recalls of the clinic, by when they are due."""
    return list_recalls(here, person, which, after)


@router.get("/lesions/{lesion_id}/recalls")
def lesion_recalls(here: Here, person: Signed, lesion_id: str) -> list[RecallEntry]:
    """All recalls of a lesion."""
    return recalls_of(here, person, lesion_id)


@router.post("/lesions/{lesion_id}/recalls", status_code=201)
def plan(here: Here, person: Signed, lesion_id: str, given: RecallIn) -> RecallEntry:
    """Plan a recall."""
    return plan_recall(here, person, lesion_id, given.due_on, given.reason)


@router.post("/recalls/{recall_id}/move")
def move(here: Here, person: Signed, recall_id: str, given: MoveIn) -> RecallEntry:
    """Move it."""
    return move_recall(here, person, recall_id, given.due_on, given.reason, given.version)


@router.post("/recalls/{recall_id}/close")
def close(here: Here, person: Signed, recall_id: str, given: CloseIn) -> RecallEntry:
    """Close it."""
    return close_recall(here, person, recall_id, given.closing, given.reason, given.version)


@router.get("/lesions/{lesion_id}/timeline")
def timeline(here: Here, person: Signed, lesion_id: str) -> list[TimelineVisit]:
    """The visits of a lesion, the latest first."""
    return see_timeline(here, person, lesion_id)


@router.post("/comparisons/{image_id}/{baseline_image_id}", status_code=202)
def ask(here: Here, person: Signed, image_id: str, baseline_image_id: str) -> None:
    """Have two photographs compared."""
    ask_comparison(here, person, image_id, baseline_image_id)


@router.get("/comparisons/{image_id}/{baseline_image_id}")
def comparison(here: Here, person: Signed, image_id: str, baseline_image_id: str) -> Compared:
    """What came of it (`augderm.comparison/1`)."""
    return see_comparison(here, person, image_id, baseline_image_id)


@router.get("/patients/{patient_id}/ducklings")
def ducklings(here: Here, person: Signed, patient_id: str) -> PatientMarks:
    """The patient's lesions beside each other."""
    return see_ducklings(here, person, patient_id)
