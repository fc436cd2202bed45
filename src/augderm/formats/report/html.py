"""The report as one HTML file: no script, no request, works offline."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from augderm.domain.assessment import Assessment
from augderm.formats.report.content import Report, report_content
from augderm.formats.report.layers import heat_legend


def report_html(assessment: Assessment, *, synthetic: bool = False, read_at: datetime | None = None) -> str:
    """Draw the report page.

    Args:
        assessment: what was read.
        synthetic: the image is a phantom; the page says so.
        read_at: when it was read; not shown where None.

    Returns:
        A whole HTML document with its pictures inside. The layers of the picture are switched by
        check boxes and CSS alone.
    """
    return html_of(report_content(assessment, synthetic=synthetic, read_at=read_at))


def html_of(report: Report) -> str:
    """The page of what is already worded and drawn."""
    return template("report.html.j2").render(report=report, heat_legend=heat_legend())


@cache
def template(name: str) -> Template:
    """A page's template, in which every value is escaped."""
    environment = Environment(
        loader=PackageLoader("augderm.formats.report"),
        # By decree, not by ending: file names and notes of strangers stand in this page.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    return environment.get_template(name)


def data_uri(data: bytes | str, media_type: str) -> str:
    """The bytes within the page itself."""
    raw = data.encode() if isinstance(data, str) else data
    return f"data:{media_type};base64,{base64.b64encode(raw).decode()}"
