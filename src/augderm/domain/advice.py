"""What is proposed to the dermatologist for one lesion, with every rule that led there.

No band closes a case: each asks for a person's decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from augderm.domain.recall import Recall

Band = Literal["urgent", "soon", "monitor_3", "monitor_6", "monitor_12", "reassure"]
BANDS: tuple[Band, ...] = get_args(Band)
"""From the most severe to the mildest. The numbers are months until the next photograph."""
RECALL_MONTHS: dict[Band, int] = {"monitor_3": 3, "monitor_6": 6, "monitor_12": 12}

Comparison = Literal["is", "at_least", "above", "below"]
FactValue = bool | float | str


@dataclass(frozen=True, slots=True)
class FiredRule:
    """One rule that applies to the case.

    Attributes:
        name: in its policy.
        band: what it asks for.
        red_flag: it overrules whatever speaks for a milder band.
        fact: what was compared, a name in `evidence.advice.facts.FACTS`.
        value: what was found.
        comparison: how value and limit stand to each other.
        limit: the policy's.
        decides: whether its band is the advice's; a milder one is overruled.
        sentence: what it means, for a person.
        origin: who chose the limit, and on what.
    """

    name: str
    band: Band
    red_flag: bool
    fact: str
    value: FactValue
    comparison: Comparison
    limit: FactValue
    decides: bool
    sentence: str
    origin: str


@dataclass(frozen=True, slots=True)
class PolicyName:
    """Which policy spoke; sha256 is that of its text."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What is proposed, and why.

    Attributes:
        band: the most severe of the rules that fired.
        action: what it proposes, a sentence for a person; it always asks for that person's decision.
        rules: all that fired, red flags first, then the more severe first. Empty where none did: the band is
            then the policy's `otherwise`.
        unknown: facts that rules ask for and nobody knows; none of them was taken as "no".
        policy: whose rules these are.
        recall: when the lesion is to be looked at again; None where the band asks for no control.
    """

    band: Band
    action: str
    rules: tuple[FiredRule, ...]
    unknown: tuple[str, ...]
    policy: PolicyName
    recall: Recall | None
