"""What a question of the anamnesis may be answered with, and the check of one answer.

Each field of `domain.anamnesis` carries its `Question`, so that reading, writing, the report and the
published schema need not repeat what may be answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from augderm.domain.errors import InvalidAnamnesis

Kind = Literal["yes_no", "choice", "number", "count", "date", "text"]
MAX_TEXT_LETTERS = 2000
DATE_FORM = "YYYY, YYYY-MM or YYYY-MM-DD"
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_YEARS = (1850, 2999)
_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        words: as a report asks it.
        kind: yes_no: bool; choice: one of `choices`; number: a finite number; count: a whole number; date:
            text of the form `DATE_FORM`; text: up to `MAX_TEXT_LETTERS` letters.
        choices: of a choice.
        low, high: the least and greatest number that is accepted.
        above_low: whether `low` itself is refused.
        unit: of a number; "" for none.
    """

    words: str
    kind: Kind
    choices: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    above_low: bool = False
    unit: str = ""

    @property
    def in_sentence(self) -> str:
        """The words as they stand within a sentence."""
        return f"{self.words[0].lower()}{self.words[1:]}"

    @property
    def remedy(self) -> str:
        """What to answer, for an error message."""
        if self.kind == "yes_no":
            return "yes (true) or no (false)"
        if self.kind == "choice":
            return f"one of {', '.join(self.choices)}"
        if self.kind == "date":
            return f"a date of the form {DATE_FORM}"
        if self.kind == "text":
            return f"text of 1 to {MAX_TEXT_LETTERS} letters"
        what = "a whole number" if self.kind == "count" else "a number"
        least = f"above {self.low:g}" if self.above_low else f"from {self.low:g}"
        return f"{what} {least} to {self.high:g}{f' {self.unit}' if self.unit else ''}"

    def check(self, name: str, answer: object) -> None:
        """Refuse an answer that this question does not have; None, unknown, always passes.

        Raises:
            InvalidAnamnesis: the message names the question, the answer and what to give.
        """
        if answer is not None and not self._accepts(answer):
            shown = repr(answer) if len(repr(answer)) <= 60 else f"{repr(answer)[:60]}..."
            raise InvalidAnamnesis(
                f"{name} is {shown}; give {self.remedy}, or leave it out where it is unknown"
            )

    def _accepts(self, answer: object) -> bool:
        if self.kind == "yes_no":
            return isinstance(answer, bool)
        if self.kind in ("number", "count"):
            return self._is_within(answer)
        if not isinstance(answer, str):
            return False
        if self.kind == "choice":
            return answer in self.choices
        if self.kind == "date":
            return _is_date(answer)
        return bool(answer.strip()) and len(answer) <= MAX_TEXT_LETTERS

    def _is_within(self, answer: object) -> bool:
        kinds = int if self.kind == "count" else (int, float)
        # A bool is an int in Python, and no number of anything.
        if isinstance(answer, bool) or not isinstance(answer, kinds):
            return False
        # Neither nan nor the infinities are within any bounds.
        return (self.low < answer if self.above_low else self.low <= answer) and answer <= self.high


def _is_date(text: str) -> bool:
    # Not the standard library's dates: those know the clock, which the core does not.
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) if part else 1 for part in found.groups())
    if not (_YEARS[0] <= year <= _YEARS[1] and 1 <= month <= 12):
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _DAYS_OF_MONTH[month - 1] - (month == 2 and not leap)


def asked(question: Question) -> Any:
    """A dataclass field with this question, unknown unless answered."""
    return field(default=None, metadata={"question": question})


def yes_no(words: str) -> Any:
    """A field that is answered with yes or no."""
    return asked(Question(words, "yes_no"))


def one_of(words: str, literal: Any) -> Any:
    """A field that is answered with one of the words of a Literal type."""
    return asked(Question(words, "choice", get_args(literal)))


def questions_of(kind: type) -> dict[str, Question]:
    """The questions of a dataclass by field name, in its order; fields without one are left out."""
    return {each.name: each.metadata["question"] for each in fields(kind) if "question" in each.metadata}


def check_answers(answers: object) -> None:
    """Check every answer of a dataclass against its question.

    Raises:
        InvalidAnamnesis: the first that does not fit, by name.
    """
    for name, question in questions_of(type(answers)).items():
        question.check(name, getattr(answers, name))
