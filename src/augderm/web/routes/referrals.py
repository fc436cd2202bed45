"""Second opinions of a case: ask, read the answers, withdraw."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.referrals import ask, colleagues, referrals_of, withdraw
from augderm.web.forms import Entries, Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/cases/{case_id}/referrals")
def referrals_page(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """The second opinions of a case with the form for another; within a case's page, the list alone."""
    if request.headers.get("hx-request") and not request.headers.get("hx-boosted"):
        return render(request, "_referrals.html", case=referrals_of(here, person, case_id), in_case=True)
    return _page(request, here, person, case_id)


@router.post("/cases/{case_id}/referrals")
def add(request: Request, here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Ask for a second opinion."""
    named = form.text("identity") == "with"
    try:
        ask(here, person, case_id, form.text("asked_of"), named, form.text("question"))
    except (InvalidEntry, Conflict) as problem:
        return _page(request, here, person, case_id, form=form, problem=problem)
    return go_to(f"/cases/{case_id}/referrals")


@router.post("/referrals/{referral_id}/withdraw")
def take_back(here: Here, person: Signed, referral_id: str, form: Form) -> Response:
    """Withdraw a question."""
    taken = withdraw(here, person, referral_id, form.number("version"))
    return go_to(f"/cases/{taken.case_id}/referrals")


def _page(
    request: Request,
    here: Platform,
    person: Person,
    case_id: str,
    *,
    form: Entries | None = None,
    problem: ClinicError | None = None,
) -> Response:
    found = referrals_of(here, person, case_id)
    return render(
        request,
        "referrals.html",
        status=200 if problem is None else 409 if isinstance(problem, Conflict) else 422,
        case=found,
        in_case=False,
        patient=found.patient,
        colleagues=colleagues(here, person),
        chosen=form.text("asked_of") if form else "",
        named=form is not None and form.text("identity") == "with",
        question=form.text("question") if form else "",
        problem=problem,
    )
