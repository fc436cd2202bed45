"""Similar cases: a part of the reading page, and a page of their own without script."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.similar import see_similar
from augderm.web.render import render
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/cases/{case_id}/similar")
def similar(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """The known cases that look like this one, once this reader may see the machine's read."""
    found = see_similar(here, person, case_id)
    fragment = request.headers.get("hx-request") and not request.headers.get("hx-boosted")
    return render(
        request, "_similar.html" if fragment else "similar.html", found=found, patient=found.patient
    )
