"""Second opinions that are asked of this person, by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from augderm.clinic.assessments import MachineRead
from augderm.clinic.opinions import (
    AskedCase,
    Question,
    Waiting,
    answer,
    asked_of_me,
    commit_asked,
    decline,
    see_asked_assessment,
    see_asked_case,
    see_asked_image,
    see_asked_original,
    see_question,
    waiting,
)
from augderm.clinic.reads import Read
from augderm.clinic.referrals import PAGE
from augderm.web.api.images import ImpressionIn
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["second opinions"])


class AnswerIn(ImpressionIn):
    """An answer as sent, with the version of the question that it answers."""

    answer: str = Field("", max_length=10_000)
    version: int


class Refusal(BaseModel):
    """Why a question is declined, with its version."""

    reason: str = Field(max_length=10_000)
    version: int


class Questions(BaseModel):
    """A page of questions, and whether there is a next one, after the last one's key."""

    questions: list[Question]
    more: bool


@router.get("/questions")
def questions(
    here: Here, person: Signed, after: Annotated[str, Query(max_length=40)] = "", done: bool = False
) -> Questions:
    """Questions that wait, the oldest first; or those done, the latest first."""
    found = asked_of_me(here, person, after, done)
    return Questions(questions=found[:PAGE], more=len(found) > PAGE)


@router.get("/questions/waiting")
def how_many(here: Here, person: Signed) -> Waiting:
    """How much waits for this person."""
    return waiting(here, person)


@router.get("/questions/{referral_id}")
def question(here: Here, person: Signed, referral_id: str) -> Question:
    """A question, also after its answer."""
    return see_question(here, person, referral_id)


@router.get("/questions/{referral_id}/case")
def case(here: Here, person: Signed, referral_id: str) -> AskedCase:
    """The case of a question that waits, as far as it may be seen."""
    return see_asked_case(here, person, referral_id)


@router.get("/questions/{referral_id}/images/{image_id}", response_class=Response)
def image(here: Here, person: Signed, referral_id: str, image_id: str) -> Response:
    """A photograph of that case: JPEG, without what the camera wrote."""
    found = see_asked_image(here, person, referral_id, image_id)
    return Response(found.data, media_type=found.content_type)


@router.get("/questions/{referral_id}/images/{image_id}/original", response_class=Response)
def original(here: Here, person: Signed, referral_id: str, image_id: str) -> Response:
    """The same at full size: JPEG or PNG, without what the camera wrote."""
    found = see_asked_original(here, person, referral_id, image_id)
    return Response(found.data, media_type=found.content_type)


@router.get("/questions/{referral_id}/images/{image_id}/assessment")
def assessment(here: Here, person: Signed, referral_id: str, image_id: str) -> MachineRead:
    """The machine's read of it, hidden until this reader has committed an impression."""
    return see_asked_assessment(here, person, referral_id, image_id)


@router.post("/questions/{referral_id}/read", status_code=201)
def commit(here: Here, person: Signed, referral_id: str, given: ImpressionIn) -> Read:
    """Commit this reader's own impression."""
    return commit_asked(here, person, referral_id, given.impression, given.management)


@router.post("/questions/{referral_id}/answer")
def give(here: Here, person: Signed, referral_id: str, given: AnswerIn) -> Question:
    """Answer; the access to the case ends."""
    return answer(here, person, referral_id, given.impression, given.management, given.answer, given.version)


@router.post("/questions/{referral_id}/decline")
def refuse(here: Here, person: Signed, referral_id: str, given: Refusal) -> Question:
    """Decline, with the reason; the access to the case ends."""
    return decline(here, person, referral_id, given.reason, given.version)
