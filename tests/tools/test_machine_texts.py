"""The machine's templates are read from its code, and a catalogue that lacks one is told."""

from __future__ import annotations

import ast

import machine_texts
import messages
import pytest

from augderm.web.language import MACHINE

CODE = '''
"""A docstring is not said."""

def speak(kept, novelty, sharp, where):
    raise ValueError("No page shows this sentence.")
    text = f"{len(kept)} of {novelty.score:.2f} are {'seen' if sharp else 'unseen'}; look again."
    more = f"{text} That is the {where[0].upper()}{where[1:]} of it."
    found.without("streaks", unless="of which kind")
    return Validation("not validated")
'''


def _said(code: str) -> set[str]:
    return set(machine_texts.said(ast.parse(code)))


def test_sentences_are_taken_with_the_names_of_their_values_and_each_way_of_a_condition() -> None:
    assert _said(CODE) == {
        "{kept} of {score} are seen; look again.",
        "{kept} of {score} are unseen; look again.",
        "That is the {where} of it.",
        "of which kind",
        "not validated",
    }


def test_two_values_of_one_name_are_told_apart() -> None:
    assert _said('f"Weighed for {a.name}, read by {b.name}."') == {"Weighed for {name}, read by {name_2}."}


def test_every_module_that_speaks_has_sentences() -> None:
    places = {place for places in machine_texts.machine_texts().values() for place in places}
    assert {f"src/augderm/{module}" for module in machine_texts.MODULES} <= places


def test_a_new_sentence_in_the_code_is_a_fault_of_every_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"A new {sentence} of the code.": ["src/augderm/second_read.py"]}
    monkeypatch.setattr(messages, "machine_texts", lambda: machine_texts.machine_texts() | texts)
    found = messages.extracted()
    for language in messages.LANGUAGES:
        assert messages.faults(language, found) == [f"{language}: missing: A new {{sentence}} of the code."]


def test_a_translation_that_loses_a_value_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    have = messages.catalogue("de")
    held = have.get("Told: {said}.", MACHINE)
    assert held is not None
    held.string = "Angegeben."
    monkeypatch.setattr(messages, "catalogue", lambda _language: have)
    assert messages.faults("de", messages.extracted()) == ["de: other places than in the text: Told: {said}."]
