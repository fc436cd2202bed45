"""Texts of letters: templates in plain words with placeholders, which a clinic may write anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append
from augderm.clinic.errors import InvalidEntry, stale
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import LetterTextRow

RECIPIENTS = ("patient", "doctor")
"""Whom a letter is to."""
PLACEHOLDERS = (
    "patient",
    "birth_date",
    "visit_day",
    "lesion",
    "site",
    "diagnosis",
    "management",
    "next_step",
    "reason",
    "reader",
    "clinic",
)
"""What a text may name, as "{patient}"."""
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class LetterText:
    """A clinic's own text; "" where it went back to the one that comes with augderm."""

    recipient: str
    language: str
    text: str
    version: int


@use_case("letter.change")
def letter_texts(platform: Platform, person: Person) -> list[LetterText]:
    """The texts that the clinic has written itself, and those that it gave up again, which are ""."""
    with platform.database.reading() as session:
        rows = session.scalars(
            select(LetterTextRow)
            .where(LetterTextRow.clinic_id == person.clinic_id)
            .order_by(LetterTextRow.recipient, LetterTextRow.language)
        )
        return [LetterText(row.recipient, row.language, row.text, row.version) for row in rows]


@use_case("letter.change")
def change_letter_text(
    platform: Platform, person: Person, recipient: str, language: str, text: str, version: int
) -> LetterText:
    """Write a text anew; an empty one brings back the text that comes with augderm.

    Args:
        recipient: of `RECIPIENTS`.
        language: a code of two letters.
        version: of the text as it was when the form was opened; 0 where there was none.

    Raises:
        InvalidEntry: unknown recipient, or a placeholder that there is not.
        Conflict: changed in the meantime.
    """
    entries.choice("recipient", recipient, RECIPIENTS)
    if not re.fullmatch("[a-z]{2}", language):
        raise InvalidEntry("locale", "This is none of the choices; choose one of the list.")
    tidy = checked_text(text)
    with platform.database.writing() as session:
        row = own_text(session, person.clinic_id, recipient, language)
        if (0 if row is None else row.version) != version:
            raise stale()
        append(
            session, platform.now(), person, "letter.change", "clinic", person.clinic_id,
            recipient=recipient, language=language,
        )  # fmt: skip
        # Kept also where it is empty: its version goes on, so that an older form stays stale.
        if row is None:
            row = LetterTextRow(clinic_id=person.clinic_id, recipient=recipient, language=language, version=0)
            session.add(row)
        row.text, row.version = tidy, row.version + 1
        row.changed_at, row.changed_by = platform.now(), person.user_id
        return LetterText(recipient, language, tidy, row.version)


def own_text(session: Session, clinic_id: str, recipient: str, language: str) -> LetterTextRow | None:
    """The clinic's own text of a letter, if it has written one."""
    return session.scalar(
        select(LetterTextRow).where(
            LetterTextRow.clinic_id == clinic_id,
            LetterTextRow.recipient == recipient,
            LetterTextRow.language == language,
        )
    )


def checked_text(text: str) -> str:
    """A text whose placeholders are all known.

    Raises:
        InvalidEntry: one is not, or a brace stands alone; or as `entries.text`.
    """
    tidy = entries.text("letter_text", text)
    for name in _PLACE.findall(tidy):
        if name not in PLACEHOLDERS:
            raise InvalidEntry(
                "letter_text",
                "There is no placeholder {%(name)s}; there are: %(known)s.",
                name=name[:40],
                known=", ".join(f"{{{each}}}" for each in PLACEHOLDERS),
            )
    if re.search(r"[{}]", _PLACE.sub("", tidy)):
        raise InvalidEntry(
            "letter_text", "A brace stands alone; write each placeholder as {patient}, in one pair of braces."
        )
    return tidy


def filled(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The paragraphs of a letter. Values go in once: a name that looks like a placeholder stays as it is.

    Args:
        text: of `checked_text`; empty lines part paragraphs. One of which nothing is left, since its value
            is empty, is left out.
        values: of every name in `PLACEHOLDERS`.
    """
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        if _PLACE.search(paragraph) and not any(values[name] for name in _PLACE.findall(paragraph)):
            continue
        paragraphs.append(_PLACE.sub(lambda found: values[found[1]], paragraph).strip())
    return tuple(each for each in paragraphs if each)
