"""Around every answer: headers that take from a browser what our pages do not need, and limits of a body."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from augderm.domain.limits import MAX_FILE_BYTES
from augderm.web.forms import SAFE
from augderm.web.language import chosen, translations
from augderm.web.words import N_

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
HTTPS_ALONE = "max-age=31536000"
"""Browsers that came by HTTPS once come so for a year, whatever is typed (RFC 6797)."""
MAX_BODY_BYTES = 1024 * 1024
"""Of a request that is no upload."""
MAX_UPLOAD_BYTES = MAX_FILE_BYTES + MAX_BODY_BYTES
"""Of one upload: the largest file, and the form around it."""
UPLOADS = ("/images",)
"""Ends of the paths that take files."""
TOO_LARGE = N_(
    "What was sent has more than %(limit)s MB, the limit; send fewer files at a time, or export them smaller."
)
CROSS_SITE = N_("This request came from another site and was refused; open the clinic's own page.")


class SecurityHeaders:
    """Adds `HEADERS` to every answer, `HTTPS_ALONE` where that is so, and `no-store` to all but static files.

    Args:
        https: whether browsers reach the server by HTTPS alone.
    """

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"strict-transport-security": HTTPS_ALONE} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-cache")
                else:
                    # A shared computer must not show a patient from its cache after signing out.
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


class BodyLimit:
    """Refuses bodies beyond the limits while they come in, whatever they declare; and cross-site changes.

    Before it is known who asks: in the language that the browser wants.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("sec-fetch-site") == "cross-site":
            await _refusal(headers, 403, CROSS_SITE)(scope, receive, send)
            return
        limit = MAX_UPLOAD_BYTES if scope["path"].endswith(UPLOADS) else MAX_BODY_BYTES
        refusal = _refusal(headers, 413, TOO_LARGE, limit=limit // 2**20)
        declared = headers.get("content-length", "0")
        # A superscript is a digit to Python, and no number.
        if not (declared.isascii() and declared.isdigit()) or int(declared[:20]) > limit:
            await refusal(scope, receive, send)
            return
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLarge:
            if not started:
                await refusal(scope, receive, send)


def _refusal(headers: Headers, status: int, text: str, **values: object) -> PlainTextResponse:
    language = chosen(None, headers.get("accept-language", ""))
    told = translations(language).gettext(text) % values
    # The rest of the body, which nobody reads, must not be taken for the next request.
    return PlainTextResponse(f"{told}\n", status, {"connection": "close", "content-language": language})


class _TooLarge(Exception):
    """More bytes came than were declared or are allowed."""
