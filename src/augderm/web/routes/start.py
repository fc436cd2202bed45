"""The first start."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.accounts.start import StartEntry, check_first_link, start_clinic, timezones
from augderm.clinic.errors import InvalidEntry
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import with_session
from augderm.web.signed import Here, address_of

router = APIRouter()
EMPTY = StartEntry(clinic="", timezone="UTC", login="", name="", password="", reads=True)


@router.get("/start/{token}")
def start_page(request: Request, here: Here, token: str) -> Response:
    """The form."""
    check_first_link(here, token, address_of(request))
    return render(
        request, "start.html", token=token, entry=EMPTY, timezones=sorted(timezones()), problem=None
    )


@router.post("/start/{token}")
def start(request: Request, here: Here, token: str, form: Form) -> Response:
    """Make the clinic and its administrator, and sign in."""
    entry = StartEntry(
        clinic=form.text("clinic"),
        timezone=form.text("timezone"),
        login=form.text("login"),
        name=form.text("name"),
        password=form.text("password"),
        reads=bool(form.text("reads")),
    )
    try:
        session = start_clinic(here, token, entry, address_of(request))
    except InvalidEntry as problem:
        return render(
            request,
            "start.html",
            status=422,
            token=token,
            entry=entry,
            timezones=sorted(timezones()),
            problem=problem,
        )
    return with_session(request, session)
