"""Texts of letters, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from augderm.clinic.errors import ClinicError, Conflict, InvalidEntry
from augderm.clinic.letters import PLACEHOLDERS, RECIPIENTS, LetterText, change_letter_text, letter_texts
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.web.forms import Form
from augderm.web.letter_words import default_text
from augderm.web.render import render
from augderm.web.report_files import known_language
from augderm.web.routes.answers import go_to
from augderm.web.signed import Here, Signed

router = APIRouter()


@router.get("/letters")
def letters_page(request: Request, here: Here, person: Signed) -> Response:
    """All letters by recipient and language, and which the clinic has written itself."""
    own = {(each.recipient, each.language) for each in letter_texts(here, person) if each.text}
    return render(request, "letters.html", own=own, recipients=RECIPIENTS)


@router.get("/letters/{recipient}/{language}")
def letter_page(request: Request, here: Here, person: Signed, recipient: str, language: str) -> Response:
    """The form of one letter."""
    return _page(request, here, person, recipient, language)


@router.post("/letters/{recipient}/{language}")
def change(
    request: Request, here: Here, person: Signed, recipient: str, language: str, form: Form
) -> Response:
    """Write a letter anew, or bring back the one that comes with augderm."""
    typed = "" if form.text("restore") else form.text("letter_text")
    # A text that is the default is no own one: it then follows later versions of augderm.
    own = "" if _same(typed, default_text_of(recipient, language)) else typed
    try:
        change_letter_text(here, person, recipient, language, own, form.number("version"))
    except (InvalidEntry, Conflict) as problem:
        version = form.number("version")
        draft = LetterText(recipient, language, typed, version)
        return _page(request, here, person, recipient, language, draft=draft, problem=problem)
    return go_to("/letters")


def default_text_of(recipient: str, language: str) -> str:
    """The text that comes with augderm.

    Raises:
        InvalidEntry: there is no such letter.
    """
    if recipient not in RECIPIENTS:
        raise InvalidEntry("recipient", "This is none of the choices; choose one of the list.")
    return default_text(recipient, known_language(language))


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.strip()


def _page(
    request: Request,
    here: Platform,
    person: Person,
    recipient: str,
    language: str,
    *,
    draft: LetterText | None = None,
    problem: ClinicError | None = None,
) -> Response:
    default = default_text_of(recipient, language)
    own = {(each.recipient, each.language): each for each in letter_texts(here, person)}
    kept = own.get((recipient, language))
    version = kept.version if kept else 0
    shown = draft or LetterText(recipient, language, (kept.text if kept else "") or default, version)
    return render(
        request,
        "letter_form.html",
        status=200 if problem is None else 409 if isinstance(problem, Conflict) else 422,
        letter=shown,
        is_own=kept is not None and bool(kept.text),
        direction_of_text="rtl" if language == "ar" else "ltr",
        placeholders=PLACEHOLDERS,
        problem=problem,
    )
