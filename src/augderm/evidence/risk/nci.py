"""The NCI Melanoma Risk Assessment Tool: absolute risk of a first melanoma within 5 years.

Fears et al., J Clin Oncol 2006;24:3590. Made for non-Hispanic white people aged 20 to 70 in the United
States. It is context for a lesion's own score, never a substitute, and is shown beside it, never mixed in.

Open points, to be held against the paper before it carries weight:

- The order of the regions in the table of incidence (north, central, south) and of the tanning answers is
  from memory. The answers "none" and "light" count as "little or no tan".
- That no freckling has a relative risk of 1 is inferred; so is that medium and dark complexion have.
- That the tool is for people without a melanoma before is from memory; who had one, or does not say, is
  refused.
- Melanoma in the family, hair and eye colour are not in the model.

A known public copy picks the region at random where it is not given; here nothing stands in for
what is unknown.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from augderm.domain.anamnesis import PERSON_QUESTIONS, Anamnesis, Person, contradictions
from augderm.domain.risk import PersonRisk, RiskFactor

ModelSex = Literal["male", "female"]
YOUNGEST, OLDEST = 20.0, 70.0
BAND_YEARS = 5
YEARS = 5

# Yearly incidence and mortality by 5-year age from 20 to 70.
NOT_ATTRIBUTABLE = {"male": 0.144, "female": 0.106}
"""1 - attributable risk: the incidence among people without any of the risk factors, over that of all. The
factors explain 86 % of men's and 89 % of women's melanomas (Fears 2006, abstract)."""
INCIDENCE: dict[str, dict[str, tuple[float, ...]]] = {
    "male": {
        "north": (.0000360, .0000630, .0000996, .0001470, .0002057, .0002765, .0003597, .0004559, .0005651,
                  .0006876, .0008235),
        "central": (.0000412, .0000719, .0001138, .0001679, .0002350, .0003158, .0004110, .0005208, .0006455,
                    .0007855, .0009407),
        "south": (.0000449, .0000785, .0001242, .0001832, .0002564, .0003446, .0004484, .0005682, .0007043,
                  .0008570, .0010264),
    },
    "female": {
        "north": (.0000812, .0001145, .0001491, .0001835, .0002166, .0002475, .0002755, .0003004, .0003217,
                  .0003395, .0003538),
        "central": (.0000884, .0001247, .0001623, .0001998, .0002358, .0002694, .0003000, .0003270, .0003502,
                    .0003696, .0003851),
        "south": (.0000935, .0001318, .0001716, .0002112, .0002493, .0002848, .0003171, .0003457, .0003703,
                  .0003908, .0004072),
    },
}  # fmt: skip
MORTALITY: dict[str, tuple[float, ...]] = {
    "male": (.0012286, .0012725, .0016132, .0020935, .0028355, .0040472, .0060814, .0097982, .0160096,
             .0249023, .0382402),
    "female": (.0004313, .0004940, .0006613, .0009686, .0014286, .0022175, .0035932, .0058877, .0095541,
               .0147873, .0231632),
}  # fmt: skip
NEEDED: dict[str, tuple[str, ...]] = {
    "male": (
        "age_years", "sex", "ancestry", "region", "melanoma_before", "blistering_sunburn", "complexion",
        "large_moles_on_back", "small_moles_on_back", "freckling", "solar_damage_on_shoulders",
    ),
    "female": (
        "age_years", "sex", "ancestry", "region", "melanoma_before", "complexion", "tan",
        "small_moles_on_back", "freckling",
    ),
}  # fmt: skip
"""The answers without which the model says nothing."""
NOT_GIVEN = PersonRisk(
    model="nci_mrat",
    title="NCI Melanoma Risk Assessment Tool",
    source="Fears et al., J Clin Oncol 2006;24:3590",
    event="a first melanoma",
    years=YEARS,
    probability=None,
    relative_risk=None,
    factors=(),
    reason="",
)


def nci_risk(anamnesis: Anamnesis) -> PersonRisk:
    """The person's risk, or in `reason` everything for which the model does not give one."""
    reason = " ".join(_why_not(anamnesis))
    person = anamnesis.person
    if reason or person.age_years is None or person.region is None or person.sex in (None, "other"):
        return replace(NOT_GIVEN, reason=reason)
    sex: ModelSex = "male" if person.sex == "male" else "female"
    factors = _factors_of_men(person) if sex == "male" else _factors_of_women(person)
    relative = math.prod(factor.relative_risk for factor in factors)
    risk = five_year_risk(person.age_years, sex, person.region, relative)
    return replace(NOT_GIVEN, probability=risk, relative_risk=relative, factors=factors)


def five_year_risk(age_years: float, sex: ModelSex, region: str, relative_risk: float) -> float:
    """The model's formula: incidence and death from other causes compete, constant within each 5-year band.

    Args:
        age_years: 20 to 70.
        sex: "male" or "female".
        region: "north", "central" or "south".
        relative_risk: product of the factors, above 0.

    Returns:
        probability of a melanoma within 5 years, 0..1.

    Raises:
        ValueError: the age is out of its range.
    """
    if not YOUNGEST <= age_years <= OLDEST:
        raise ValueError(f"age_years is {age_years}; the model has {YOUNGEST:g} to {OLDEST:g}")
    incidence, mortality = INCIDENCE[sex][region], MORTALITY[sex]
    band = int((age_years - YOUNGEST) / BAND_YEARS)
    begins = YOUNGEST + BAND_YEARS * band
    ends = begins + BAND_YEARS
    share = NOT_ATTRIBUTABLE[sex]
    melanoma = share * incidence[band] * relative_risk
    either = melanoma + mortality[band]
    risk = melanoma / either * -math.expm1((age_years - ends) * either)
    # At the beginning of a band, and so at 70, all five years lie within it.
    if age_years != begins:
        next_melanoma = share * incidence[band + 1] * relative_risk
        next_either = next_melanoma + mortality[band + 1]
        alive = math.exp((age_years - ends) * either)
        risk += next_melanoma / next_either * alive * -math.expm1((begins - age_years) * next_either)
    return risk


def _why_not(anamnesis: Anamnesis) -> list[str]:
    """Everything that keeps the model from speaking, a sentence each."""
    person = anamnesis.person
    found = []
    if person.age_years is not None and not YOUNGEST <= person.age_years <= OLDEST:
        found.append(
            f"It was made for ages from {YOUNGEST:g} to {OLDEST:g} years; "
            f"the person's is {person.age_years:g}."
        )
    if person.ancestry == "other":
        found.append("It was made for non-Hispanic white people.")
    if person.sex == "other":
        found.append("It has figures for women and for men alone.")
    if person.melanoma_before:
        found.append("It was made for people without a melanoma before.")
    # Of an unknown sex, what is needed of both.
    common = [name for name in NEEDED["male"] if name in NEEDED["female"]]
    needed = NEEDED.get(person.sex or "", common)
    missing = [PERSON_QUESTIONS[name].in_sentence for name in needed if getattr(person, name) is None]
    if missing:
        found.append(f"Not answered: {', '.join(missing)}; nothing is put in the place of what is unknown.")
    found += [
        f"{each.sentence} Which of the two is true decides."
        for each in contradictions(anamnesis)
        if set(each.answers) & set(needed)
    ]
    return found


def _factors_of_men(person: Person) -> tuple[RiskFactor, ...]:
    freckled = person.freckling != "none"
    large, small = person.large_moles_on_back or 0, person.small_moles_on_back or 0
    return (
        _factor(person, "blistering_sunburn", 1.437 if person.blistering_sunburn else 1.0),
        _factor(person, "complexion", 1.767 if person.complexion == "light" else 1.0),
        _factor(person, "large_moles_on_back", 2.412 if large >= 2 else 1.0),
        _factor(person, "small_moles_on_back", 4.630 if small >= 17 else 1.935 if small >= 7 else 1.0),
        _factor(person, "freckling", 1.830 if freckled else 1.0),
        _factor(
            person,
            "solar_damage_on_shoulders",
            2.803 if person.solar_damage_on_shoulders == "severe" else 1.0,
        ),
    )


def _factors_of_women(person: Person) -> tuple[RiskFactor, ...]:
    small = person.small_moles_on_back or 0
    freckles = {"none": 1.0, "mild": 2.174, "moderate": 3.856, "severe": 3.856}
    return (
        _factor(person, "complexion", 1.802 if person.complexion == "light" else 1.0),
        _factor(person, "tan", 1.926 if person.tan in ("none", "light") else 1.0),
        _factor(person, "small_moles_on_back", 5.154 if small >= 12 else 2.512 if small >= 5 else 1.0),
        _factor(person, "freckling", freckles[person.freckling or "none"]),
    )


def _factor(person: Person, name: str, relative_risk: float) -> RiskFactor:
    answer = getattr(person, name)
    words = ("yes" if answer else "no") if isinstance(answer, bool) else f"{answer}"
    return RiskFactor(name, words, relative_risk)
