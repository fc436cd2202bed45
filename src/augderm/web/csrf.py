"""Tokens against forged requests: derived from a cookie that a foreign page can neither read nor guess."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

SESSION_COOKIE = "augderm_session"
VISITOR_COOKIE = "augderm_visitor"
"""Stands in for a session on the pages before it."""
FIELD, HEADER = "csrf_token", "x-csrf-token"


def token_of(request: Request) -> str:
    """The token that forms and requests of this browser carry."""
    secret = request.cookies.get(SESSION_COOKIE) or _visitor(request)
    return token_from(secret)


def token_from(secret: str) -> str:
    """The token that belongs to a cookie's value."""
    return hmac.new(secret.encode("utf-8", "backslashreplace"), b"csrf", hashlib.sha256).hexdigest()


def is_valid(request: Request, given: str) -> bool:
    """Whether a token was made for this browser; without a cookie none is."""
    secret = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISITOR_COOKIE)
    return bool(secret) and hmac.compare_digest(
        token_from(str(secret)).encode(), given.encode("utf-8", "replace")
    )


def keep_visitor(request: Request, response: Response) -> None:
    """Give a browser without any cookie the one that its forms' tokens were derived from."""
    made = getattr(request.state, "visitor", None)
    if made is not None:
        set_cookie(request, response, VISITOR_COOKIE, made)


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that no script reads and no other site sends along, for as long as the browser is open."""
    secure = request.app.state.platform.settings.https or request.url.scheme == "https"
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=secure, path="/")


def _visitor(request: Request) -> str:
    present = request.cookies.get(VISITOR_COOKIE)
    if present:
        return present
    if not hasattr(request.state, "visitor"):
        request.state.visitor = secrets.token_urlsafe(32)
    return str(request.state.visitor)
