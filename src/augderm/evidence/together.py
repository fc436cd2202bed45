"""Image, age, sex and site together: log-odds of malignancy that add up, each listed with its size.

Age, sex and site were weighed on images that the network had not learned from, as shifts of its calibrated
log-odds (`learn.weigh_history`, docs/explain/together.md). What is unknown adds exactly 0, so that with
nothing told the joined probability is the image's own. What no data lie behind is told beside it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from augderm.domain.anamnesis import QUESTIONS, Anamnesis, Site, contradictions
from augderm.domain.assessment import Assessment, ModelName
from augderm.domain.together import NO_GAIN, Beside, Contribution, Gain, Part, Together

SITE_GROUPS: Mapping[Site, str] = {
    **dict.fromkeys(("scalp", "face", "ear", "neck"), "head_and_neck"),
    **dict.fromkeys(("chest", "abdomen", "back", "trunk"), "trunk"),
    **dict.fromkeys(("upper_extremity", "hand"), "upper_extremity"),
    **dict.fromkeys(("lower_extremity", "foot"), "lower_extremity"),
}
"""Sites with enough images to learn from. Palms, soles, nails, mouth and genitals have too few."""
NOT_BESIDE = ("answered_on", "ancestry", "region", "age_years", "sex", "site")
"""Answers that are not told beside the number: no sign of a malignant lesion, or in the number."""
SMALLEST_PROBABILITY = 1e-9
"""Below it a probability counts as this much: its log-odds must stay finite."""
NOT_ANSWERED = "Not answered; unknown adds nothing."
CONTRADICTED = "Another answer contradicts it; it adds nothing."
NO_DATA = "No data lie behind this answer; it adds nothing."


@dataclass(frozen=True, slots=True)
class Weights:
    """What age, sex and site add to the image's log-odds.

    A part is None where it was weighed and not shown to gain anything.

    Attributes:
        model: the bundle whose log-odds they were fitted on; they say nothing of another's.
        age_years: (age, log-odds) by rising age, straight between and held beyond the first and last.
        sex: log-odds by "female" and "male".
        site: log-odds by group of `SITE_GROUPS`.
        gain: measured on images that nothing was fitted on.

    Raises:
        ValueError: ages do not rise, a group is missing, or a number is not finite.
    """

    model: ModelName
    age_years: tuple[tuple[float, float], ...] | None
    sex: Mapping[str, float] | None
    site: Mapping[str, float] | None
    gain: Gain

    def __post_init__(self) -> None:
        ages = [] if self.age_years is None else [number for point in self.age_years for number in point]
        named = [odds for part in (self.sex, self.site) if part for odds in part.values()]
        if not all(map(math.isfinite, [*ages, *named])):
            raise ValueError("the weights of age, sex and site hold a number that is not finite")
        if self.age_years is not None and (not ages or sorted(set(ages[::2])) != ages[::2]):
            raise ValueError(f"the ages of the weights, {ages[::2]}, do not rise")
        for part, wanted in ((self.sex, {"female", "male"}), (self.site, set(SITE_GROUPS.values()))):
            if part is not None and set(part) != wanted:
                raise ValueError(f"the weights are of {sorted(part)}, not of {sorted(wanted)}")

    def of_age(self, years: float) -> float | None:
        """Log-odds that an age adds; None where age is not weighed."""
        if self.age_years is None:
            return None
        before, *rest = self.age_years
        if years <= before[0]:
            return before[1]
        for after in rest:
            if years <= after[0]:
                share = (years - before[0]) / (after[0] - before[0])
                return before[1] + share * (after[1] - before[1])
            before = after
        return before[1]


def weights_from(entry: Mapping[str, Any]) -> Weights:
    """Weights from the JSON form that `tools/experiments/together.py` writes.

    Raises:
        KeyError, TypeError, ValueError: an entry is missing or out of its range.
    """
    return Weights(
        model=ModelName(**entry["model"]),
        age_years=entry["age_years"] and tuple((float(x), float(y)) for x, y in entry["age_years"]),
        sex=entry["sex"] and {name: float(odds) for name, odds in entry["sex"].items()},
        site=entry["site"] and {name: float(odds) for name, odds in entry["site"].items()},
        gain=_gain(entry["gain"]),
    )


def _gain(entry: Mapping[str, Any]) -> Gain:
    return Gain(
        images=entry["images"],
        malignant=entry["malignant"],
        figures={name: tuple(map(float, figure)) for name, figure in entry["figures"].items()},  # type: ignore[misc]
        by_source={name: _gain(each) for name, each in entry.get("by_source", {}).items()},
    )


@cache
def shipped_weights() -> Weights:
    """The weights that come with the package, `together.json`, for the shipped bundle."""
    return weights_from(json.loads(resources.files("augderm.evidence").joinpath("together.json").read_text()))


def join(assessment: Assessment, anamnesis: Anamnesis, weights: Weights | None = None) -> Together:
    """Image, age, sex and site together, or in `reason` why not.

    Args:
        assessment: of one image, or joined of several photographs.
        anamnesis: of the same lesion. Answers that contradict others count as unknown.
        weights: the shipped ones where None.
    """
    weights = weights or shipped_weights()
    beside = tuple(
        Beside(name, _in_words(name, answer))
        for part in (anamnesis.person, anamnesis.lesion)
        for name in QUESTIONS
        if name not in NOT_BESIDE and (answer := getattr(part, name, None)) is not None
    )
    reason = _why_not(assessment, weights)
    if reason or assessment.malignancy is None:
        return Together(None, (), beside, None, reason)
    parts = (
        Contribution("image", "", _log_odds(assessment.malignancy.probability)),
        *_told(anamnesis, weights),
    )
    return Together(_probability(sum(part.log_odds for part in parts)), parts, beside, weights.gain)


def _why_not(assessment: Assessment, weights: Weights) -> str:
    if assessment.malignancy is None:
        return "The image itself has no probability of malignancy."
    if assessment.modality is None or assessment.modality.name != "dermoscopic":
        return "Age, sex and site were weighed for dermoscopic images alone; this is another photograph."
    if assessment.modality.in_doubt:
        return "Age, sex and site were weighed for dermoscopic images alone; whether this is one is in doubt."
    if assessment.model.sha256 != weights.model.sha256:
        return (
            f"Age, sex and site were weighed for {weights.model.name} {weights.model.version} "
            f"({weights.model.sha256[:12]}), and {assessment.model.name} {assessment.model.version} "
            f"({assessment.model.sha256[:12]}) read the image; weigh them anew for it."
        )
    return ""


def _told(anamnesis: Anamnesis, weights: Weights) -> tuple[Contribution, ...]:
    person, site = anamnesis.person, anamnesis.lesion.site
    doubtful = {name for found in contradictions(anamnesis) for name in found.answers}
    age = None if person.age_years is None else weights.of_age(person.age_years)
    return (
        _contribution("age_years", person.age_years, weights.age_years is not None, age, doubtful),
        _contribution("sex", person.sex, *_looked_up(weights.sex, person.sex), doubtful),
        _contribution(
            "site", site, *_looked_up(weights.site, SITE_GROUPS.get(site) if site else None), doubtful
        ),
    )


def _looked_up(weights: Mapping[str, float] | None, answer: str | None) -> tuple[bool, float | None]:
    """Whether it was weighed, and what the answer adds; None without data."""
    return weights is not None, (weights or {}).get(answer or "")


def _contribution(
    name: Part, answer: object, weighed: bool, log_odds: float | None, doubtful: set[str]
) -> Contribution:
    if answer is None:
        return Contribution(name, "", 0.0, NOT_ANSWERED)
    if not weighed:
        reason = NO_GAIN
    elif name in doubtful:
        reason = CONTRADICTED
    elif log_odds is None:
        reason = NO_DATA
    else:
        return Contribution(name, _in_words(name, answer), log_odds)
    return Contribution(name, _in_words(name, answer), 0.0, reason)


def _in_words(name: str, answer: object) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, int | float):
        return f"{answer:g}"
    return str(answer).replace("_", " ") if QUESTIONS[name].kind == "choice" else str(answer)


def _log_odds(probability: float) -> float:
    held = min(max(probability, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY)
    return math.log(held / (1 - held))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds)) if log_odds >= 0 else math.exp(log_odds) / (1 + math.exp(log_odds))
