"""The Menzies method: melanoma where both negative features are absent and a positive one is present.

The rule was read; the list of the positive features, what counts as a colour (white does not), and that
symmetry of pattern is one of pigmentation are from memory: verify them against Menzies' paper before they
carry weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.analysis.asymmetry import ASYMMETRIC_COLOUR
from augderm.domain.scores import ScoreVerdict
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule
from augderm.evidence.scores.seen import Seen

NEGATIVES = ("symmetry_of_pattern", "single_colour")
MANY_COLOURS = 5
NOTHING = Decimal(0)


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    reassured = any(values[name] for name in NEGATIVES)
    return "melanoma" if total >= 1 and not reassured else "not_melanoma"


MENZIES = ScoreRule(
    name="menzies",
    checklist="menzies",
    title="Menzies method",
    source="Menzies; its positive features from memory, not verified",
    limits="Melanoma where both negative features are absent and at least one positive is present.",
    unit="positive features",
    items=(
        ItemRule("symmetry_of_pattern", "Negative: symmetry of pattern", NOTHING, reassuring=True),
        ItemRule("single_colour", "Negative: a single colour", NOTHING, reassuring=True),
        ItemRule("blue_white_veil", "Blue-white veil"),
        ItemRule("multiple_brown_dots", "Multiple brown dots"),
        ItemRule("pseudopods", "Pseudopods"),
        ItemRule("radial_streaming", "Radial streaming"),
        ItemRule("scar_like_depigmentation", "Scar-like depigmentation"),
        ItemRule("peripheral_black_dots_globules", "Peripheral black dots or globules"),
        ItemRule("many_colours", "5 or 6 colours"),
        ItemRule("multiple_blue_grey_dots", "Multiple blue or grey dots"),
        ItemRule("broadened_network", "Broadened network"),
    ),
    verdict=_verdict,
)


def findings(seen: Seen) -> dict[str, Finding]:
    """What the machine can say: colours, asymmetry of pigmentation, and structures that are absent."""
    found = {
        "symmetry_of_pattern": _symmetry(seen),
        **_colours(seen),
        "blue_white_veil": seen.blue_grey("whether it is a veil"),
        "multiple_brown_dots": seen.without("globules", unless="their colour and number"),
        "pseudopods": seen.without("streaks", unless="of which kind"),
        "radial_streaming": seen.without("streaks", unless="of which kind"),
        "peripheral_black_dots_globules": seen.without("globules", unless="their colour and place"),
        "broadened_network": seen.without("pigment_network", unless="whether it is broadened"),
    }
    return {name: finding for name, finding in found.items() if finding}


def _symmetry(seen: Seen) -> Finding | None:
    finding = seen.colour_asymmetry("Structures were not compared.")
    least = seen.whole.least_asymmetry if seen.whole else None
    if finding is None or least is None:
        return None
    asymmetric = max(least.colour) >= ASYMMETRIC_COLOUR
    return Finding(0, 0 if asymmetric else 1, finding.evidence, finding.measure)


def _colours(seen: Seen) -> dict[str, Finding]:
    """Bounds by the colours of Menzies: blue and grey, one colour of ours, are two of his; white is none."""
    if seen.measures is None or not seen.measures.colours:
        return {}
    present = {name for name, colour in seen.measures.colours.items() if colour.present} - {"white"}
    if not present:
        return {}
    fewest, most = len(present), len(present) + ("blue_grey" in present)
    if seen.whole is None:
        most = 6
    text = (
        f"{Seen.colours_text(seen.measures.colours)} White does not count; blue and grey count as one or two."
    )
    place = "measures.colours"
    return {
        "single_colour": Finding(int(most == 1), int(fewest == 1), text, place),
        "many_colours": Finding(int(fewest >= MANY_COLOURS), int(most >= MANY_COLOURS), text, place),
    }
