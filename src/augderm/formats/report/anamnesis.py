"""The view of an anamnesis: what was answered, what was not, what contradicts itself, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from augderm.domain.anamnesis import (
    LESION_QUESTIONS,
    PERSON_QUESTIONS,
    QUESTIONS,
    Anamnesis,
    contradictions,
)
from augderm.domain.questions import Question
from augderm.domain.risk import PersonRisk
from augderm.domain.scores import Score
from augderm.domain.text import visible
from augderm.formats.report.checklists import ChecklistView, view_scores
from augderm.formats.report.wording import NARROW_SPACE, number, percent, threshold

NOTE = (
    "As told, and not by the machine: nothing of it changes what the network says of the image. What was not "
    "answered is unknown, which is not no."
)
RISK_NOTE = "It is the person’s risk wherever on the skin, and says nothing of this lesion."
WORDS = {"non_hispanic_white": "non-Hispanic white"}


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question and its answer; `own_words` where that is the patient's own text."""

    label: str
    value: str
    own_words: bool = False


@dataclass(frozen=True, slots=True)
class AnswersView:
    """The answers of one part; `not_answered` lists its other questions, "" where there are none."""

    title: str
    rows: tuple[AnswerRow, ...]
    not_answered: str


@dataclass(frozen=True, slots=True)
class RiskView:
    """The person's risk: `figure` is "" where there is none, and `sentence` then says why."""

    title: str
    figure: str
    sentence: str
    note: str


@dataclass(frozen=True, slots=True)
class AnamnesisView:
    """Everything that was told, and what follows from it. `contradictions` are sentences."""

    answered_on: str
    parts: tuple[AnswersView, ...]
    contradictions: tuple[str, ...]
    risk: RiskView | None
    story: tuple[ChecklistView, ...]
    note: str


def view_anamnesis(
    anamnesis: Anamnesis, risk: PersonRisk | None = None, story: Mapping[str, Score] | None = None
) -> AnamnesisView:
    """Word an anamnesis, the person's risk, and the checklists of the lesion's story."""
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
        risk=_risk(risk) if risk else None,
        story=view_scores(story).checklists if story else (),
        note=NOTE,
    )


def _risk(risk: PersonRisk) -> RiskView:
    raised = [
        f"{QUESTIONS[factor.name].in_sentence} ({factor.answer}) {number(factor.relative_risk, digits=4)}"
        for factor in risk.factors
        if factor.relative_risk != 1
    ]
    made_of = f"Relative risk {number(risk.relative_risk)}: {' × '.join(raised) or 'no factor raises it'}."
    return RiskView(
        title=f"Risk of {risk.event} within {risk.years} years",
        figure="" if risk.probability is None else percent(risk.probability),
        sentence=f"Not given. {risk.reason}" if risk.probability is None else made_of,
        note=f"{risk.title} ({risk.source}). {RISK_NOTE}",
    )


def _part(title: str, told: object, questions: Mapping[str, Question]) -> AnswersView:
    answers = {name: getattr(told, name) for name in questions}
    return AnswersView(
        title=title,
        rows=tuple(
            AnswerRow(questions[name].words, _answer(answer, questions[name]), questions[name].kind == "text")
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
