"""The audit page: reads against outcomes, and drift."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.performance import see_figures
from augderm.evidence.drift import FEW as FEW_PHOTOGRAPHS
from augderm.evidence.drift import FIRST_MONTHS
from augderm.evidence.performance import FEW
from augderm.web.render import render
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/figures")
def figures(request: Request, here: Here, person: Signed) -> Response:
    """All figures of the clinic."""
    return render(
        request,
        "figures.html",
        found=see_figures(here, person),
        few=FEW,
        few_photographs=FEW_PHOTOGRAPHS,
        first_months=FIRST_MONTHS,
    )
