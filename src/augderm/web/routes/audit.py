"""The log, for auditors."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.audit import AuditHead
from augderm.clinic.auditing import (
    LogFilter,
    LogPage,
    colleagues,
    see_log,
    see_log_of_case,
    verify_log,
)
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.permissions import PERMISSIONS
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.signed import Here, Signed

router = APIRouter()
Before = Annotated[int | None, Query(ge=1, le=2**62)]
Word = Annotated[str, Query(max_length=100)]


@router.get("/audit")
def log_page(
    request: Request,
    here: Here,
    person: Signed,
    user_id: Word = "",
    subject_id: Word = "",
    action: Word = "",
    day: Word = "",
    before: Before = None,
) -> Response:
    """A page of the log, or of the entries that are looked for."""
    wanted = LogFilter(
        user_id=user_id.strip(), subject_id=subject_id.strip(), action=action.strip(), day=day.strip()
    )
    try:
        page = see_log(here, person, wanted, before)
    except InvalidEntry as problem:
        return _page(request, here, person, wanted, LogPage((), None), problem=problem)
    return _page(request, here, person, wanted, page)


@router.post("/audit/verify")
def verify(request: Request, here: Here, person: Signed, _form: Form) -> Response:
    """Follow the chain of hashes."""
    head = verify_log(here, person)
    return _page(request, here, person, LogFilter(), see_log(here, person), head=head)


@router.get("/audit/cases/{case_id}")
def case_log(request: Request, here: Here, person: Signed, case_id: str, before: Before = None) -> Response:
    """The entries about one case."""
    page = see_log_of_case(here, person, case_id, before)
    return render(request, "audit_case.html", page=page, case_id=case_id)


def _page(
    request: Request,
    here: Platform,
    person: Person,
    wanted: LogFilter,
    page: LogPage,
    *,
    head: AuditHead | None = None,
    problem: InvalidEntry | None = None,
) -> Response:
    return render(
        request,
        "audit.html",
        status=422 if problem else 200,
        wanted=wanted,
        page=page,
        people=colleagues(here, person),
        actions=sorted(PERMISSIONS),
        head=head,
        problem=problem,
    )
