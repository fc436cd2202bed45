"""Signing in."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from augderm.clinic.accounts.login import WrongLogin, set_password_by_link, sign_in, sign_in_by_link
from augderm.clinic.errors import InvalidEntry, TooMany
from augderm.web.forms import Form
from augderm.web.render import render
from augderm.web.routes.answers import own_path, with_session
from augderm.web.signed import Here, address_of

router = APIRouter()


@router.get("/health")
def health(request: Request) -> JSONResponse:
    """Whether the server answers and images are read; for whoever watches it."""
    if not request.app.state.working():
        told = "no worker lives, and images wait unread; the server's output says why none can be started"
        return JSONResponse({"status": told}, status_code=503)
    return JSONResponse({"status": "ok"})


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:
    """The form."""
    return render(request, "login.html", next=own_path(next), login="", problem=None)


@router.post("/login")
def login(request: Request, here: Here, form: Form) -> Response:
    """Sign in."""
    wanted = own_path(form.text("next"))
    try:
        token = sign_in(here, form.text("login"), form.text("password"), address_of(request))
    except (WrongLogin, TooMany) as problem:
        status = 429 if isinstance(problem, TooMany) else 401
        return render(
            request, "login.html", status=status, next=wanted, login=form.text("login"), problem=problem
        )
    return with_session(request, token, wanted)


@router.get("/link/{token}")
def password_page(request: Request, token: str) -> Response:
    """The form of a one-time link for a new password."""
    return render(request, "password_link.html", token=token, problem=None)


@router.post("/link/{token}")
def set_password(request: Request, here: Here, token: str, form: Form) -> Response:
    """Set the password, and sign in."""
    try:
        session = set_password_by_link(here, token, form.text("password"), address_of(request))
    except InvalidEntry as problem:
        return render(request, "password_link.html", status=422, token=token, problem=problem)
    return with_session(request, session)


@router.get("/enter/{token}")
def enter_page(request: Request, token: str) -> Response:
    """The button of a demonstration's link: opening the address alone must not use it up."""
    return render(request, "enter.html", token=token)


@router.post("/enter/{token}")
def enter(request: Request, here: Here, token: str, _form: Form) -> Response:
    """Sign in to a demonstration."""
    return with_session(request, sign_in_by_link(here, token, address_of(request)))
