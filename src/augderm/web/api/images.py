"""Images and reads by the API."""

from __future__ import annotations

import math

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from augderm.clinic.assessments import MachineRead, Progress, progress, see_assessment
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.images import AddedImage, ClinicImage, add_image, see_image, see_original, see_preview
from augderm.clinic.reads import Read, commit_impression, own_read
from augderm.web.forms import Entries, Form
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["images"])
MAX_MM_PER_PX = 10


class ImpressionIn(BaseModel):
    """An impression as sent: codes of the diagnoses, or "other", and bands of the advice."""

    impression: str = Field(max_length=100)
    management: str = Field(max_length=100)


UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "lesion"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "lesion": {"type": "string", "maxLength": 100},
                        "confirmed": {"type": "string", "enum": ["", "yes"]},
                        "mm_per_px": {"type": "number", "exclusiveMinimum": 0, "maximum": 10},
                    },
                }
            }
        },
    }
}
"""Written by hand: FastAPI would parse a form that it knows of before anybody knows who asks."""


@router.post("/visits/{visit_id}/images", status_code=201, openapi_extra=UPLOAD)
def add(here: Here, person: Signed, visit_id: str, form: Form) -> AddedImage:
    """Take in a photograph of a lesion, and queue it."""
    files = form.files("file")
    if len(files) != 1:
        raise InvalidEntry("images", "Send one file as the field file.")
    name, lesion = files[0].filename or "", form.text("lesion")
    confirmed = form.text("confirmed") == "yes"
    return add_image(here, person, visit_id, lesion, files[0].file.read(), name, _scale(form), confirmed)


def _scale(form: Entries) -> float | None:
    given = form.text("mm_per_px")
    try:
        scale = float(given) if given else None
    except ValueError:
        scale = math.nan
    if scale is not None and not 0 < scale <= MAX_MM_PER_PX:
        raise InvalidEntry(
            "mm_per_px", "Give the millimetres per pixel, above 0 and at most %(limit)s.", limit=MAX_MM_PER_PX
        )
    return scale


@router.get("/images/{image_id}")
def image(here: Here, person: Signed, image_id: str) -> ClinicImage:
    """What is known of an image."""
    return see_image(here, person, image_id)


@router.get("/images/{image_id}/preview", response_class=Response)
def preview(here: Here, person: Signed, image_id: str) -> Response:
    """The image as a browser shows it: JPEG."""
    found = see_preview(here, person, image_id)
    return Response(found.data, media_type=found.content_type)


@router.get("/images/{image_id}/original", response_class=Response)
def original(here: Here, person: Signed, image_id: str) -> Response:
    """The file as it came."""
    found = see_original(here, person, image_id)
    return Response(found.data, media_type=found.content_type)


@router.get("/images/{image_id}/progress")
def image_progress(here: Here, person: Signed, image_id: str) -> Progress:
    """How far the machine is."""
    return progress(here, person, image_id)


@router.get("/images/{image_id}/assessment")
def assessment(here: Here, person: Signed, image_id: str) -> MachineRead:
    """The machine's read (`augderm.assessment/1`), hidden until this reader has committed an impression."""
    return see_assessment(here, person, image_id)


@router.get("/cases/{case_id}/read")
def read(here: Here, person: Signed, case_id: str) -> Read | None:
    """The person's own read of a case; null before an impression is committed."""
    return own_read(here, person, case_id)


@router.post("/cases/{case_id}/read", status_code=201)
def commit(here: Here, person: Signed, case_id: str, given: ImpressionIn) -> Read:
    """Commit this reader's own impression."""
    return commit_impression(here, person, case_id, given.impression, given.management)
