"""EFG: elevated, firm and growing. All three: excise without delay, whatever the scores say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.domain.scores import ScoreVerdict
from augderm.evidence.lesion_story.told import Told
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    del total
    return "suspicious" if all(values.values()) else "not_suspicious"


EFG = ScoreRule(
    name="efg",
    checklist="efg",
    title="EFG (elevated, firm, growing)",
    source="the EFG rule for nodular melanoma, as the project's clinical reference gives it",
    limits="All three: excise without delay, whatever the scores say. That they are not excludes nothing.",
    unit="of 3",
    items=(
        ItemRule("elevated", "Elevated"),
        ItemRule("firm", "Firm"),
        ItemRule("growing", "Growing"),
    ),
    verdict=_verdict,
)


def findings(told: Told) -> dict[str, Finding]:
    """What was told of each."""
    growth, size = told.lesion.growth, told.lesion.change_in_size
    # What has not changed in size does not grow; what has may have shrunk.
    growing = growth != "none" if growth is not None else (False if size is False else None)
    return {
        "elevated": told.yes_no("elevated"),
        "firm": told.yes_no("firm"),
        "growing": told.finding(growing, ("growth", "change_in_size")),
    }
