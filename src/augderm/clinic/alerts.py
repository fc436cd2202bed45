"""A quiet alert where reader and machine contradict each other: after the reader has committed, and once more
where the decision to be signed is another one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from augderm.domain.advice import BANDS
from augderm.domain.taxonomy import codes_behaving
from augderm.evidence.advice import Policy
from augderm.formats.stored_read import kind_in_doubt

AlertKind = Literal["machine_malignant", "machine_benign"]
LOW_UNTIL = "monitor_3"
"""A probability that fires no rule of this band or a graver one is low to the policy (the shipped one: below
0.03, which 98 % of malignant lesions reached; docs/explain/advice.md)."""

PROMPT = BANDS[: BANDS.index("soon") + 1]
"""Managements that bring a malignant lesion to a person in time, whatever it was called."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is said to the reader.

    Attributes:
        kind: "machine_malignant": the machine is sure that it is malignant, and the reader says benign or
            wants something milder than "soon"; "machine_benign": the reader says malignant, the machine not.
        diagnosis, management: the reader's, that the machine contradicts.
        probability: of malignancy, 0..1, by the machine.
        limit: of the policy, that it reaches or stays below.
        origin: who chose that limit, and on what.
    """

    kind: AlertKind
    diagnosis: str
    management: str
    probability: float
    limit: float
    origin: str

    @property
    def told(self) -> str:
        """What a reader knows who was shown it: of another decision, or of another probability, it tells
        something else.
        """
        return f"{self.kind} {self.diagnosis} {self.management} {self.probability:.4f}"


def alert_of(
    diagnosis: str, management: str, reads: Collection[Mapping[str, Any] | None], policy: Policy
) -> Alert | None:
    """The alert, if there is reason for one.

    Where a photograph reaches what the policy calls urgent, the reader is told who wants something milder
    than "soon", whatever the diagnosis (of a sure melanoma that is sent home, too), and the reader who says
    benign, unless the patient is to be seen urgently anyway. The reader who says malignant is told only where
    nothing limits the machine: every photograph read, through a dermatoscope, and like those it learned from.

    Args:
        diagnosis, management: the reader's own, see `clinic.reads`.
        reads: `augderm.assessment/1` of each photograph of the case; None where there is none yet.
        policy: whose limits count; it gives no alert where it has no limit of that kind.
    """
    known = [read["malignancy"]["probability"] for read in reads if read and read["malignancy"]]
    if not known:
        return None
    highest = max(known)
    hasty = management not in PROMPT
    if hasty or (diagnosis in codes_behaving("benign") and management != BANDS[0]):
        found = _limit(policy, BANDS[0])
        if found and highest >= found[0]:
            return Alert("machine_malignant", diagnosis, management, highest, *found)
    if diagnosis in codes_behaving("malignant") and all(map(_sure, reads)):
        found = _limit(policy, LOW_UNTIL)
        if found and highest < found[0]:
            return Alert("machine_benign", diagnosis, management, highest, *found)
    return None


def _limit(policy: Policy, mildest: str) -> tuple[float, str] | None:
    """The least probability of malignancy that asks for this band or a graver one, and its origin."""
    graver = BANDS[: [*BANDS].index(mildest) + 1]  # type: ignore[arg-type]
    limits = [
        (float(rule.limit), rule.origin)
        for rule in policy.rules
        if rule.fact == "malignancy" and rule.comparison == "at_least" and rule.band in graver
    ]
    return min(limits, default=None)


def _sure(read: Mapping[str, Any] | None) -> bool:
    """Whether nothing limits what the machine says of a photograph."""
    if not read or read["status"] != "ok" or not read["malignancy"] or not read["advice"]:
        return False
    unlike = any(rule["fact"] == "novel" for rule in read["advice"]["rules"])
    return bool(read["modality"]["name"] == "dermoscopic" and not kind_in_doubt(read) and not unlike)
