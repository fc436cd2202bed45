"""The ABCD rule of dermoscopy (Stolz 1994; Nachbar 1994), read at dermoscopedia.

TDS = 1.3 A + 0.1 B + 0.5 C + 0.5 D, from 1.0 to 8.9. Below 4.75 benign, 4.75 to 5.45 suspicious, above
melanoma. Totals are tenths, computed in decimals, so that no rounding decides a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from augderm.analysis.asymmetry import asymmetric_axes
from augderm.analysis.edge import ABRUPT_FROM, NARROW, ends_abruptly
from augderm.domain.assessment import Measures
from augderm.domain.scores import ScoreVerdict
from augderm.evidence.scores.rule import Finding, ItemRule, ScoreRule
from augderm.evidence.scores.seen import Seen

SUSPICIOUS_FROM, SUSPICIOUS_TO = Decimal("4.75"), Decimal("5.45")


def _verdict(total: Decimal, values: Mapping[str, int]) -> ScoreVerdict:
    del values
    if total < SUSPICIOUS_FROM:
        return "benign"
    return "suspicious" if total <= SUSPICIOUS_TO else "melanoma"


ABCD = ScoreRule(
    name="abcd",
    checklist="abcd",
    title="ABCD rule (TDS)",
    source="Stolz 1994; Nachbar 1994",
    limits="1.3 A + 0.1 B + 0.5 C + 0.5 D: below 4.75 benign, to 5.45 suspicious, above it melanoma.",
    unit="points",
    items=(
        ItemRule("asymmetry", "A: asymmetric axes, of 2", Decimal("1.3"), most=2),
        ItemRule("border", "B: abrupt eighths of the border, of 8", Decimal("0.1"), most=8),
        ItemRule("colours", "C: colours, of 6", Decimal("0.5"), least=1, most=6),
        ItemRule("structures", "D: structures, of 5", Decimal("0.5"), least=1, most=5),
    ),
    verdict=_verdict,
)


def findings(seen: Seen) -> dict[str, Finding]:
    """What the machine can say of each item, by name; what it cannot is left out."""
    found = {"structures": _structures(seen)}
    if seen.measures:
        found |= {
            "asymmetry": _asymmetry(seen.measures),
            "border": _border(seen.measures),
            "colours": _colours(seen.measures),
        }
    return {name: finding for name, finding in found.items() if finding}


def _asymmetry(measures: Measures) -> Finding:
    place = "measures.least_asymmetry"
    if measures.touches_frame > 0:
        return Finding(0, 2, "The lesion is cut by the frame: no axes can be placed.", place)
    if measures.least_asymmetry is None:
        return Finding(0, 2, "Too little of the lesion is seen together with its mirror image.", place)
    # Structures are not compared, so that what contour and colour show is the least.
    text = f"{Seen.asymmetry_text(measures.least_asymmetry)} Structures were not compared."
    return Finding(asymmetric_axes(measures.least_asymmetry), 2, text, place)


def _border(measures: Measures) -> Finding:
    eighths = measures.border_eighths
    sharp = [e.sharpness for e in eighths if e.sharpness is not None and (e.contrast or 0) > 0]
    abrupt = sum(map(ends_abruptly, eighths))
    # Beside the true border, which the network misses by about as much as the band is wide, an abrupt end
    # looks soft: so no eighth is ever denied.
    text = (
        f"{abrupt} of {len(eighths)} eighths cross {ABRUPT_FROM:g} or more of their contrast within "
        f"{100 * NARROW:.0f} % of the diameter to either side"
        f"{f'; the sharpest crosses {max(sharp):.2f}' if sharp else ''}."
    )
    if abrupt < len(eighths):
        text += " The border found is not exact enough to deny the others."
    return Finding(abrupt, 8, text, "measures.border_eighths")


def _colours(measures: Measures) -> Finding | None:
    if not measures.colours or not any(colour.present for colour in measures.colours.values()):
        return None
    count = sum(colour.present for colour in measures.colours.values())
    text, cut = Seen.colours_text(measures.colours), measures.touches_frame > 0
    if cut:
        text += " The lesion is cut by the frame: there may be more."
    return Finding(count, 6 if cut else count, text, "measures.colours")


def _structures(seen: Seen) -> Finding | None:
    """Bounds of D: a structure that is there counts one, one that is not takes one away.

    The network knows globules and dots together, of which the rule makes two, and streaks of any kind and
    number, of which the rule counts more than two that branch; structureless areas it does not know.
    """
    names = ("pigment_network", "globules", "streaks")
    texts = [text for text in map(seen.structure_text, names) if text]
    if not texts:
        return None
    there = sum(seen.present(name) is True for name in ("pigment_network", "globules"))
    gone = sum(
        count
        for name, count in (("pigment_network", 1), ("globules", 2), ("streaks", 1))
        if seen.present(name) is False
    )
    text = (
        f"Probability of {', '.join(texts)}. Structureless areas, dots apart from globules, and the number "
        "of branched streaks are not told."
    )
    return Finding(max(1, there), 5 - gone, text, "structures")
