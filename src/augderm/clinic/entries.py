"""What people type, checked before it is kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import date

from augderm.clinic.errors import InvalidEntry

LINE_LETTERS = 200
TEXT_LETTERS = 4000
FIRST_BIRTH_YEAR = 1850


def line(field: str, text: str) -> str:
    """One line of printable text, 1 to `LINE_LETTERS` letters, in Unicode's composed form.

    Raises:
        InvalidEntry: it is empty, too long, or holds letters that act instead of show (control characters,
            overrides of the writing direction): a name must not reorder what stands around it.
    """
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    if not tidy:
        raise InvalidEntry(field, "This is empty; fill it in.")
    if len(tidy) > LINE_LETTERS:
        raise InvalidEntry(
            field,
            "This has %(letters)s letters, the limit is %(limit)s; shorten it.",
            letters=len(tidy),
            limit=LINE_LETTERS,
        )
    if not tidy.isprintable():
        raise InvalidEntry(field, "This holds characters that cannot be shown; type it anew.")
    return tidy


def text(field: str, given: str) -> str:
    """Text of several lines, possibly empty, up to `TEXT_LETTERS` letters.

    Raises:
        InvalidEntry: as `line`.
    """
    tidy = unicodedata.normalize("NFC", given).replace("\r\n", "\n").strip()
    if len(tidy) > TEXT_LETTERS:
        raise InvalidEntry(
            field,
            "This has %(letters)s letters, the limit is %(limit)s; shorten it.",
            letters=len(tidy),
            limit=TEXT_LETTERS,
        )
    if not tidy.replace("\n", "").replace("\t", "").isprintable():
        raise InvalidEntry(field, "This holds characters that cannot be shown; type it anew.")
    return tidy


def choice(field: str, given: str, known: Collection[str]) -> str:
    """One word of a vocabulary.

    Raises:
        InvalidEntry: it is another one.
    """
    if given not in known:
        raise InvalidEntry(field, "This is none of the choices; choose one of the list.")
    return given


def optional_choice(field: str, given: str, known: Collection[str]) -> str | None:
    """Likewise, or nothing."""
    return choice(field, given, known) if given else None


def birth_date(field: str, given: str, today: date) -> date:
    """A day of birth, YYYY-MM-DD.

    Raises:
        InvalidEntry: it is no day, after today, or before `FIRST_BIRTH_YEAR`.
    """
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise InvalidEntry(
            field, "This is no day of the calendar; give year, month and day as in 1961-04-23."
        ) from None
    if not date(FIRST_BIRTH_YEAR, 1, 1) <= day <= today:
        raise InvalidEntry(
            field,
            "Nobody alive was born on this day; give a day from %(first)s until today.",
            first=FIRST_BIRTH_YEAR,
        )
    return day


def search_name(family_name: str, given_name: str) -> str:
    """Both names as they are searched: case-folded, without accents."""
    return folded(f"{family_name} {given_name}")


def folded(name: str) -> str:
    """Text as names are searched: case-folded, without accents."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
