"""Questionnaires: strategies for every answer, and some whole ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from augderm.domain.anamnesis import LESION_QUESTIONS, PERSON_QUESTIONS, Anamnesis, LesionStory, Person
from augderm.domain.questions import Question

MAN = Person(
    age_years=42, sex="male", ancestry="non_hispanic_white", region="central", complexion="light",
    blistering_sunburn=True, small_moles_on_back=3, large_moles_on_back=0, freckling="none",
    solar_damage_on_shoulders="mild", melanoma_before=False,
)  # fmt: skip
"""A man for whom the NCI tool has every answer."""
WOMAN = Person(
    age_years=42, sex="female", ancestry="non_hispanic_white", region="south", complexion="light",
    tan="light", small_moles_on_back=12, freckling="mild", melanoma_before=False,
)  # fmt: skip
"""Likewise a woman."""


def answers_to(question: Question) -> st.SearchStrategy[Any]:
    """Every answer that a question accepts, but unknown."""
    if question.kind == "yes_no":
        return st.booleans()
    if question.kind == "choice":
        return st.sampled_from(question.choices)
    if question.kind == "count":
        return st.integers(int(question.low), int(question.high))
    if question.kind == "number":
        return st.floats(question.low, question.high, exclude_min=question.above_low)
    if question.kind == "date":
        return st.one_of(
            st.dates().filter(lambda day: 1850 <= day.year <= 2999).map(lambda day: day.isoformat()),
            st.integers(1850, 2999).map(str),
            st.tuples(st.integers(1850, 2999), st.integers(1, 12)).map(
                lambda date: f"{date[0]}-{date[1]:02d}"
            ),
        )
    return st.text(min_size=1, max_size=40).filter(lambda words: words.strip())


def _part(kind: type, questions: Mapping[str, Question], **given: Any) -> st.SearchStrategy[Any]:
    asked = {name: st.none() | answers_to(question) for name, question in questions.items()}
    return st.builds(kind, **{**asked, **given})


PERSONS: st.SearchStrategy[Person] = _part(Person, PERSON_QUESTIONS)
LESIONS: st.SearchStrategy[LesionStory] = st.one_of(
    _part(LesionStory, LESION_QUESTIONS, onset=st.none()),
    _part(LesionStory, LESION_QUESTIONS, known_for_months=st.none()),
)
ANAMNESES: st.SearchStrategy[Anamnesis] = st.builds(Anamnesis, person=PERSONS, lesion=LESIONS)
