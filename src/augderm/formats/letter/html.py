"""A signed case's report as one HTML file: no script, no request, works offline."""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from augderm.formats.letter.content import Letter
from augderm.formats.report.html import data_uri


def letter_html(letter: Letter, stylesheet: str = "") -> str:
    """Draw the page.

    Args:
        letter: what it shows.
        stylesheet: an address of `letter_css`, where the page's policy forbids styles within it; "": the
            style is within, and the file stands for itself.
    """
    return _page().render(letter=letter, css="" if stylesheet else letter_css(), stylesheet=stylesheet)


@cache
def letter_css() -> str:
    """The style of the page."""
    return resources.files(__package__).joinpath("templates", "letter.css").read_text(encoding="utf-8")


@cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("augderm.formats.letter"),
        # By decree, not by ending: names and words of strangers stand in this page.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_uri"] = data_uri
    return environment.get_template("letter.html.j2")
