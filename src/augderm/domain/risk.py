"""What a published model says of a person's risk, with the factors that make it up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One factor of a model.

    Attributes:
        name: the answer that it comes from, as in `domain.anamnesis`.
        answer: the answer in words.
        relative_risk: 1 where it raises nothing; the model's risk is the product of all.
    """

    name: str
    answer: str
    relative_risk: float


@dataclass(frozen=True, slots=True)
class PersonRisk:
    """The risk of a person, or why a model does not give one.

    Attributes:
        model: "nci_mrat".
        title: in the words of a report.
        source: who published it, and when.
        event: what the risk is of, in words.
        years: within how many.
        probability: 0..1; None where `reason` says why.
        relative_risk: the product of the factors; None likewise.
        factors: every factor of the model; empty likewise.
        reason: why there is no risk, a sentence or more for a person; "" where there is one.
    """

    model: str
    title: str
    source: str
    event: str
    years: int
    probability: float | None
    relative_risk: float | None
    factors: tuple[RiskFactor, ...]
    reason: str
