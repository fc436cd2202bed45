"""The design system: every element and class that pages use, on one page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.web.render import render
from augderm.web.signed import Signed

router = APIRouter()
COLOURS = ("ground", "surface", "ink", "faint", "line", "accent", "on-accent", "alert-ground", "alert-ink",
           "notice-ground", "notice-ink", "focus")  # fmt: skip
"""The variables of augderm.css; each has a light and a dark value."""


@router.get("/design")
def design_page(request: Request, _person: Signed) -> Response:
    """The page; it shows no data, and so any signed-in person may see it."""
    return render(request, "design.html", colours=COLOURS)
