"""Chaos and clues, read at dermnetnz: chaos with at least one clue is suspicious.

Chaos is asymmetry of structure or colour with two patterns or more.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.domain.scores import ScoreVerdict
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule
from augderm.evidence.scores.seen import Seen


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    return "suspicious" if values["chaos"] and total >= 1 else "not_suspicious"


CHAOS = ScoreRule(
    name="chaos",
    checklist="chaos",
    title="Chaos and clues",
    source="as DermNet gives it",
    limits="Chaos and at least one clue: suspicious.",
    unit="clues",
    items=(
        ItemRule("chaos", "Chaos: asymmetry of structure or colour, two patterns or more", Decimal(0)),
        ItemRule("eccentric_structureless_area", "Eccentric structureless area"),
        ItemRule("thick_lines", "Thick lines, reticular or branched"),
        ItemRule("grey_or_blue_structures", "Grey or blue structures"),
        ItemRule("peripheral_black_dots_clods", "Peripheral black dots or clods"),
        ItemRule("segmental_radial_lines_pseudopods", "Segmental radial lines or pseudopods"),
        ItemRule("white_lines", "White lines"),
        ItemRule("polymorphous_vessels", "Polymorphous vessels"),
        ItemRule("large_polygons", "Large polygons"),
        ItemRule("parallel_ridge_lines", "Parallel ridge lines (palms, soles)"),
    ),
    verdict=_verdict,
)


def findings(seen: Seen) -> dict[str, Finding]:
    """What the machine can say: that clues are absent, where their structures are. It counts no patterns."""
    found = {
        "chaos": seen.colour_asymmetry("Patterns were not counted."),
        "thick_lines": seen.without("pigment_network", "streaks", unless="how thick the lines are"),
        "grey_or_blue_structures": seen.blue_grey("whether it is a structure"),
        "peripheral_black_dots_clods": seen.without("globules", unless="their colour and place"),
        "segmental_radial_lines_pseudopods": seen.without("streaks", unless="where they are"),
    }
    return {name: finding for name, finding in found.items() if finding}
