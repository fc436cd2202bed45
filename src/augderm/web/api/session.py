"""Signing in and out by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.accounts.login import sign_in
from augderm.clinic.accounts.sessions import sign_out
from augderm.web.csrf import SESSION_COOKIE, set_cookie, token_from, token_of
from augderm.web.signed import Here, Signed, address_of

open_router = APIRouter(tags=["session"])
router = APIRouter(tags=["session"])


class Credentials(BaseModel):
    """A login and its password."""

    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class Session(BaseModel):
    """What later requests carry: the token, as X-CSRF-Token; the session itself is the cookie."""

    csrf_token: str


class WhoAmI(BaseModel):
    """The person of the session."""

    login: str
    name: str
    roles: list[str]
    clinic: str
    csrf_token: str


@open_router.post("/session", status_code=201)
def open_session(request: Request, response: Response, here: Here, given: Credentials) -> Session:
    """Sign in: sets the session cookie."""
    token = sign_in(here, given.login, given.password, address_of(request))
    set_cookie(request, response, SESSION_COOKIE, token)
    return Session(csrf_token=token_from(token))


@router.get("/session")
def who(request: Request, person: Signed) -> WhoAmI:
    """Who is signed in."""
    return WhoAmI(
        login=person.login,
        name=person.name,
        roles=sorted(person.roles),
        clinic=person.clinic.name,
        csrf_token=token_of(request),
    )


@router.delete("/session", status_code=204)
def close_session(here: Here, person: Signed) -> None:
    """Sign out."""
    sign_out(here, person)
