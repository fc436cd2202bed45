"""Who asks, and the platform, as routes declare them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from augderm.clinic.accounts.sessions import person_of
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.web.csrf import SESSION_COOKIE

BY_ITSELF = ("/presence", "/waiting")
"""Ends of the paths that an open page asks for by itself, again and again: an unattended screen must end."""
POLL = "poll"
"""In the query of other addresses, where a page asks by itself."""


def platform_of(request: Request) -> Platform:
    """The platform of this server."""
    platform: Platform = request.app.state.platform
    return platform


def address_of(request: Request) -> str:
    """Where a request comes from; "" where that is unknown."""
    return request.client.host if request.client else ""


def signed_in(request: Request) -> Person:
    """The person of the session.

    Raises:
        NotSignedIn: there is none.
    """
    used = not request.url.path.endswith(BY_ITSELF) and POLL not in request.query_params
    person = person_of(platform_of(request), request.cookies.get(SESSION_COOKIE, ""), used=used)
    request.state.person = person
    return person


async def _here(request: Request) -> Platform:
    """For routes: asynchronous, so that no thread is taken for it."""
    return platform_of(request)


Here = Annotated[Platform, Depends(_here)]
Signed = Annotated[Person, Depends(signed_in)]
