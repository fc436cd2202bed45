"""The worklist by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from augderm.clinic.assigning import Reader, assign_case, readers_of, take_next
from augderm.clinic.worklist import Wanted, Worklist, WorklistCase, see_worklist
from augderm.web.asked import wanted
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["worklist"])


class AssignmentIn(BaseModel):
    """Whom a case is assigned to, "" for nobody, with the version that the change was made from."""

    reader: str = Field(max_length=100)
    version: int = Field(ge=1, le=2**31 - 1)


@router.get("/worklist")
def worklist(here: Here, person: Signed, asked: Annotated[Wanted, Depends(wanted)]) -> Worklist:
    """A page of unread cases, the most urgent first; `after` is the key of the last case of the page before.

    `why` and `due_on` are null where the machine's read must not be shown to this person (yet).
    """
    return see_worklist(here, person, asked)


@router.get("/worklist/readers")
def readers(here: Here, person: Signed) -> list[Reader]:
    """Whom a case can be assigned to."""
    return readers_of(here, person)


@router.post("/worklist/next")
def take(here: Here, person: Signed) -> WorklistCase | None:
    """Take the most urgent case that nobody has; null where there is none."""
    return take_next(here, person)


@router.put("/cases/{case_id}/assignment")
def assign(here: Here, person: Signed, case_id: str, given: AssignmentIn) -> WorklistCase:
    """Assign a case to a reader, or to nobody."""
    return assign_case(here, person, case_id, given.reader, given.version)
