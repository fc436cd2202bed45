"""Signing in at a provider, where the server has one."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from augderm.clinic.accounts.login import WrongLogin
from augderm.clinic.accounts.oidc import ProviderFailed, begin, finish, sign_in_by_provider
from augderm.clinic.errors import ClinicError, NotFound
from augderm.clinic.platform import Platform
from augderm.clinic.settings import OidcSettings
from augderm.web.csrf import set_cookie
from augderm.web.problems import status_of
from augderm.web.render import render
from augderm.web.routes.answers import with_session
from augderm.web.signed import Here

router = APIRouter()
COOKIE = "augderm_oidc"


@router.get("/oidc/login")
def to_provider(request: Request, here: Here) -> Response:
    """To the provider; the browser keeps what proves that it began here."""
    try:
        beginning = begin(_provider(here), _redirect_uri(request, here))
    except ProviderFailed as problem:
        return _refused(request, problem)
    response = RedirectResponse(beginning.url, 303)
    set_cookie(request, response, COOKIE, beginning.secret)
    return response


@router.get("/oidc/callback")
def from_provider(request: Request, here: Here) -> Response:
    """Back from the provider."""
    settings = _provider(here)
    address = request.client.host if request.client else ""
    try:
        subject = finish(
            settings,
            _redirect_uri(request, here),
            dict(request.query_params),
            request.cookies.get(COOKIE, ""),
        )
        response: Response = with_session(
            request, sign_in_by_provider(here, settings.issuer, subject, address)
        )
    except (WrongLogin, ProviderFailed) as problem:
        response = _refused(request, problem)
    # Used once, whatever came of it.
    response.delete_cookie(COOKIE, path="/")
    return response


def _provider(here: Platform) -> OidcSettings:
    if here.settings.oidc is None:
        raise NotFound("This server has no sign-in provider; set it up first.")
    return here.settings.oidc


def _redirect_uri(request: Request, here: Platform) -> str:
    base = request.base_url.replace(scheme="https") if here.settings.https else request.base_url
    return f"{str(base).rstrip('/')}/oidc/callback"


def _refused(request: Request, problem: ClinicError) -> Response:
    return render(request, "login.html", status=status_of(problem), next="/", login="", problem=problem)
