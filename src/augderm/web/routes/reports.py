"""Reports of signed cases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.letters import RECIPIENTS
from augderm.clinic.reports import see_report
from augderm.web.render import language_of, render
from augderm.web.report_files import html_answer, pdf_answer
from augderm.web.signed import Here, Signed

router = APIRouter()
Short = Annotated[str, Query(max_length=20)]


@router.get("/cases/{case_id}/report")
def report_page(request: Request, here: Here, person: Signed, case_id: str) -> Response:
    """Choose language and letter of a report."""
    report = see_report(here, person, case_id)
    return render(
        request,
        "report.html",
        report=report,
        patient=report.patient,
        recipients=RECIPIENTS,
        chosen=language_of(request),
    )


@router.get("/cases/{case_id}/report.pdf")
def pdf(here: Here, person: Signed, case_id: str, locale: Short = "en", recipient: Short = "") -> Response:
    """The report as PDF."""
    return pdf_answer(here, person, case_id, locale, recipient)


@router.get("/cases/{case_id}/report.html")
def html(
    here: Here,
    person: Signed,
    case_id: str,
    locale: Short = "en",
    recipient: Short = "",
    download: Short = "",
) -> Response:
    """The report as a page; with `download` as a file that stands for itself."""
    return html_answer(here, person, case_id, locale, recipient, download=bool(download))


@router.get("/letter.css")
def style() -> Response:
    """The style of reports, which the policy of pages allows from an address alone."""
    # What draws is imported where it is used: the server starts without it.
    from augderm.formats.letter.html import letter_css

    return Response(letter_css(), media_type="text/css")
