"""Outcomes: what waits for one, entered, corrected."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.lesions import see_lesion
from augderm.clinic.outcomes import (
    OutcomeEntry,
    answerable_cases,
    correct_outcome,
    enter_outcome,
    outcomes_of,
    waiting_for_outcome,
)
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.outcome import BEHAVIOURS, CONFIRMATIONS, OUTCOMES
from augderm.web.forms import Entries, Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()
EMPTY = OutcomeEntry(confirmed_by="histopathology", diagnosis="")


@router.get("/outcomes")
def waiting_list(
    request: Request, here: Here, person: Signed, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Cases signed as malignant or urgent, without an outcome."""
    return render(request, "outcomes.html", waiting=waiting_for_outcome(here, person, after), after=after)


@router.get("/lesions/{lesion_id}/outcome")
def outcome_form(
    request: Request,
    here: Here,
    person: Signed,
    lesion_id: str,
    case: Annotated[str, Query(max_length=40)] = "",
    corrects: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The form of an outcome, or of the correction of one."""
    entry, version = EMPTY, 0
    if corrects:
        old = next((o for o in outcomes_of(here, person, lesion_id) if o.id == corrects), None)
        if old is None:
            raise NotFound("There is no such outcome in your clinic. Open it from its lesion's page.")
        entry = OutcomeEntry(
            confirmed_by=old.confirmed_by,
            diagnosis=old.diagnosis,
            behaviour=old.behaviour,
            diagnosis_text=old.diagnosis_text,
            taken_on=old.taken_on.isoformat() if old.taken_on else "",
        )
        version, case = old.version, case or old.case_id or ""
    return _form(request, here, person, lesion_id, entry, case, corrects, version, "", None)


@router.post("/lesions/{lesion_id}/outcome")
def enter(request: Request, here: Here, person: Signed, lesion_id: str, form: Form) -> Response:
    """Enter it, or the correction."""
    entry, case, corrects = _entry(form), form.text("case"), form.text("corrects")
    why, version = form.text("correction"), form.number("version")
    try:
        if corrects:
            correct_outcome(here, person, corrects, entry, why, version, case)
        else:
            enter_outcome(here, person, lesion_id, entry, case)
    except (InvalidEntry, Conflict) as problem:
        # What was typed stays on the page.
        return _form(request, here, person, lesion_id, entry, case, corrects, version, why, problem)
    return go_to(f"/lesions/{lesion_id}")


def _form(
    request: Request,
    here: Platform,
    person: Person,
    lesion_id: str,
    entry: OutcomeEntry,
    case: str,
    corrects: str,
    version: int,
    why: str,
    problem: InvalidEntry | Conflict | None,
) -> Response:
    page = see_lesion(here, person, lesion_id)
    return render(
        request,
        "outcome_form.html",
        status=200 if problem is None else 409 if isinstance(problem, Conflict) else 422,
        patient=page.patient,
        lesion=page.lesion,
        entry=entry,
        case=case,
        cases=answerable_cases(here, person, lesion_id),
        corrects=corrects,
        version=version,
        why=why,
        problem=problem,
        confirmations=CONFIRMATIONS,
        diagnoses=OUTCOMES,
        behaviours=BEHAVIOURS,
    )


def _entry(form: Entries) -> OutcomeEntry:
    return OutcomeEntry(
        confirmed_by=form.text("confirmed_by"),
        diagnosis=form.text("diagnosis"),
        behaviour=form.text("behaviour"),
        diagnosis_text=form.text("diagnosis_text"),
        taken_on=form.text("taken_on"),
    )
