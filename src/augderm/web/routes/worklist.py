"""The worklist: what is read next, by whom."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.assigning import assign_case, readers_of, take_next
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.permissions import may
from augderm.clinic.worklist import MINE, SHOWS, UNASSIGNED, Wanted, WorklistCase, see_line, see_worklist
from augderm.domain.advice import BANDS
from augderm.web.asked import wanted
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


def case_path(case: WorklistCase) -> str:
    """Where a case of the worklist is opened."""
    return f"/cases/{case.id}"


@router.get("/worklist")
def worklist_page(
    request: Request,
    here: Here,
    person: Signed,
    asked: Annotated[Wanted, Depends(wanted)],
    all_taken: bool = False,
) -> Response:
    """The cases that wait; `all_taken` says that there was no next one."""
    found = see_worklist(here, person, asked)
    filters = {"show": asked.show, "reader": asked.reader, "band": asked.band, "q": asked.words}
    here_now = urlencode({name: value for name, value in filters.items() if value})
    fragment = bool(request.headers.get("hx-request"))
    return render(
        request,
        "_worklist.html" if fragment else "worklist.html",
        fragment=fragment,
        found=found,
        wanted=asked,
        first=f"/worklist?{here_now}",
        following=f"/worklist?{here_now}&after={found.cases[-1].id}" if found.more else None,
        readers=readers_of(here, person),
        shows=SHOWS,
        mine=MINE,
        unassigned=UNASSIGNED,
        bands=BANDS if may(person, "assessment.view") else (),
        case_path=case_path,
        all_taken=all_taken,
    )


@router.post("/worklist/next")
def take(here: Here, person: Signed, _form: Form) -> Response:
    """Take the most urgent case that nobody has, and open it."""
    case = take_next(here, person)
    return go_to("/worklist?all_taken=true" if case is None else case_path(case))


@router.get("/worklist/{case_id}/assign")
def assign_page(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """The form that assigns a case: a page, or where the line stands."""
    case = see_line(here, person, case_id)
    return render(
        request,
        "_worklist_assign.html" if request.headers.get("hx-request") else "worklist_assign.html",
        case=case,
        patient=case.patient,
        readers=readers_of(here, person),
    )


@router.post("/worklist/{case_id}/assign")
def assign(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Assign it. In the list the line is shown anew, also where the change was refused: as it is now."""
    moves = request.headers.get("hx-request")
    problem = None
    try:
        case = assign_case(here, person, case_id, form.text("reader"), form.number("version"))
    except (Conflict, InvalidEntry) as error:
        if not moves:
            raise
        problem, case = error, see_line(here, person, case_id)
    if not moves:
        return go_to(f"/worklist#case-{case_id}")
    # 200 also where it was refused: the line, as it is now, is what was asked for.
    return render(request, "_worklist_line.html", case=case, case_path=case_path, problem=problem, told=True)
