"""Patients: list, search, intake, the page of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.patients import (
    PAGE,
    SEXES,
    PatientEntry,
    change_patient,
    create_patient,
    find_patients,
    see_patient,
)
from augderm.clinic.permissions import may
from augderm.clinic.record import see_record
from augderm.web.body_map import place_values
from augderm.web.forms import Entries, Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()
EMPTY = PatientEntry(identifier="", family_name="", given_name="", birth_date="")
Page = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/")
def first_page(person: Signed) -> Response:
    """Where a person begins."""
    if may(person, "worklist.take"):
        return go_to("/worklist")
    if may(person, "patient.search"):
        return go_to("/patients")
    if may(person, "user.list"):
        return go_to("/users")
    return go_to("/audit" if may(person, "audit.view") else "/account")


@router.get("/patients")
def patient_list(
    request: Request,
    here: Here,
    person: Signed,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Page = 1,
) -> Response:
    """The patients of the clinic, or those that fit what is looked for."""
    found = find_patients(here, person, q, page)
    fragment = request.headers.get("hx-request") and not request.headers.get("hx-boosted")
    return render(
        request,
        "_patients.html" if fragment else "patients.html",
        patients=found[:PAGE],
        q=q,
        page=page,
        more=len(found) > PAGE,
    )


@router.get("/patients/new")
def new_patient(request: Request) -> Response:
    """The form of an intake."""
    return render(
        request, "patient_form.html", patient=None, entry=EMPTY, sexes=SEXES, version=0, problem=None
    )


@router.post("/patients")
def take_in(request: Request, here: Here, person: Signed, form: Form) -> Response:
    """Take in a patient."""
    entry = _entry(form)
    try:
        patient = create_patient(here, person, entry, form.text("another_person") == "yes")
    except (InvalidEntry, Conflict) as problem:
        status = 409 if isinstance(problem, Conflict) else 422
        return render(
            request,
            "patient_form.html",
            status=status,
            patient=None,
            entry=entry,
            sexes=SEXES,
            version=0,
            problem=problem,
        )
    return go_to(f"/patients/{patient.id}")


@router.get("/patients/{patient_id}")
def patient_page(request: Request, here: Here, person: Signed, patient_id: str) -> Response:
    """A patient with lesions and visits."""
    record = see_record(here, person, patient_id)
    return render(
        request,
        "patient.html",
        patient=record.patient,
        lesions=record.lesions,
        visits=record.visits,
        **place_values(request, record.lesions),
    )


@router.get("/patients/{patient_id}/change")
def change_page(request: Request, here: Here, person: Signed, patient_id: str) -> Response:
    """The form of a correction."""
    patient = see_patient(here, person, patient_id)
    entry = PatientEntry(
        identifier=patient.identifier,
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_date=patient.birth_date.isoformat(),
        sex=patient.sex or "",
    )
    return render(
        request,
        "patient_form.html",
        patient=patient,
        entry=entry,
        sexes=SEXES,
        version=patient.version,
        problem=None,
    )


@router.post("/patients/{patient_id}/change")
def change(request: Request, here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Correct a patient's data."""
    entry = _entry(form)
    try:
        change_patient(
            here, person, patient_id, entry, form.number("version"), form.text("another_person") == "yes"
        )
    except (InvalidEntry, Conflict) as problem:
        # What was typed stays; the version does too, so that a stale form stays refused until opened anew.
        return render(
            request,
            "patient_form.html",
            status=409 if isinstance(problem, Conflict) else 422,
            patient=see_patient(here, person, patient_id),
            entry=entry,
            sexes=SEXES,
            version=form.number("version"),
            problem=problem,
        )
    return go_to(f"/patients/{patient_id}")


def _entry(form: Entries) -> PatientEntry:
    return PatientEntry(
        identifier=form.text("identifier"),
        family_name=form.text("family_name"),
        given_name=form.text("given_name"),
        birth_date=form.text("birth_date"),
        sex=form.text("sex"),
    )
