"""Lesions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.clinic.lesions import LesionEntry, change_lesion, create_lesion, lesions_of, see_lesion
from augderm.clinic.patients import Patient, see_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.sites import place_of
from augderm.formats.body_map_page import MapPoint
from augderm.web.body_map import place_values
from augderm.web.forms import Entries, Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.routes.followup import of_lesion
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.post("/patients/{patient_id}/lesions")
def add(request: Request, here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Add a lesion to a patient."""
    entry = _entry(form)
    try:
        return go_to(f"/lesions/{create_lesion(here, person, patient_id, entry).id}")
    except InvalidEntry as problem:
        patient = see_patient(here, person, patient_id)
        return _form(request, here, person, patient, entry, f"/patients/{patient_id}/lesions", problem)


@router.get("/lesions/{lesion_id}")
def lesion_page(request: Request, here: Here, person: Signed, lesion_id: str) -> Response:
    """A lesion with its images over all visits."""
    found = see_lesion(here, person, lesion_id)
    return render(
        request,
        "lesion.html",
        patient=found.patient,
        lesion=found.lesion,
        **place_values(request, [found.lesion]),
        **of_lesion(here, person, lesion_id),
    )


@router.get("/lesions/{lesion_id}/change")
def change_page(request: Request, here: Here, person: Signed, lesion_id: str) -> Response:
    """The form of a correction."""
    found = see_lesion(here, person, lesion_id)
    lesion = found.lesion
    entry = LesionEntry(
        site="" if lesion.map_region else lesion.site or "",
        laterality=lesion.laterality or "",
        region=lesion.map_region or "",
        view=lesion.map_view or "",
        x="" if lesion.map_x is None else str(lesion.map_x),
        y="" if lesion.map_y is None else str(lesion.map_y),
        note=lesion.note,
    )
    path = f"/lesions/{lesion_id}/change"
    return _form(request, here, person, found.patient, entry, path, None, lesion.version)


@router.post("/lesions/{lesion_id}/change")
def change(request: Request, here: Here, person: Signed, lesion_id: str, form: Form) -> Response:
    """Correct where a lesion is, or its note."""
    entry, version = _entry(form), form.number("version")
    try:
        change_lesion(here, person, lesion_id, entry, version)
    except (InvalidEntry, Conflict) as problem:
        patient = see_lesion(here, person, lesion_id).patient
        path = f"/lesions/{lesion_id}/change"
        return _form(request, here, person, patient, entry, path, problem, version)
    return go_to(f"/lesions/{lesion_id}")


def _entry(form: Entries) -> LesionEntry:
    return LesionEntry(
        site=form.text("site"),
        laterality=form.text("laterality"),
        region=form.text("site_region"),
        view=form.text("site_view"),
        x=form.text("site_x"),
        y=form.text("site_y"),
        note=form.text("note"),
    )


def _form(
    request: Request,
    here: Platform,
    person: Person,
    patient: Patient,
    entry: LesionEntry,
    action: str,
    problem: ClinicError | None,
    version: int = 0,
) -> Response:
    """The form with what was typed; the place only where it is one, since the map draws no other."""
    chosen = None
    try:
        place = place_of(LesionEntry(region=entry.region, view=entry.view, x=entry.x, y=entry.y))
    except InvalidEntry:
        place = None
    if place is not None and place.map_region is not None:
        chosen = MapPoint("", place.map_region, place.map_view, place.map_x, place.map_y)
    status = 200 if problem is None else 409 if isinstance(problem, Conflict) else 422
    return render(
        request,
        "lesion_form.html",
        status=status,
        patient=patient,
        entry=entry,
        action=action,
        version=version,
        problem=problem,
        **place_values(request, lesions_of(here, person, patient.id), chosen),
    )
