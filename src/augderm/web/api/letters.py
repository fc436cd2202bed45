"""Texts of letters by the API."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from augderm.clinic.letters import LetterText, change_letter_text, letter_texts
from augderm.web.report_files import known_language
from augderm.web.signed import Here, Signed

router = APIRouter(tags=["reports"])


class LetterIn(BaseModel):
    """A text as sent, "" for the one that comes with augderm; version 0 where the clinic has none."""

    text: str = Field(max_length=10_000)
    version: int


@router.get("/letters")
def letters(here: Here, person: Signed) -> list[LetterText]:
    """The texts that the clinic has written itself."""
    return letter_texts(here, person)


@router.put("/letters/{recipient}/{language}")
def change(here: Here, person: Signed, recipient: str, language: str, given: LetterIn) -> LetterText:
    """Write a text anew."""
    return change_letter_text(here, person, recipient, known_language(language), given.text, given.version)
