"""Reports of signed cases by the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from augderm.clinic.reports import SignedReport, see_report
from augderm.web.report_files import html_answer, pdf_answer
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["reports"])
Short = Annotated[str, Query(max_length=20)]


@router.get("/cases/{case_id}/report")
def report(here: Here, person: Signed, case_id: str) -> SignedReport:
    """The facts of a signed case; a case that nobody signed has none (409)."""
    return see_report(here, person, case_id)


@router.get("/cases/{case_id}/report.pdf", response_class=Response)
def pdf(here: Here, person: Signed, case_id: str, locale: Short = "en", recipient: Short = "") -> Response:
    """The report as PDF; with a letter where `recipient` is patient or doctor."""
    return pdf_answer(here, person, case_id, locale, recipient)


@router.get("/cases/{case_id}/report.html", response_class=Response)
def html(here: Here, person: Signed, case_id: str, locale: Short = "en", recipient: Short = "") -> Response:
    """The report as one HTML file."""
    return html_answer(here, person, case_id, locale, recipient, download=True)
