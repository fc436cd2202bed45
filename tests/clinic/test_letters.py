"""Texts of letters: placeholders checked, values filled in once, kept by clinic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.letters import (
    PLACEHOLDERS,
    LetterText,
    change_letter_text,
    checked_text,
    filled,
    letter_texts,
)
from augderm.clinic.platform import Platform
from support.clinic import somebody

EMPTY = dict.fromkeys(PLACEHOLDERS, "")


@pytest.mark.parametrize("text", ["Dear {nobody}", "{}", "{Patient}", "{patient", "patient}", "{{patient}}"])
def test_an_unknown_or_broken_placeholder_is_refused(text: str) -> None:
    with pytest.raises(InvalidEntry) as told:
        checked_text(text)
    assert told.value.field == "letter_text"


def test_every_placeholder_can_be_used() -> None:
    text = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    assert checked_text(text) == text
    assert filled(text, {name: name.upper() for name in PLACEHOLDERS}) == (
        " ".join(name.upper() for name in PLACEHOLDERS),
    )


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_a_name_holds_is_never_read_as_a_placeholder(patient: str, reader: str) -> None:
    values = EMPTY | {"patient": patient or "x", "reader": reader or "y"}
    assert filled("a{patient}b{reader}c", values) == (f"a{patient or 'x'}b{reader or 'y'}c".strip(),)


def test_a_name_like_a_placeholder_stays_a_name() -> None:
    values = EMPTY | {"patient": "{reader}", "reader": "Ada"}
    assert filled("{patient} and {reader}", values) == ("{reader} and Ada",)


def test_a_paragraph_of_empty_placeholders_is_left_out_and_others_stay() -> None:
    values = EMPTY | {"reader": "Ada"}
    assert filled("First.\n\n{reason}\n\nBy {reason}{reader}\n\n \n\nLast.", values) == (
        "First.",
        "By Ada",
        "Last.",
    )


def test_a_text_is_its_clinics_and_goes_back_to_the_one_that_comes_with_the_program(
    platform: Platform,
) -> None:
    ada, bob = somebody(platform, "administrator"), somebody(platform, "administrator")
    written = change_letter_text(platform, ada, "patient", "de", "Guten Tag {patient}", 0)
    assert letter_texts(platform, ada) == [LetterText("patient", "de", "Guten Tag {patient}", 1)] == [written]
    assert letter_texts(platform, bob) == []
    change_letter_text(platform, ada, "patient", "de", "", 1)
    assert [each.text for each in letter_texts(platform, ada)] == [""]
    with pytest.raises(Conflict):
        change_letter_text(platform, ada, "patient", "de", "from an older form", 1)
    change_letter_text(platform, ada, "patient", "de", "Neu", 2)


@pytest.mark.parametrize(
    ("recipient", "language", "field"), [("nobody", "de", "recipient"), ("patient", "../x", "locale")]
)
def test_there_is_no_letter_to_somebody_else(
    platform: Platform, recipient: str, language: str, field: str
) -> None:
    ada = somebody(platform, "administrator")
    with pytest.raises(InvalidEntry) as told:
        change_letter_text(platform, ada, recipient, language, "x", 0)
    assert told.value.field == field
