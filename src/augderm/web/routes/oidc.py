"""Signing in at a provider, where the server has one."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from augderm.clinic.accounts.login import WrongLogin
from augderm.clinic.accounts.oidc import ProviderFailed, begin, finish
from augderm.clinic.accounts.provider_links import (
    Account,
    choose_account,
    link_provider,
    see_invitation,
    sign_in_by_provider,
)
from augderm.clinic.errors import ClinicError, Conflict, NotFound
from augderm.clinic.platform import Platform
from augderm.clinic.settings import OidcSettings
from augderm.web.csrf import set_cookie
from augderm.web.forms import Form, refuse_forged
from augderm.web.problems import status_of
from augderm.web.render import render
from augderm.web.routes.answers import with_session
from augderm.web.signed import Here, address_of

router = APIRouter()
COOKIE = "augderm_oidc"
PARTED = "~"
"""Before the one-time link in the cookie; neither side has one."""


@router.get("/oidc/login")
def to_provider(request: Request, here: Here) -> Response:
    """To the provider; the browser keeps what proves that it began here."""
    return _begin(request, here)


@router.get("/oidc/link/{token}")
def link_page(request: Request, here: Here, token: str) -> Response:
    """Whose account would be linked: opening the address alone links none."""
    _provider(here)
    return render(request, "provider_link.html", account=see_invitation(here, token, address_of(request)))


@router.get("/oidc/link/{token}/begin")
def begin_link(request: Request, here: Here, token: str, check: str = "") -> Response:
    """To the provider, to come back with a sign-in to link. A link and not a form, since a browser follows no
    form to another site; so its token comes in the address.
    """
    refuse_forged(request, check)
    see_invitation(here, token, address_of(request))
    return _begin(request, here, token)


@router.get("/oidc/callback")
def from_provider(request: Request, here: Here) -> Response:
    """Back from the provider: signed in, the account linked, or asked which."""
    settings = _provider(here)
    secret, _, link = request.cookies.get(COOKIE, "").partition(PARTED)
    try:
        subject = finish(settings, _redirect_uri(request, here), dict(request.query_params), secret)
        found: str | tuple[Account, ...]
        if link:
            found = link_provider(here, link, settings.issuer, subject, address_of(request))
        else:
            found = sign_in_by_provider(here, settings.issuer, subject, address_of(request))
        response: Response = (
            with_session(request, found)
            if isinstance(found, str)
            else render(request, "provider_choice.html", accounts=found)
        )
    except (WrongLogin, ProviderFailed, NotFound, Conflict) as problem:
        response = _refused(request, problem)
    # Used once, whatever came of it.
    response.delete_cookie(COOKIE, path="/")
    return response


@router.post("/oidc/choose")
def choose(request: Request, here: Here, form: Form) -> Response:
    """Sign in to one of several accounts."""
    return with_session(request, choose_account(here, form.text("token"), address_of(request)))


def _begin(request: Request, here: Platform, link: str = "") -> Response:
    try:
        beginning = begin(_provider(here), _redirect_uri(request, here))
    except ProviderFailed as problem:
        return _refused(request, problem)
    response = RedirectResponse(beginning.url, 303)
    set_cookie(request, response, COOKIE, f"{beginning.secret}{PARTED}{link}")
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
