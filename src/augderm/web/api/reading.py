"""Reading a case by the API: what the reading page shows, and what is sent from it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from augderm.clinic.addenda import Change, add_addendum
from augderm.clinic.checklists import Checklist, set_items
from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.clinic.photographs import see_overlay
from augderm.clinic.reading import Reading, open_reading, waiting
from augderm.clinic.reads import Read
from augderm.clinic.signatures import Addendum
from augderm.clinic.signing import Decision, SignedMeanwhile, sign
from augderm.clinic.sittings import Draft, OtherDraft, Present, keep_draft, still_here
from augderm.clinic.told_first import Contradicted
from augderm.web.language import translations
from augderm.web.render import language_of
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["reading"])
MAX_LETTERS = 10_000
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "Changed meanwhile, or it contradicts what is there; both versions come back."}
}


class DecisionIn(BaseModel):
    """A final decision. `version` is that of the own read, `signatures` how many others had signed,
    `photographs` how many of the case were shown, `words` and `shown` as the case had them: where the machine
    read it, or somebody answered for it, that was not seen who leaves `shown` out.
    """

    diagnosis: str = Field(max_length=100)
    management: str = Field(max_length=100)
    reason: str = Field("", max_length=MAX_LETTERS)
    version: int = Field(ge=0, lt=2**31)
    signatures: int = Field(0, ge=0, lt=2**31)
    photographs: int | None = Field(None, ge=0, lt=2**31)
    words: int | None = Field(None, ge=0, lt=2**31)
    shown: str = Field("", max_length=100)


class AddendumIn(BaseModel):
    """An addendum as sent. It may decide: `diagnosis` and `management`, "" for what stays as it was; `words`
    is then how many signatures and addenda the case had when it was shown. `shown` as of a decision.
    """

    text: str = Field(max_length=MAX_LETTERS)
    diagnosis: str = Field("", max_length=100)
    management: str = Field("", max_length=100)
    words: int = Field(0, ge=0, lt=2**31)
    photographs: int | None = Field(None, ge=0, lt=2**31)
    shown: str = Field("", max_length=100)


class DraftIn(BaseModel):
    """What was typed, by the field's name; `version` is that of the draft it was typed into."""

    fields: dict[str, str] = Field(max_length=20)
    version: int = Field(ge=0, lt=2**31)


class ItemsIn(BaseModel):
    """Items by "score.item": a whole number, "?" for what cannot be told, "" to go back to the machine."""

    items: dict[str, str] = Field(max_length=100)


@router.get("/cases/{case_id}")
def case(here: Here, person: Signed, case_id: str) -> Reading:
    """A case as this reader sees it; the machine's part is left out until the own impression is committed."""
    return open_reading(here, person, case_id)


@router.get("/cases/{case_id}/waiting")
def machine_waiting(here: Here, person: Signed, case_id: str) -> int:
    """How many of its photographs the machine is still to read."""
    return waiting(here, person, case_id)


@router.get("/cases/{case_id}/presence")
def presence(here: Here, person: Signed, case_id: str) -> list[Present]:
    """Who else has it open; tells too that this reader has."""
    return [*still_here(here, person, case_id)]


@router.put("/cases/{case_id}/draft", response_model=Draft, responses=CONFLICT)
def draft(request: Request, here: Here, person: Signed, case_id: str, given: DraftIn) -> Draft | Response:
    """Keep what was typed so far."""
    try:
        return keep_draft(here, person, case_id, given.fields, given.version)
    except OtherDraft as error:
        return _both(request, error, asdict(error.kept), dict(error.given))


@router.post("/cases/{case_id}/signature", status_code=201, response_model=Read, responses=CONFLICT)
def signature(
    request: Request, here: Here, person: Signed, case_id: str, given: DecisionIn
) -> Read | Response:
    """Sign the final decision. Where the machine contradicts it, the 422 has its `alert` beside the error."""
    decision = Decision(diagnosis=given.diagnosis, management=given.management, reason=given.reason)
    try:
        return sign(
            here,
            person,
            case_id,
            decision,
            given.version,
            given.signatures,
            given.photographs,
            given.words,
            given.shown,
        )
    except SignedMeanwhile as error:
        return _both(request, error, [asdict(each) for each in error.theirs], asdict(error.yours))
    except Contradicted as error:
        return _told(request, error)


@router.post("/cases/{case_id}/addenda", status_code=201, response_model=Addendum)
def addendum(
    request: Request, here: Here, person: Signed, case_id: str, given: AddendumIn
) -> Addendum | Response:
    """Add to the own signed read, and decide anew where it says so; contradicted by the machine, as above."""
    change = Change(diagnosis=given.diagnosis, management=given.management, words=given.words)
    try:
        return add_addendum(here, person, case_id, given.text, change, given.photographs, given.shown)
    except Contradicted as error:
        return _told(request, error)


@router.post("/cases/{case_id}/images/{image_id}/items")
def items(here: Here, person: Signed, case_id: str, image_id: str, given: ItemsIn) -> list[Checklist]:
    """Set items of the own checklists."""
    return [*set_items(here, person, case_id, image_id, given.items)]


@router.get("/images/{image_id}/overlays/{name}", response_class=Response)
def overlay(here: Here, person: Signed, image_id: str, name: str) -> Response:
    """What is laid over a photograph: PNG."""
    return Response(see_overlay(here, person, image_id, name), media_type="image/png")


def _both(request: Request, error: Conflict, theirs: Any, yours: Any) -> Response:
    return _refusal(request, error, 409, theirs=theirs, yours=yours)


def _told(request: Request, error: Contradicted) -> Response:
    return _refusal(request, error, 422, alert=asdict(error.alert))


def _refusal(request: Request, error: ClinicError, status: int, **beside: Any) -> Response:
    told = translations(language_of(request)).gettext(error.message) % error.values
    fault = {"kind": type(error).__name__, "message": told, "details": ""}
    if isinstance(error, InvalidEntry):
        fault["field"] = error.field
    return JSONResponse(jsonable_encoder({"error": fault, **beside}), status)
