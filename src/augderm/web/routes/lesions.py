"""Lesions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.lesions import LesionEntry, create_lesion, see_lesion
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.routes.followup import of_lesion
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.post("/patients/{patient_id}/lesions")
def add(here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Add a lesion to a patient."""
    entry = LesionEntry(site=form.text("site"), laterality=form.text("laterality"), note=form.text("note"))
    return go_to(f"/lesions/{create_lesion(here, person, patient_id, entry).id}")


@router.get("/lesions/{lesion_id}")
def lesion_page(request: Request, here: Here, person: Signed, lesion_id: str) -> Response:
    """A lesion with its images over all visits."""
    found = see_lesion(here, person, lesion_id)
    return render(
        request,
        "lesion.html",
        patient=found.patient,
        lesion=found.lesion,
        **of_lesion(here, person, lesion_id),
    )
