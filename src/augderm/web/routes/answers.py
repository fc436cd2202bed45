"""Answers that several pages give."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse

from augderm.web.csrf import SESSION_COOKIE, VISITOR_COOKIE, set_cookie


def go_to(path: str) -> RedirectResponse:
    """To another page after a form was taken: reloading it sends nothing twice."""
    return RedirectResponse(path, 303)


def with_session(request: Request, token: str, path: str = "/") -> RedirectResponse:
    """To a page, signed in."""
    response = go_to(path)
    set_cookie(request, response, SESSION_COOKIE, token)
    response.delete_cookie(VISITOR_COOKIE, path="/")
    return response


def whole_address(request: Request, path: str) -> str:
    """Of a path of ours, to be opened elsewhere: by HTTPS where browsers reach this server so alone."""
    https = request.app.state.platform.settings.https
    base = request.base_url.replace(scheme="https") if https else request.base_url
    return f"{str(base).rstrip('/')}{path}"


def own_path(path: str) -> str:
    """A path of ours to go to after signing in; anything else becomes the first page."""
    # Browsers take // and /\ for another host, and drop tabs and line breaks before they look.
    plain = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if plain else "/"
