"""The 7-point checklist: 1998 (Argenziano 1998) and revised (2011), read at dermoscopy.org, dermoscopedia.

1998: two points for each major criterion, one for each minor; from 3 suspicious. Revised: one point for
every criterion; from 1 suspicious.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from augderm.domain.scores import ScoreVerdict
from augderm.domain.taxonomy import CHECKLIST
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule
from augderm.evidence.scores.seen import Seen

SUSPICIOUS_FROM, SUSPICIOUS_FROM_REVISED = 3, 1
MAJOR = Decimal(2)


def _from(points: int) -> Callable[[Decimal, Mapping[str, int]], ScoreVerdict]:
    def verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
        del values
        return "suspicious" if total >= points else "not_suspicious"

    return verdict


SEVEN_POINT = ScoreRule(
    name="seven_point",
    checklist="seven_point",
    title="7-point checklist (1998)",
    source="Argenziano 1998",
    limits="Major criteria 2 points, minor 1: from 3 suspicious.",
    unit="points",
    items=(
        ItemRule("atypical_network", "Atypical pigment network (major)", MAJOR),
        ItemRule("blue_whitish_veil", "Blue-whitish veil (major)", MAJOR),
        ItemRule("atypical_vascular_pattern", "Atypical vascular pattern (major)", MAJOR),
        ItemRule("irregular_streaks", "Irregular streaks"),
        ItemRule("irregular_dots_globules", "Irregular dots or globules"),
        ItemRule("irregular_blotches", "Irregular blotches"),
        ItemRule("regression_structures", "Regression structures"),
    ),
    verdict=_from(SUSPICIOUS_FROM),
)
SEVEN_POINT_REVISED = replace(
    SEVEN_POINT,
    name="seven_point_revised",
    title="7-point checklist (revised 2011)",
    source="revised 2011",
    limits="Every criterion 1 point: from 1 suspicious.",
    items=tuple(replace(item, weight=Decimal(1)) for item in SEVEN_POINT.items),
    verdict=_from(SUSPICIOUS_FROM_REVISED),
)
CRITERION_OF: Mapping[str, str] = {
    "atypical_network": "pigment_network",
    "blue_whitish_veil": "blue_whitish_veil",
    "atypical_vascular_pattern": "vascular_structures",
    "irregular_streaks": "streaks",
    "irregular_dots_globules": "dots_and_globules",
    "irregular_blotches": "pigmentation",
    "regression_structures": "regression_structures",
}
"""The criterion of `taxonomy.CHECKLIST` that each item asks of; its last category is the item's presence."""


def points(categories: Mapping[str, str], rule: ScoreRule = SEVEN_POINT) -> int:
    """The sum of the points of some categories, by criterion; a criterion that is not named gives none."""
    return int(
        sum(
            item.weight
            for item in rule.items
            if categories.get(CRITERION_OF[item.name]) == CHECKLIST[CRITERION_OF[item.name]][-1]
        )
    )


def findings(seen: Seen) -> dict[str, Finding]:
    """What the machine can say: the criteria that its network tells by themselves (`Seen.criterion`), of the
    others that one is absent, where its structure is.
    """
    found = {
        "atypical_network": seen.without("pigment_network", unless="whether it is atypical"),
        "blue_whitish_veil": seen.blue_grey("whether it is a veil"),
        "irregular_streaks": seen.without("streaks", unless="whether they are irregular"),
        "irregular_dots_globules": seen.without("globules", unless="whether they are irregular"),
    }
    found |= {name: told for name, of in CRITERION_OF.items() if (told := seen.criterion(of))}
    return {name: finding for name, finding in found.items() if finding}
