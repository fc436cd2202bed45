"""The view of an anamnesis: what was answered, what was not, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from augderm.domain.anamnesis import LESION_QUESTIONS, PERSON_QUESTIONS, Anamnesis, contradictions
from augderm.domain.questions import Question
from augderm.domain.text import visible
from augderm.formats.report.wording import NARROW_SPACE, threshold

NOTE = (
    "As told, and not by the machine: nothing of it changes what the network says of the image. What was not "
    "answered is unknown, which is not no."
)
WORDS = {"non_hispanic_white": "non-Hispanic white"}


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question and its answer."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class AnswersView:
    """The answers of one part; `not_answered` lists its other questions, "" where there are none."""

    title: str
    rows: tuple[AnswerRow, ...]
    not_answered: str


@dataclass(frozen=True, slots=True)
class AnamnesisView:
    """Everything that was told. `contradictions` are sentences."""

    answered_on: str
    parts: tuple[AnswersView, ...]
    contradictions: tuple[str, ...]
    note: str


def view_anamnesis(anamnesis: Anamnesis) -> AnamnesisView:
    """Word an anamnesis."""
    return AnamnesisView(
        answered_on=f"Answered on {anamnesis.answered_on}. " if anamnesis.answered_on else "",
        parts=(
            _part("The person", anamnesis.person, PERSON_QUESTIONS),
            _part("The lesion", anamnesis.lesion, LESION_QUESTIONS),
        ),
        contradictions=tuple(
            f"{each.sentence} Both cannot well be true: neither is built on."
            for each in contradictions(anamnesis)
        ),
        note=NOTE,
    )


def _part(title: str, told: object, questions: Mapping[str, Question]) -> AnswersView:
    answers = {name: getattr(told, name) for name in questions}
    return AnswersView(
        title=title,
        rows=tuple(
            AnswerRow(questions[name].words, _answer(answer, questions[name]))
            for name, answer in answers.items()
            if answer is not None
        ),
        not_answered="; ".join(questions[name].words for name, answer in answers.items() if answer is None),
    )


def _answer(answer: object, question: Question) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, int | float):
        # As it was told: 54 years, not 54.0.
        return threshold(answer) + (f"{NARROW_SPACE}{question.unit}" if question.unit else "")
    text = visible(str(answer))
    return WORDS.get(text, text.replace("_", " ")) if question.kind == "choice" else text
