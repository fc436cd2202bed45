"""The log by the API, for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from augderm.clinic.audit import AuditHead
from augderm.clinic.auditing import LogFilter, LogPage, see_log, see_log_of_case, verify_log
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["audit"])
Before = Annotated[int | None, Query(ge=1, le=2**62)]
Word = Annotated[str, Query(max_length=100)]


@router.get("/audit")
def log(
    here: Here,
    person: Signed,
    user_id: Word = "",
    subject_id: Word = "",
    action: Word = "",
    day: Word = "",
    before: Before = None,
) -> LogPage:
    """A page of the log, the latest first; `next_before` leads to the next page."""
    wanted = LogFilter(user_id=user_id, subject_id=subject_id, action=action, day=day)
    return see_log(here, person, wanted, before)


@router.get("/cases/{case_id}/audit")
def case_log(here: Here, person: Signed, case_id: str, before: Before = None) -> LogPage:
    """The entries about one case, its visit, its lesion and its images."""
    return see_log_of_case(here, person, case_id, before)


@router.post("/audit/verification")
def verify(here: Here, person: Signed) -> AuditHead:
    """Follow the chain of hashes; `broken_at` is null where it is whole."""
    return verify_log(here, person)
