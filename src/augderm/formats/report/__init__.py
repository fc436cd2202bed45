"""The report page of one assessment: a self-contained HTML file and a typeset PDF.

Both are drawn from the same view model (`content`), in which every number is already text.
"""

from __future__ import annotations

from augderm.domain.assessment import Assessment
from augderm.formats.report.content import report_content
from augderm.formats.report.html import html_of, report_html
from augderm.formats.report.pdf import pdf_of, report_pdf

__all__ = ["report_html", "report_html_and_pdf", "report_pdf"]


def report_html_and_pdf(assessment: Assessment, *, synthetic: bool = False) -> tuple[str, bytes]:
    """`report_html` and `report_pdf` of one assessment, whose content is worded and drawn only once."""
    report = report_content(assessment, synthetic=synthetic)
    return html_of(report), pdf_of(report)
