"""A lesion over its visits: comparison of two photographs, and the patient's lesions beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.comparisons import SIDES, ask_comparison, see_compared_picture, see_comparison
from augderm.clinic.ducklings import see_ducklings
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.outcomes import outcomes_of
from augderm.clinic.patients import see_patient
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import CLOSINGS, recalls_of
from augderm.clinic.timeline import see_timeline
from augderm.domain.followup import Change
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

if TYPE_CHECKING:
    from augderm.formats.report.followup import ChangeRow

router = APIRouter()


def of_lesion(here: Platform, person: Person, lesion_id: str) -> dict[str, Any]:
    """What the page of a lesion shows of its follow-up."""
    visits = see_timeline(here, person, lesion_id)
    photographs = [(each.image, visit) for visit in reversed(visits) for each in visit.images if visit.images]
    return {
        "timeline": visits,
        "photographs": photographs,
        "recalls": recalls_of(here, person, lesion_id),
        "outcomes": outcomes_of(here, person, lesion_id),
        "closings": CLOSINGS,
    }


@router.post("/comparisons")
def ask(here: Here, person: Signed, form: Form) -> Response:
    """Have two photographs compared."""
    baseline, image = form.text("baseline"), form.text("image")
    if not baseline or not image or baseline == image:
        raise InvalidEntry("images", "Choose two photographs of one lesion.")
    ask_comparison(here, person, image, baseline)
    return go_to(f"/comparisons/{image}/{baseline}")


@router.get("/comparisons/{image_id}/{baseline_image_id}")
def comparison(
    request: Request, here: Here, person: Signed, image_id: str, baseline_image_id: str
) -> Response:
    """How far the comparison is, or its table of changes and the registered pair."""
    found = see_comparison(here, person, image_id, baseline_image_id)
    later = found.content["follow_ups"][0] if found.content else None
    fragment = request.headers.get("hx-request") and not request.headers.get("hx-boosted")
    return render(
        request,
        "_comparison.html" if fragment else "comparison.html",
        patient=found.page.patient,
        lesion=found.page.lesion,
        compared=found,
        later=later,
        repeatability=found.content["repeatability"] if found.content else "",
        notes=[*found.content["notes"], *later["notes"]] if found.content and later else [],
        rows=_rows(later) if later else [],
    )


@router.get("/comparisons/{image_id}/{baseline_image_id}/{side}")
def picture(here: Here, person: Signed, image_id: str, baseline_image_id: str, side: str) -> Response:
    """One of the registered pair."""
    found = see_compared_picture(
        here, person, image_id, baseline_image_id, side if side in SIDES else SIDES[0]
    )
    return Response(found.data, media_type=found.content_type)


@router.get("/patients/{patient_id}/ducklings")
def ducklings(request: Request, here: Here, person: Signed, patient_id: str) -> Response:
    """The patient's lesions beside each other."""
    found = see_ducklings(here, person, patient_id)
    fragment = request.headers.get("hx-request") and not request.headers.get("hx-boosted")
    return render(
        request,
        "_ducklings.html" if fragment else "ducklings.html",
        patient=see_patient(here, person, patient_id),
        marks=found,
    )


def _rows(later: dict[str, Any]) -> list[tuple[str, ChangeRow]]:
    """Verdict and words of each change, what changed first."""
    # What draws is imported where it is used: the server starts without it.
    from augderm.formats.report.followup import row_of

    order = ("changed", "not_determined", "within_repeatability")
    changes = [Change(name=name, **change) for name, change in later["changes"].items()]
    return [(each.verdict, row_of(each)) for verdict in order for each in changes if each.verdict == verdict]
