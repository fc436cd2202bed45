"""What the rules of a policy may ask for: facts of the image and of the lesion's story, or None.

None is "unknown": such a fact fires no rule and silences none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

from augderm.domain.advice import FactValue
from augderm.domain.assessment import Assessment, ModalityName, Status, Verdict
from augderm.domain.scores import Score
from augderm.domain.taxonomy import CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFacts:
    """What rules may ask of the lesion's story; None where nobody knows.

    Attributes:
        elevated, firm, growing: the three of EFG (dermatology's rule: excise without delay).
        rapid_growth, ulcerated, bleeding: as told.
        changing: size, shape or colour changed; no where none of them did.
        contradicted: answers about the lesion contradict each other. Never unknown.
        ugly_duckling: unlike the patient's other naevi.
        ng12_lowest, ng12_highest: bounds of the weighted 7-point checklist of NICE NG12, 0 to 10 points, of
            the answers that are known and with every unknown one counted as "yes".

    Raises:
        ValueError: bounds out of 0..10, or the lowest above the highest.
    """

    elevated: bool | None = None
    firm: bool | None = None
    growing: bool | None = None
    rapid_growth: bool | None = None
    ulcerated: bool | None = None
    bleeding: bool | None = None
    changing: bool | None = None
    ugly_duckling: bool | None = None
    ng12_lowest: int | None = None
    ng12_highest: int | None = None
    contradicted: bool = False

    def __post_init__(self) -> None:
        lowest, highest = (
            default if bound is None else bound
            for bound, default in ((self.ng12_lowest, 0), (self.ng12_highest, NG12_MOST))
        )
        if not 0 <= lowest <= highest <= NG12_MOST:
            raise ValueError(f"NG12 points are {lowest} to {highest}; give 0 to {NG12_MOST}, lowest first")

    @property
    def efg(self) -> bool | None:
        """Elevated, firm and growing: no where one is no, unknown where one is unknown."""
        three = (self.elevated, self.firm, self.growing)
        if False in three:
            return False
        return None if None in three else True

    @property
    def ng12_suspicious(self) -> bool | None:
        """Whether NG12's pathway is reached; unknown while the open items decide."""
        if self.ng12_lowest is not None and self.ng12_lowest >= NG12_FROM:
            return True
        return False if self.ng12_highest is not None and self.ng12_highest < NG12_FROM else None


NG12_FROM = 3
"""Points from which NICE NG12 asks for the suspected-cancer pathway."""
NG12_MOST = 10
"""Three items of 2 points and four of 1."""
NOTHING_TOLD = StoryFacts()
SUSPICIOUS = ("suspicious", "melanoma")


def facts_of(assessment: Assessment, story: StoryFacts) -> dict[str, FactValue | None]:
    """Every fact of `FACTS` by name."""
    return {name: fact.find(assessment, story) for name, fact in FACTS.items()}


def _probability(code: str) -> Callable[[Assessment, StoryFacts], FactValue | None]:
    return lambda read, _: read.diagnosis.probabilities[code] if read.diagnosis else None


def _settled(score: Score | None) -> bool | None:
    """Whether a score is suspicious whatever its open items are; None where they decide."""
    if score is None:
        return None
    mildest, gravest = (verdict in SUSPICIOUS for verdict in (score.mildest, score.gravest))
    return mildest if mildest == gravest else None


def _novel(read: Assessment) -> bool | None:
    """By the model's own limit, whatever the reader was told; of several photographs, of any."""
    found = [each.novelty.unlike for each in (read, *read.photographs) if each.novelty]
    return any(found) if found else None


def _modality(read: Assessment) -> str | None:
    """Clinical too where that is in doubt, and where one of several photographs is so: what holds for
    dermoscopic images alone must not be built on.
    """
    if read.modality is None:
        return None
    return "dermoscopic" if read.modality.surely_dermoscopic else "clinical"


def _score(name: str) -> Callable[[Assessment, StoryFacts], FactValue | None]:
    return lambda read, _: _settled(read.scores.get(name))


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: where it comes from, its kind, and the values that it can have; a number is 0 to 1."""

    find: Callable[[Assessment, StoryFacts], FactValue | None]
    kind: type[bool] | type[float] | type[str] = bool
    values: tuple[FactValue, ...] = (True, False)


FACTS: Mapping[str, Fact] = {
    "status": Fact(lambda read, _: read.status, str, get_args(Status)),
    "modality": Fact(lambda read, _: _modality(read), str, get_args(ModalityName)),
    "modality_in_doubt": Fact(lambda read, _: read.modality.in_doubt if read.modality else None),
    "quality": Fact(lambda read, _: read.quality.verdict if read.quality else None, str, get_args(Verdict)),
    "novel": Fact(lambda read, _: _novel(read)),
    "malignancy": Fact(lambda read, _: read.malignancy.probability if read.malignancy else None, float),
    "likeliest": Fact(lambda read, _: read.diagnosis.likeliest if read.diagnosis else None, str, CODES),
    **{f"p_{code}": Fact(_probability(code), float) for code in CODES},
    "abcd_suspicious": Fact(_score("abcd")),
    "seven_point_suspicious": Fact(_score("seven_point")),
    "three_point_suspicious": Fact(_score("three_point")),
    "menzies_suspicious": Fact(_score("menzies")),
    "chaos_suspicious": Fact(_score("chaos")),
    "efg": Fact(lambda _, story: story.efg),
    "rapid_growth": Fact(lambda _, story: story.rapid_growth),
    "ulcerated": Fact(lambda _, story: story.ulcerated),
    "bleeding": Fact(lambda _, story: story.bleeding),
    "changing": Fact(lambda _, story: story.changing),
    "contradicted": Fact(lambda _, story: story.contradicted),
    "ugly_duckling": Fact(lambda _, story: story.ugly_duckling),
    "ng12_suspicious": Fact(lambda _, story: story.ng12_suspicious),
}
"""By name, in the order in which a person would ask for them."""
