"""Cases: a reader's own impression."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from augderm.clinic.reads import commit_impression
from augderm.web.forms import Form
from augderm.web.routes.answers import go_to, own_path
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.post("/cases/{case_id}/impression")
def commit(here: Here, person: Signed, case_id: str, form: Form) -> Response:
    """Commit the own impression, before the machine's read is shown."""
    commit_impression(here, person, case_id, form.text("impression"), form.text("management"))
    return go_to(own_path(form.text("next")))
