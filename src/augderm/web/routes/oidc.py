"""Signing in at a provider, where the server has one."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from augderm.clinic.accounts.login import WrongLogin
from augderm.clinic.accounts.oidc import Provider, ProviderFailed
from augderm.clinic.accounts.provider_links import (
    choose_account,
    link_provider,
    propose_link,
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
from augderm.web.routes.answers import whole_address, with_session
from augderm.web.signed import Here, address_of

router = APIRouter()
CALLBACK = "/oidc/callback"
COOKIE = "augderm_oidc"
"""What began a sign-in, until the provider sends the browser back; then the secret by which this browser
alone may answer the page that asks.
"""
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
    """Back from the provider: signed in, or asked which account, or whether to link one."""
    issuer = _provider(here).issuer
    secret, _, link = request.cookies.get(COOKIE, "").partition(PARTED)
    browser, asks = secrets.token_urlsafe(32), True
    try:
        there = _spoken_to(request).finish(
            whole_address(request, CALLBACK), dict(request.query_params), secret, here.now()
        )
        if link:
            account = propose_link(here, link, issuer, there.subject, browser)
            response: Response = render(request, "provider_confirm.html", account=account, there=there)
        else:
            found = sign_in_by_provider(here, issuer, there.subject, browser, address_of(request))
            asks = not isinstance(found, str)
            response = (
                with_session(request, found)
                if isinstance(found, str)
                else render(request, "provider_choice.html", accounts=found)
            )
    except (WrongLogin, ProviderFailed, NotFound, Conflict) as problem:
        response, asks = _refused(request, problem), False
    # What began the sign-in is used once, whatever came of it; what answers the page comes from this browser.
    if asks:
        set_cookie(request, response, COOKIE, browser)
    else:
        response.delete_cookie(COOKIE, path="/")
    return response


@router.post("/oidc/confirm")
def confirm(request: Request, here: Here, form: Form) -> Response:
    """Link the account, after a person has seen with which sign-in."""
    browser = request.cookies.get(COOKIE, "")
    try:
        found = link_provider(
            here,
            form.text("token"),
            _provider(here).issuer,
            form.text("subject"),
            browser,
            address_of(request),
        )
    except Conflict as problem:
        return _refused(request, problem)
    return _answered(request, found)


@router.post("/oidc/choose")
def choose(request: Request, here: Here, form: Form) -> Response:
    """Sign in to one of several accounts."""
    browser = request.cookies.get(COOKIE, "")
    return _answered(request, choose_account(here, form.text("token"), browser, address_of(request)))


def _begin(request: Request, here: Platform, link: str = "") -> Response:
    _provider(here)
    try:
        beginning = _spoken_to(request).begin(
            whole_address(request, CALLBACK), here.now(), to_link=bool(link)
        )
    except ProviderFailed as problem:
        return _refused(request, problem)
    response = RedirectResponse(beginning.url, 303)
    set_cookie(request, response, COOKIE, f"{beginning.secret}{PARTED}{link}")
    return response


def _provider(here: Platform) -> OidcSettings:
    if here.settings.oidc is None:
        raise NotFound("This server has no sign-in provider; set it up first.")
    return here.settings.oidc


def _spoken_to(request: Request) -> Provider:
    provider: Provider = request.app.state.provider
    return provider


def _answered(request: Request, session: str) -> Response:
    response = with_session(request, session)
    response.delete_cookie(COOKIE, path="/")
    return response


def _refused(request: Request, problem: ClinicError) -> Response:
    return render(request, "login.html", status=status_of(problem), next="/", login="", problem=problem)
