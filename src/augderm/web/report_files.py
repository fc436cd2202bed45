"""A signed case's report as files, for pages and API alike."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reports import report_pictures, see_report
from augderm.formats.letter.content import Letter
from augderm.web.language import LANGUAGES
from augderm.web.letter_words import letter_of

# What draws is imported where it is used: the server starts without it.
FONTS = Path(__file__).parent / "static" / "vendor"
ARABIC_FONTS = ("NotoNaskhArabic_400Regular.ttf", "NotoNaskhArabic_700Bold.ttf")
"""For Arabic letters; the build puts them into `FONTS`."""


def known_language(language: str) -> str:
    """The language, if pages have it.

    Raises:
        InvalidEntry: they do not.
    """
    if language not in LANGUAGES:
        raise InvalidEntry("locale", "This is none of the choices; choose one of the list.")
    return language


def worded(here: Platform, person: Person, case_id: str, language: str, recipient: str) -> Letter:
    """The report of a case in a language; raises as `see_report` and `known_language` do."""
    report = see_report(here, person, case_id, known_language(language), recipient)
    return letter_of(report, report_pictures(here, person, case_id), language, recipient)


def pdf_answer(here: Platform, person: Person, case_id: str, language: str, recipient: str) -> Response:
    """The PDF.

    Raises:
        Conflict: it holds letters that no font has.
    """
    from augderm.formats.letter.pdf import letter_pdf, letters_beyond

    letter = worded(here, person, case_id, language, recipient)
    missing = letters_beyond(letter, arabic=all((FONTS / name).is_file() for name in ARABIC_FONTS))
    if missing:
        raise Conflict(
            "The fonts of the PDF lack these letters: %(letters)s. "
            "Open the report as a page, and print that.",
            letters=missing,
        )
    return Response(
        letter_pdf(letter, [FONTS]), media_type="application/pdf", headers=_named(case_id, "pdf", "inline")
    )


def html_answer(
    here: Platform, person: Person, case_id: str, language: str, recipient: str, *, download: bool
) -> Response:
    """The page: to look at, or as a file that stands for itself."""
    from augderm.formats.letter.html import letter_html

    letter = worded(here, person, case_id, language, recipient)
    return Response(
        letter_html(letter, "" if download else "/letter.css"),
        media_type="text/html",
        headers=_named(case_id, "html", "attachment" if download else "inline"),
    )


def _named(case_id: str, ending: str, how: str) -> dict[str, str]:
    # Not the patient's name: files end up in folders of downloads. The key has been found by now.
    return {"content-disposition": f'{how}; filename="report-{case_id[:8]}.{ending}"'}
