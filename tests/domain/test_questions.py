"""Every question takes its own answers and refuses all others, by name and with the remedy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import QUESTIONS
from augderm.domain.errors import InvalidAnamnesis
from augderm.domain.questions import Question
from support.answers import answers_to


@given(st.data())
def test_unknown_and_every_answer_of_its_kind_pass(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(QUESTIONS)))
    QUESTIONS[name].check(name, None)
    QUESTIONS[name].check(name, data.draw(answers_to(QUESTIONS[name])))


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_an_answer_of_another_kind_is_refused_by_name(name: str) -> None:
    wrong: list[Any] = [[], {}, "", b"yes", float("nan"), float("inf"), object(), 10**400]
    if QUESTIONS[name].kind != "yes_no":
        wrong += [True, False]
    if QUESTIONS[name].kind != "text":
        wrong.append("perhaps")
    if QUESTIONS[name].kind not in ("number", "count"):
        wrong += [0, 1, 1.5]
    for answer in wrong:
        with pytest.raises(InvalidAnamnesis, match=rf"^{name} is .*; give .*where it is unknown$"):
            QUESTIONS[name].check(name, answer)


@given(st.floats(-10, 200), st.booleans())
def test_a_number_is_accepted_exactly_within_its_range(number: float, above_low: bool) -> None:
    question = Question("Length", "number", low=0, high=120, above_low=above_low, unit="mm")
    if 0 <= number <= 120 and not (above_low and number == 0):
        question.check("length", number)
    else:
        with pytest.raises(InvalidAnamnesis, match="to 120 mm"):
            question.check("length", number)


@given(st.integers(1850, 2999), st.integers(0, 14), st.integers(0, 33))
def test_a_date_is_accepted_exactly_where_the_calendar_has_it(year: int, month: int, day: int) -> None:
    text = f"{year}-{month:02d}-{day:02d}"
    try:
        date.fromisoformat(text)
        exists = True
    except ValueError:
        exists = False
    question = Question("When", "date")
    if exists:
        question.check("when", text)
    else:
        with pytest.raises(InvalidAnamnesis, match="YYYY-MM-DD"):
            question.check("when", text)


@pytest.mark.parametrize(
    "text", ["26", "2026-1", "2026-01-1", "01.02.2026", "٢٠٢٦", "2026-01-01T00:00", "1700"]
)
def test_a_date_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidAnamnesis, match="YYYY"):
        Question("When", "date").check("when", text)


def test_a_long_answer_is_not_repeated_in_full() -> None:
    with pytest.raises(InvalidAnamnesis) as refused:
        QUESTIONS["sex"].check("sex", "x" * 10_000)
    assert len(str(refused.value)) < 250
