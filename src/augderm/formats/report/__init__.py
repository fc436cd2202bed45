"""The report page of one assessment: a self-contained HTML file and a typeset PDF.

Both are drawn from the same view model (`content`), in which every number is already text.
"""

from augderm.formats.report.html import report_html
from augderm.formats.report.pdf import report_pdf

__all__ = ["report_html", "report_pdf"]
