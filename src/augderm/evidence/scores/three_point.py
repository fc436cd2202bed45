"""The 3-point checklist (Soyer 2004), read at dermnetnz: from 2 of 3 criteria suspicious."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.domain.scores import ScoreVerdict
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule
from augderm.evidence.scores.seen import Seen

SUSPICIOUS_FROM = 2


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    del values
    return "suspicious" if total >= SUSPICIOUS_FROM else "not_suspicious"


THREE_POINT = ScoreRule(
    name="three_point",
    checklist="three_point",
    title="3-point checklist",
    source="Soyer 2004",
    limits="From 2 of 3 suspicious.",
    unit="points",
    items=(
        ItemRule("asymmetry", "Asymmetry of colour and structure, in one or two axes"),
        ItemRule("atypical_network", "Atypical network"),
        ItemRule("blue_white_structures", "Blue-white structures"),
    ),
    verdict=_verdict,
)


def findings(seen: Seen) -> dict[str, Finding]:
    """What the machine can say; the asymmetry of structures, which the first asks for too, it cannot."""
    found = {
        "asymmetry": seen.colour_asymmetry("Structures were not compared."),
        "atypical_network": seen.criterion("pigment_network")
        or seen.without("pigment_network", unless="whether it is atypical"),
        "blue_white_structures": seen.blue_grey("whether it is such a structure"),
    }
    return {name: finding for name, finding in found.items() if finding}
