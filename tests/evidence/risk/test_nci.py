"""The NCI tool: its formula, its limits, and that it refuses what it was not made for."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.anamnesis import Anamnesis, LesionStory, Person
from augderm.evidence.risk.nci import INCIDENCE, MORTALITY, NEEDED, five_year_risk, nci_risk
from support.answers import MAN, PERSONS, WOMAN

AGES = st.floats(20, 70)
SEXES = st.sampled_from(["male", "female"])
REGIONS = st.sampled_from(["north", "central", "south"])
RELATIVE = st.floats(0.5, 150)
RISING_ANSWERS: dict[str, tuple[tuple[str, tuple[Any, ...], tuple[float, ...]], ...]] = {
    "male": (
        ("blistering_sunburn", (False, True), (1, 1.437)),
        ("complexion", ("dark", "medium", "light"), (1, 1, 1.767)),
        ("large_moles_on_back", (0, 1, 2, 9), (1, 1, 2.412, 2.412)),
        ("small_moles_on_back", (0, 6, 7, 16, 17, 300), (1, 1, 1.935, 1.935, 4.630, 4.630)),
        ("freckling", ("none", "mild", "moderate", "severe"), (1, 1.830, 1.830, 1.830)),
        ("solar_damage_on_shoulders", ("none", "mild", "moderate", "severe"), (1, 1, 1, 2.803)),
    ),
    "female": (
        ("complexion", ("dark", "medium", "light"), (1, 1, 1.802)),
        ("tan", ("deep", "moderate", "light", "none"), (1, 1, 1.926, 1.926)),
        ("small_moles_on_back", (0, 4, 5, 11, 12, 300), (1, 1, 2.512, 2.512, 5.154, 5.154)),
        ("freckling", ("none", "mild", "moderate", "severe"), (1, 2.174, 3.856, 3.856)),
    ),
}


def risk_of(person: Person) -> float:
    risk = nci_risk(Anamnesis(person=person))
    assert risk.reason == ""
    assert risk.probability is not None
    return risk.probability


def test_a_value_computed_by_hand() -> None:
    # A man of 42 in the central region, light complexion, a blistering sunburn: r = 1.767 x 1.437 = 2.539179.
    # h1 r = 0.144 x 0.0002350 x r = 0.000085926, k = h1 r + 0.0028355 = 0.00292143; 3 years to 45:
    #   0.000085926 x (1 - e^-0.00876428) / 0.00292143 = 0.00025665
    # h2 = 0.144 x 0.0003158 = 0.000045475, h2 r = 0.00011547, + 0.0040472 = 0.0041627; 2 years from 45:
    #   0.00011547 x 0.9912740 x (1 - e^-0.0083253) / 0.0041627 = 0.00022797
    found = nci_risk(Anamnesis(person=MAN))
    assert found.relative_risk == pytest.approx(2.539179)
    assert found.probability == pytest.approx(0.00025665 + 0.00022797, rel=2e-4)


def test_a_woman_at_the_beginning_of_a_band_computed_by_hand() -> None:
    # 40 years, south: r = 1.802 x 1.926 x 5.154 x 2.174 = 38.88783; h r = 0.106 x 0.0002493 x r = 0.00102764;
    # k = 0.00245624; 0.00102764 / 0.00245624 x (1 - e^-0.0122812) = 0.0051068
    assert risk_of(replace(WOMAN, age_years=40)) == pytest.approx(0.0051068, rel=1e-4)


@pytest.mark.parametrize("sex", ["male", "female"])
def test_who_has_no_risk_factor_is_far_below_the_average_of_all(sex: Any) -> None:
    average = 5 * INCIDENCE[sex]["central"][4]
    assert five_year_risk(40, sex, "central", 1.0) < 0.2 * average


@given(AGES, SEXES, REGIONS, RELATIVE)
def test_the_formula_is_the_integral_over_the_competing_hazards(
    age: float, sex: Any, region: str, relative: float
) -> None:
    times = age + 5 * (np.arange(4000) + 0.5) / 4000
    bands = np.clip(((times - 20) / 5).astype(int), 0, 10)
    melanoma = {"male": 0.144, "female": 0.106}[sex] * relative * np.array(INCIDENCE[sex][region])[bands]
    death = np.array(MORTALITY[sex])[bands]
    step = 5 / 4000
    alive = np.exp(-(np.cumsum(melanoma + death) - (melanoma + death) / 2) * step)
    integral = float((melanoma * alive).sum() * step)
    assert five_year_risk(age, sex, region, relative) == pytest.approx(integral, rel=1e-3)


@given(AGES, SEXES, REGIONS, RELATIVE, st.floats(1.001, 5))
def test_risk_lies_within_0_and_1_and_rises_with_the_relative_risk(
    age: float, sex: Any, region: str, relative: float, more: float
) -> None:
    lower = five_year_risk(age, sex, region, relative)
    assert 0 < lower < five_year_risk(age, sex, region, relative * more) < 1


@given(AGES, SEXES, RELATIVE)
def test_risk_rises_with_the_incidence_of_the_region(age: float, sex: Any, relative: float) -> None:
    north, central, south = (five_year_risk(age, sex, region, relative) for region in INCIDENCE[sex])
    assert north < central < south


def test_incidence_and_mortality_rise_with_age() -> None:
    for row in (*INCIDENCE["male"].values(), *INCIDENCE["female"].values(), *MORTALITY.values()):
        assert len(row) == 11
        assert all(one < other for one, other in itertools.pairwise(row))


@pytest.mark.parametrize("person", [MAN, WOMAN])
def test_each_factor_has_its_relative_risk_and_raises_the_risk(person: Person) -> None:
    assert person.sex
    for name, answers, relative in RISING_ANSWERS[person.sex]:
        risks = []
        for answer, expected in zip(answers, relative, strict=True):
            told = replace(person, **{name: answer})
            (factor,) = [f for f in nci_risk(Anamnesis(person=told)).factors if f.name == name]
            assert factor.relative_risk == expected, (name, answer)
            risks.append(risk_of(told))
        assert risks == sorted(risks)
        assert risks[0] < risks[-1]


@given(PERSONS)
def test_the_factors_make_up_the_whole(person: Person) -> None:
    whole = replace(
        person, age_years=50, sex="male", ancestry="non_hispanic_white", region="north",
        melanoma_before=False, pregnant=None, **{name: getattr(MAN, name) for name in NEEDED["male"][5:]},
    )  # fmt: skip
    found = nci_risk(Anamnesis(person=whole))
    assert found.relative_risk == math.prod(factor.relative_risk for factor in found.factors)
    assert {factor.name for factor in found.factors} == set(NEEDED["male"][5:])


@pytest.mark.parametrize("person", [MAN, WOMAN])
@pytest.mark.parametrize("age", [20, 24.99, 25, 69.99, 70])
def test_the_ages_that_it_was_made_for_have_a_risk(person: Person, age: float) -> None:
    assert 0 < risk_of(replace(person, age_years=age)) < 0.5


@pytest.mark.parametrize("age", range(25, 70, 5))
def test_risk_does_not_jump_between_the_bands(age: float) -> None:
    before, after = (risk_of(replace(MAN, age_years=age + step)) for step in (-1e-9, 0))
    assert before == pytest.approx(after, rel=1e-6)


@pytest.mark.parametrize("age", [0, 19.99, 70.01, 120])
def test_other_ages_are_refused(age: float) -> None:
    found = nci_risk(Anamnesis(person=replace(MAN, age_years=age)))
    assert (found.probability, found.relative_risk, found.factors) == (None, None, ())
    assert "ages from 20 to 70 years" in found.reason
    with pytest.raises(ValueError, match="age_years"):
        five_year_risk(age, "male", "north", 1)


@pytest.mark.parametrize("person", [MAN, WOMAN])
def test_no_unknown_answer_is_replaced(person: Person) -> None:
    assert person.sex
    for name in NEEDED[person.sex]:
        found = nci_risk(Anamnesis(person=replace(person, **{name: None})))
        assert found.probability is None
        assert found.reason.startswith("Not answered: ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ancestry": "other"}, "non-Hispanic white"),
        ({"sex": "other"}, "women and for men"),
        ({"melanoma_before": True}, "without a melanoma before"),
        ({"pregnant": True}, "The sex is male, and the answer to pregnant is yes."),
    ],
)
def test_whom_it_was_not_made_for_is_told_why(changes: dict[str, Any], words: str) -> None:
    found = nci_risk(Anamnesis(person=replace(MAN, **changes)))
    assert found.probability is None
    assert words in found.reason


def test_every_reason_is_told_at_once() -> None:
    person = Person(age_years=12, ancestry="other")
    reason = nci_risk(Anamnesis(person=person)).reason
    for words in ("the person's is 12", "non-Hispanic white", "sex", "region"):
        assert words in reason


@given(PERSONS, st.booleans())
def test_there_is_a_risk_or_a_reason(person: Person, itch: bool) -> None:
    found = nci_risk(Anamnesis(person=person, lesion=LesionStory(itch=itch)))
    assert (found.probability is None) == bool(found.reason)


def test_an_age_that_only_the_lesion_contradicts_is_told() -> None:
    told = Anamnesis(person=replace(MAN, age_years=30), lesion=LesionStory(known_for_months=600))
    assert "known for 50 years" in nci_risk(told).reason
