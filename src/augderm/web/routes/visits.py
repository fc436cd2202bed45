"""Visits."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.images import images_of
from augderm.clinic.lesions import lesions_of
from augderm.clinic.permissions import may
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, own_read
from augderm.clinic.visits import create_visit, see_visit
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.post("/patients/{patient_id}/visits")
def add(here: Here, person: Signed, patient_id: str, form: Form) -> Response:
    """Open a visit."""
    return go_to(f"/visits/{create_visit(here, person, patient_id, form.text('note')).id}")


@router.get("/visits/{visit_id}")
def visit_page(request: Request, here: Here, person: Signed, visit_id: str, lesion: str = "") -> Response:
    """A visit: its images by lesion, and the form for more; `lesion` is chosen in it beforehand."""
    found = see_visit(here, person, visit_id)
    images = images_of(here, person, visit_id)
    cases = {image.case_id for image in images if image.case_id}
    reads = {case: own_read(here, person, case) for case in cases} if may(person, "read.commit") else {}
    return render(
        request,
        "visit.html",
        visit=found.visit,
        patient=found.patient,
        lesions=lesions_of(here, person, found.patient.id),
        images=images,
        reads=reads,
        chosen=lesion,
        impressions=IMPRESSIONS,
        managements=MANAGEMENTS,
    )
