"""The JSON form of an anamnesis, `augderm.anamnesis/1`.

The published JSON Schema is `anamnesis.schema.json` beside this file: what `anamnesis_schema` gives. An
unknown answer is null or left out when read, null when written.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from augderm.domain.anamnesis import (
    ANAMNESIS_SCHEMA,
    LESION_QUESTIONS,
    PERSON_QUESTIONS,
    QUESTIONS,
    Anamnesis,
    LesionStory,
    Person,
)
from augderm.domain.errors import InvalidAnamnesis
from augderm.domain.questions import MAX_TEXT_LETTERS, Question
from augderm.domain.text import storable, visible
from augderm.formats.sidecar import read_sidecar

ANAMNESIS_SCHEMA_FILE = Path(__file__).parent / "anamnesis.schema.json"
_KEYS = ("schema", "answered_on", "person", "lesion")
DATE_PATTERN = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


def read_anamnesis_json(path: Path) -> Anamnesis:
    """Read the anamnesis of one lesion.

    Raises:
        InvalidAnamnesis: an answer is of no question, or is none that the question has.
        InvalidConfig, LimitExceeded: the file cannot be read, is no JSON object, or is too large.
    """
    try:
        return anamnesis_from_object(read_sidecar(path, _KEYS))
    except InvalidAnamnesis as error:
        raise InvalidAnamnesis(f"{path}: {error}") from None


def anamnesis_from_object(given: Mapping[str, Any]) -> Anamnesis:
    """An anamnesis from plain JSON values.

    Raises:
        InvalidAnamnesis: it is of another schema, an answer is of no question, or is none that it has.
    """
    if given.get("schema", ANAMNESIS_SCHEMA) != ANAMNESIS_SCHEMA:
        raise InvalidAnamnesis(f"schema is {given['schema']!r}; this version reads {ANAMNESIS_SCHEMA!r}")
    return Anamnesis(
        answered_on=given.get("answered_on"),
        person=Person(**_answers("person", given.get("person"), PERSON_QUESTIONS)),
        lesion=LesionStory(**_answers("lesion", given.get("lesion"), LESION_QUESTIONS)),
    )


def _answers(part: str, given: object, questions: Mapping[str, Question]) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InvalidAnamnesis(f"{part} is no JSON object; write {{...}} with the answers by name")
    for name in given:
        if name not in questions:
            raise InvalidAnamnesis(f"{part} has {no_question(name, questions)}")
    return {
        # JSON knows one kind of number: 3.0 is whole.
        name: int(answer)
        if questions[name].kind == "count" and isinstance(answer, float) and answer.is_integer()
        else answer
        for name, answer in given.items()
    }


def no_question(name: str, known: Collection[str]) -> str:
    """That a name is of no question, and the nearest that there is: for an error message."""
    near = difflib.get_close_matches(name[:100].strip().lower().replace(" ", "_"), known, 1)
    meant = f'; "{near[0]}" is the nearest' if near else f"; known are {', '.join(known)}"
    return f'the unknown answer "{visible(name[:100])}"{meant}'


def anamnesis_to_object(anamnesis: Anamnesis) -> dict[str, Any]:
    """The anamnesis as plain JSON values, every question in it; an unknown answer is null."""
    return {
        "schema": ANAMNESIS_SCHEMA,
        "answered_on": anamnesis.answered_on,
        "person": {name: _plain(getattr(anamnesis.person, name)) for name in PERSON_QUESTIONS},
        "lesion": {name: _plain(getattr(anamnesis.lesion, name)) for name in LESION_QUESTIONS},
    }


def _plain(answer: Any) -> Any:
    return storable(answer) if isinstance(answer, str) else answer


def anamnesis_schema() -> dict[str, Any]:
    """The JSON Schema of the form, from the questions; `anamnesis.schema.json` holds it."""

    def part(questions: Mapping[str, Question], words: str) -> dict[str, Any]:
        return {
            "description": words,
            "type": ["object", "null"],
            "properties": {name: answer_schema(question) for name, question in questions.items()},
            "additionalProperties": False,
        }

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:augderm:anamnesis:1",
        "title": "augderm anamnesis, version 1",
        "description": "What the patient tells of the person and of one lesion. An answer that is null or "
        "left out is unknown, which is never taken as no.",
        "type": "object",
        "properties": {
            "schema": {"const": ANAMNESIS_SCHEMA},
            "answered_on": answer_schema(QUESTIONS["answered_on"]),
            "person": part(PERSON_QUESTIONS, "the person"),
            "lesion": part(LESION_QUESTIONS, "the lesion; onset or known_for_months, not both"),
        },
        "additionalProperties": False,
    }


def answer_schema(question: Question) -> dict[str, Any]:
    """The JSON Schema of one answer, null among them."""
    words = question.words + (f", in {question.unit}" if question.unit else "")
    if question.kind == "choice":
        return {"description": words, "enum": [*question.choices, None]}
    kinds = {"yes_no": "boolean", "number": "number", "count": "integer", "date": "string", "text": "string"}
    schema: dict[str, Any] = {"description": words, "type": [kinds[question.kind], "null"]}
    if question.kind in ("number", "count"):
        schema["exclusiveMinimum" if question.above_low else "minimum"] = question.low
        schema["maximum"] = question.high
    elif question.kind == "date":
        schema["pattern"] = DATE_PATTERN
    elif question.kind == "text":
        schema |= {"minLength": 1, "maxLength": MAX_TEXT_LETTERS}
    return schema
