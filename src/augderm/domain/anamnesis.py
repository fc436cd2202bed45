"""What the patient tells: of the person, and of the lesion's story.

Every answer may be None, unknown, and unknown is never taken as "no". An answer that cannot be is refused
where it is made; answers that can hardly be true together are flagged by `contradictions`, and whoever builds
on one of them must leave it open.
"""

# The calls in the defaults are fields, of immutable values.
# ruff: noqa: RUF009

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from augderm.domain.errors import InvalidAnamnesis
from augderm.domain.questions import Question, asked, check_answers, one_of, questions_of, yes_no

ANAMNESIS_SCHEMA = "augderm.anamnesis/1"

Sex = Literal["female", "male", "other"]
Ancestry = Literal["non_hispanic_white", "other"]
Region = Literal["north", "central", "south"]
Complexion = Literal["light", "medium", "dark"]
HairColour = Literal["red", "blond", "light_brown", "dark_brown", "black"]
EyeColour = Literal["blue", "grey", "green", "hazel", "brown"]
Tan = Literal["none", "light", "moderate", "deep"]
Degree = Literal["none", "mild", "moderate", "severe"]
Growth = Literal["none", "slow", "rapid"]
Site = Literal[
    "scalp", "face", "ear", "neck", "chest", "abdomen", "back", "trunk", "upper_extremity", "lower_extremity",
    "hand", "foot", "palm_or_sole", "nail", "genital", "mouth",
]  # fmt: skip
"""Where on the body; "trunk" where chest, abdomen and back are not told apart."""

PREGNANCY_AGES = (10.0, 60.0)
"""Ages outside of which a pregnancy is flagged: a check of plausibility, not a rule of biology."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The person. None is unknown; what each may be is in its `Question`.

    The questions on complexion, tan, moles on the back, freckling and solar damage are those of the NCI
    Melanoma Risk Assessment Tool (Fears et al., J Clin Oncol 2006;24:3590), in its terms.

    Attributes:
        age_years: 0 to 120.
        skin_type: Fitzpatrick, 1 to 6.
        region: of the United States, by latitude, as the NCI tool asks.
        tan: after days in the sun without protection.
        blistering_sunburn: whether ever.
        small_moles_on_back, large_moles_on_back: counts, up to 5 mm and above 5 mm.
        solar_damage_on_shoulders: degree of lasting damage by the sun.
        melanoma_in_family, keratinocyte_cancer_in_family: in parents, siblings or children.

    Raises:
        InvalidAnamnesis: an answer is of another kind or out of its range.
    """

    age_years: float | None = asked(Question("Age", "number", high=120, unit="years"))
    sex: Sex | None = one_of("Sex", Sex)
    ancestry: Ancestry | None = one_of("Ancestry", Ancestry)
    region: Region | None = one_of("Region of the United States", Region)
    skin_type: int | None = asked(Question("Skin type (Fitzpatrick)", "count", low=1, high=6))
    complexion: Complexion | None = one_of("Complexion", Complexion)
    hair_colour: HairColour | None = one_of("Natural hair colour", HairColour)
    eye_colour: EyeColour | None = one_of("Eye colour", EyeColour)
    tan: Tan | None = one_of("Tan after sun", Tan)
    blistering_sunburn: bool | None = yes_no("Blistering sunburn, ever")
    small_moles_on_back: int | None = asked(Question("Moles up to 5 mm on the back", "count", high=1000))
    large_moles_on_back: int | None = asked(Question("Moles above 5 mm on the back", "count", high=1000))
    freckling: Degree | None = one_of("Freckling", Degree)
    solar_damage_on_shoulders: Degree | None = one_of("Solar damage on the shoulders", Degree)
    melanoma_before: bool | None = yes_no("Melanoma before")
    melanoma_in_family: bool | None = yes_no("Melanoma in the family")
    keratinocyte_cancer_before: bool | None = yes_no("Basal or squamous cell carcinoma before")
    keratinocyte_cancer_in_family: bool | None = yes_no("Basal or squamous cell carcinoma in the family")
    immune_suppression: bool | None = yes_no("Immune suppression")
    pregnant: bool | None = yes_no("Pregnant")

    def __post_init__(self) -> None:
        check_answers(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionStory:
    """What is told of the lesion. None is unknown.

    Attributes:
        onset: when it was first noticed: YYYY, YYYY-MM or YYYY-MM-DD; it or `known_for_months`, not both.
        irregular_shape, irregular_colour, inflamed, oozing, sensation_changed: as the weighted 7-point
            checklist of NICE NG12 asks.
        growth: how fast it grows; "none" where it does not.
        diameter_mm: greatest, above 0.
        worry: why the patient worries, in the patient's words.

    Raises:
        InvalidAnamnesis: an answer is of another kind or out of its range, or both onset and known_for_months
            are given.
    """

    site: Site | None = one_of("Site", Site)
    onset: str | None = asked(Question("First noticed", "date"))
    known_for_months: float | None = asked(Question("Known for", "number", high=1440, unit="months"))
    change_in_size: bool | None = yes_no("Change in size")
    change_in_shape: bool | None = yes_no("Change in shape")
    change_in_colour: bool | None = yes_no("Change in colour")
    irregular_shape: bool | None = yes_no("Irregular shape")
    irregular_colour: bool | None = yes_no("Irregular colour")
    itch: bool | None = yes_no("Itch")
    sensation_changed: bool | None = yes_no("Change in sensation")
    inflamed: bool | None = yes_no("Inflammation")
    oozing: bool | None = yes_no("Oozing")
    bleeding: bool | None = yes_no("Bleeding")
    ulcerated: bool | None = yes_no("Ulceration")
    elevated: bool | None = yes_no("Elevated")
    firm: bool | None = yes_no("Firm")
    growth: Growth | None = one_of("Growth", Growth)
    diameter_mm: float | None = asked(Question("Diameter", "number", high=500, above_low=True, unit="mm"))
    worry: str | None = asked(Question("Why the patient worries", "text"))

    def __post_init__(self) -> None:
        check_answers(self)
        if self.onset is not None and self.known_for_months is not None:
            raise InvalidAnamnesis(
                f"onset is {self.onset} and known_for_months is {self.known_for_months:g}; give one of them"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Anamnesis:
    """The questionnaire of one lesion.

    Attributes:
        answered_on: the day of the answers, YYYY-MM-DD (or less exactly).

    Raises:
        InvalidAnamnesis: an answer is of another kind, or the onset is after the answers.
    """

    answered_on: str | None = asked(Question("Answered on", "date"))
    person: Person = field(default_factory=Person)
    lesion: LesionStory = field(default_factory=LesionStory)

    def __post_init__(self) -> None:
        check_answers(self)
        if self.answered_on is not None:
            _refuse_later("onset", self.lesion.onset, f"answered_on, {self.answered_on}", self.answered_on)

    def refuse_after(self, today: str) -> None:
        """Refuse dates in the future.

        Args:
            today: YYYY-MM-DD.

        Raises:
            InvalidAnamnesis: answers or onset lie after today.
        """
        for name, date in (("answered_on", self.answered_on), ("onset", self.lesion.onset)):
            _refuse_later(name, date, f"today, {today}", today)


PERSON_QUESTIONS: dict[str, Question] = questions_of(Person)
LESION_QUESTIONS: dict[str, Question] = questions_of(LesionStory)
QUESTIONS: dict[str, Question] = {**questions_of(Anamnesis), **PERSON_QUESTIONS, **LESION_QUESTIONS}
"""Every question by name; no two parts share a name."""


def _refuse_later(name: str, date: str | None, limit_name: str, limit: str) -> None:
    # Dates of this form sort as text; a less exact one is held against as much of the other as it says.
    if date is not None and date[: len(limit)] > limit[: len(date)]:
        raise InvalidAnamnesis(f"{name} is {date}, after {limit_name}; correct it")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that can hardly be true together.

    Attributes:
        answers: their names.
        sentence: for a person.
    """

    answers: tuple[str, ...]
    sentence: str


def contradictions(anamnesis: Anamnesis) -> tuple[Contradiction, ...]:
    """The answers that contradict each other, by name. Unknown answers contradict nothing."""
    person, lesion = anamnesis.person, anamnesis.lesion
    found: list[Contradiction] = []
    if person.pregnant and person.sex == "male":
        found.append(
            Contradiction(("sex", "pregnant"), "The sex is male, and the answer to pregnant is yes.")
        )
    if person.pregnant and person.age_years is not None:
        youngest, oldest = PREGNANCY_AGES
        if not youngest <= person.age_years <= oldest:
            found.append(
                Contradiction(
                    ("age_years", "pregnant"),
                    f"The age is {person.age_years:g} years, and the answer to pregnant is yes.",
                )
            )
    if (known := _longest_known_years(anamnesis)) is not None and person.age_years is not None:
        name, years = known
        # A year more, since ages are told in whole years.
        if years >= person.age_years + 1:
            found.append(
                Contradiction(
                    ("age_years", name),
                    f"The lesion is known for {years:.3g} years, and the age is {person.age_years:g} years.",
                )
            )
    if lesion.growth in ("slow", "rapid") and lesion.change_in_size is False:
        found.append(
            Contradiction(
                ("change_in_size", "growth"),
                f"The lesion shows {lesion.growth} growth, and the answer to change in size is no.",
            )
        )
    if lesion.itch and lesion.sensation_changed is False:
        found.append(
            Contradiction(
                ("itch", "sensation_changed"),
                "The lesion itches, and the answer to change in sensation is no.",
            )
        )
    return tuple(found)


def _longest_known_years(anamnesis: Anamnesis) -> tuple[str, float] | None:
    """The answer that says how long the lesion is known, and for how many years at least."""
    lesion = anamnesis.lesion
    if lesion.known_for_months is not None:
        return "known_for_months", lesion.known_for_months / 12
    if lesion.onset is not None and anamnesis.answered_on is not None:
        # From the end of the one year to the beginning of the other.
        return "onset", max(0, int(anamnesis.answered_on[:4]) - int(lesion.onset[:4]) - 1)
    return None
