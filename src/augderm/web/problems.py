"""Errors as pages, fragments and JSON: what happened and what to do, in the person's language."""

from __future__ import annotations

import logging
import traceback
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from augderm.clinic.accounts.login import WrongLogin
from augderm.clinic.accounts.oidc import ProviderFailed
from augderm.clinic.errors import (
    ClinicError,
    Conflict,
    InvalidEntry,
    NotFound,
    NotPermitted,
    NotSignedIn,
    TooMany,
)
from augderm.domain.errors import AugDermError
from augderm.web.language import translations
from augderm.web.render import language_of, render
from augderm.web.sentences import told_text
from augderm.web.words import FIELDS

STATUS: dict[type[ClinicError], int] = {
    NotSignedIn: 401,
    NotPermitted: 403,
    NotFound: 404,
    Conflict: 409,
    InvalidEntry: 422,
    TooMany: 429,
    WrongLogin: 401,
    ProviderFailed: 502,
}
API = "/api/"
log = logging.getLogger("augderm.web")


class NoSuchPage(ClinicError):
    """The address is of nothing."""


class WrongRequest(ClinicError):
    """The request itself is wrong: not a person's doing, but a program's."""


class Unexpected(ClinicError):
    """A fault of ours."""


class Refused(ClinicError):
    """Input that a lower layer refused, in its own words, which `augderm.web.sentences` translates."""


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(AugDermError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


class Faults:
    """Answers what nobody expected, and addresses that are none, within the middleware of headers, as
    Starlette's own place is not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            # PostgreSQL takes no such text, and no page of ours asks with it.
            refused = WrongRequest("This request cannot be answered. Open the page again.")
            await _answer(Request(scope), refused, 400)(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            await _unexpected(Request(scope), error)(scope, receive, send)


def status_of(error: AugDermError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 422)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, NotSignedIn) and not request.url.path.startswith(API):
        if request.headers.get("hx-request"):
            here = urlsplit(request.headers.get("hx-current-url", "")).path
            back = f"?next={quote(here)}" if here else ""
            return Response(status_code=204, headers={"hx-redirect": f"/login{back}"})
        if request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(wanted)}", 303)
    if isinstance(error, ClinicError):
        return _answer(request, error, status_of(error))
    return _answer(
        request,
        Refused("What you sent was refused. Read the reason, put it right, and send it again."),
        422,
        str(error),
    )


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        found: ClinicError = NoSuchPage("There is no such page. Start again from the list of patients.")
    else:
        found = WrongRequest("This request cannot be answered. Open the page again.")
    return _answer(request, found, status)


async def _invalid(request: Request, error: Exception) -> Response:
    details = ""
    if isinstance(error, RequestValidationError):
        # Not the values that were sent: those may be a patient's.
        details = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:20])
    return _answer(
        request, WrongRequest("This request cannot be answered. Open the page again."), 422, details
    )


def _unexpected(request: Request, error: Exception) -> Response:
    # Without the message of the error, in which data may stand.
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error(
        "%s in %s %s\n%s",
        type(error).__name__,
        request.method,
        request.scope["route"].path if "route" in request.scope else "?",
        where,
    )
    return _answer(
        request,
        Unexpected(
            "Something went wrong on the server, and nothing of this step was kept. "
            "Try again; if it happens again, tell whoever runs the server."
        ),
        500,
    )


def _answer(request: Request, error: ClinicError, status: int, details: str = "") -> Response:
    if request.url.path.startswith(API):
        language = language_of(request)
        message = translations(language).gettext(error.message) % error.values
        told = told_text(details, language)
        body = {"error": {"kind": type(error).__name__, "message": message, "details": told}}
        if isinstance(error, InvalidEntry):
            body["error"]["field"] = error.field
        return JSONResponse(body, status)
    template = "_problem.html" if request.headers.get("hx-request") else "error.html"
    field = error.field if isinstance(error, InvalidEntry) and error.field in FIELDS else None
    return render(request, template, status=status, error=error, details=details, field=field, code=status)
