"""Images: upload, bytes, and the machine's read as it comes in."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.assessments import progress, see_assessment
from augderm.clinic.errors import ClinicError, InvalidEntry, NeedsConfirmation
from augderm.clinic.images import (
    AddedImage,
    ImageFile,
    add_image,
    see_image,
    see_original,
    see_preview,
    shown_name,
)
from augderm.clinic.permissions import may
from augderm.clinic.visits import see_visit
from augderm.domain.errors import AugDermError, InvalidImage, LimitExceeded
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()
SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp")


@router.post("/visits/{visit_id}/images")
def upload(request: Request, here: Here, person: Signed, visit_id: str, form: Form) -> Response:
    """Take in the photographs of one lesion."""
    files = form.files("images")
    if not files:
        raise InvalidEntry("images", "This is empty; fill it in.")
    lesion_id, confirmed = form.text("lesion"), form.text("confirmed") == "yes"
    added: list[AddedImage] = []
    refused: list[tuple[str, AugDermError]] = []
    for each in files:
        name = each.filename or ""
        try:
            added.append(
                add_image(here, person, visit_id, lesion_id, each.file.read(), name, confirmed=confirmed)
            )
        except (InvalidImage, LimitExceeded, NeedsConfirmation) as problem:
            # One bad file keeps none of the others out.
            refused.append((shown_name(name), problem))
    if not refused and all(each.new and not each.same_file for each in added):
        return go_to(f"/visits/{visit_id}")
    return render(
        request,
        "uploaded.html",
        status=422 if refused else 200,
        added=added,
        refused=[(name, problem, isinstance(problem, ClinicError)) for name, problem in refused],
        visit_id=visit_id,
        patient=see_visit(here, person, visit_id).patient,
    )


@router.get("/images/{image_id}/preview")
def preview(here: Here, person: Signed, image_id: str) -> Response:
    """The image as a browser shows it."""
    return _file(see_preview(here, person, image_id))


@router.get("/images/{image_id}/original")
def original(here: Here, person: Signed, image_id: str) -> Response:
    """The file as it came."""
    return _file(see_original(here, person, image_id))


@router.get("/images/{image_id}/assessment")
def assessment(request: Request, here: Here, person: Signed, image_id: str) -> Response:
    """The fragment that follows the machine, and shows its read to who may see it."""
    image = see_image(here, person, image_id)
    state = progress(here, person, image_id)
    read = None
    if state.state == "done" and may(person, "assessment.view"):
        read = see_assessment(here, person, image_id)
    return render(request, "_assessment.html", image=image, progress=state, read=read)


def _file(found: ImageFile) -> Response:
    how = "inline" if found.content_type in SHOWN_INLINE else "attachment"
    return Response(
        found.data,
        media_type=found.content_type,
        headers={"content-disposition": f"{how}; filename*=UTF-8''{quote(found.file_name, safe='')}"},
    )
