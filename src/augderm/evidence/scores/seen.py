"""What of an assessment the scores build on, in words with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from augderm.analysis.asymmetry import ASYMMETRIC_COLOUR, ASYMMETRIC_SHAPE
from augderm.analysis.color import PRESENT_SHARE
from augderm.domain.assessment import ColourShare, LeastAsymmetry, Measures
from augderm.domain.taxonomy import CHECKLIST
from augderm.evidence.scores.rule import Finding

PRESENT_FROM = 0.9
"""Calibrated probability from which a structure counts as present: nine times in ten it is."""
ABSENT_UP_TO = 0.1
"""And up to which it counts as absent. Between the two the network settles nothing."""
STRUCTURE_NAMES = {
    "pigment_network": "pigment network",
    "globules": "globules or dots",
    "streaks": "streaks",
}
CRITERION_NAMES = {name: name.replace("_", " ") for name in CHECKLIST} | {
    "blue_whitish_veil": "blue-whitish veil"
}
COLOUR_NAMES = {name: name.replace("_", " ") for name in ("white", "red", "light_brown", "dark_brown")} | {
    "blue_grey": "blue-grey",
    "black": "black",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The lesion's measures, None where none was found, the structures' probabilities by name, and those of
    the 7-point checklist's categories by criterion, None or absent where the network does not tell them.
    """

    measures: Measures | None
    structures: Mapping[str, float | None] = field(default_factory=dict)
    checklist: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)

    @property
    def whole(self) -> Measures | None:
        """The measures of a lesion that lies within the frame: of a cut one the rest is unknown."""
        return self.measures if self.measures and self.measures.touches_frame == 0 else None

    def present(self, structure: str) -> bool | None:
        """Whether a structure is there; None where the network does not say, or is not sure enough."""
        probability = self.structures.get(structure)
        if probability is None or ABSENT_UP_TO < probability < PRESENT_FROM:
            return None
        return probability >= PRESENT_FROM

    def structure_text(self, structure: str) -> str:
        """Such as "pigment network 0.95 (present)"; "" where the network does not say."""
        probability = self.structures.get(structure)
        if probability is None:
            return ""
        word = {True: "present", False: "absent", None: "not settled"}[self.present(structure)]
        return f"{STRUCTURE_NAMES[structure]} {_probability(probability)} ({word})"

    def without(self, *structures: str, unless: str) -> Finding | None:
        """A criterion that cannot be there where none of the structures is; it stays open otherwise.

        Args:
            structures: without all of which the criterion is absent.
            unless: what the network does not tell of a structure that is there, such as "typical or not".
        """
        texts = [self.structure_text(structure) for structure in structures]
        if not all(texts):
            return None
        absent = all(self.present(structure) is False for structure in structures)
        return Finding(
            0,
            0 if absent else 1,
            f"Probability of {', '.join(texts)}{'' if absent else f'; the network does not tell {unless}'}.",
            f"structures.{structures[0]}" if len(structures) == 1 else "structures",
        )

    def criterion(self, name: str) -> Finding | None:
        """Whether the likeliest category of a criterion is the one that scores; None where it is not told."""
        probabilities = self.checklist.get(name)
        if not probabilities:
            return None
        ordered = sorted(probabilities, key=lambda category: -probabilities[category])
        told = [f"{category} {_probability(probabilities[category])}" for category in ordered]
        scores = int(ordered[0] == CHECKLIST[name][-1])
        words = CRITERION_NAMES[name]
        text = f"{words[0].upper()}{words[1:]}, likeliest first: {', '.join(told)}."
        return Finding(scores, scores, text, f"checklist.{name}")

    def blue_grey(self, question: str) -> Finding | None:
        """The share of blue-grey, which settles no criterion by itself, and what it leaves open."""
        if self.measures is None or not self.measures.colours:
            return None
        share = self.measures.colours["blue_grey"].share
        text = f"Blue-grey takes {share_text(share)} of the area; {question} is not told."
        return Finding(0, 1, text, "measures.colours.blue_grey")

    def colour_asymmetry(self, rest: str) -> Finding | None:
        """The colour asymmetry, which alone settles no criterion that also asks for structures."""
        if self.whole is None or self.whole.least_asymmetry is None:
            return None
        text = f"{self.asymmetry_text(self.whole.least_asymmetry)} {rest}"
        return Finding(0, 1, text, "measures.least_asymmetry")

    @staticmethod
    def asymmetry_text(least: LeastAsymmetry) -> str:
        """Contour and colour about the axes of least asymmetry, with what counts as asymmetric."""
        other = least.angle_deg + (90 if least.angle_deg < 0 else -90)
        axes = f"{least.angle_deg:.0f}° and {other:.0f}°".replace("-", "\u2212")
        shape, colour = map(share_text, least.shape), (f"{100 * value:.1f}" for value in least.colour)
        return (
            f"About axes at {axes}: contour {' and '.join(shape)} outside its mirror image (asymmetric from "
            f"{100 * ASYMMETRIC_SHAPE:.0f} %), colour {' and '.join(colour)} ΔE*ab from it (from "
            f"{100 * ASYMMETRIC_COLOUR:.0f})."
        )

    @staticmethod
    def colours_text(colours: Mapping[str, ColourShare]) -> str:
        """The colours that are present, with their shares, largest first."""
        found = sorted(colours.items(), key=lambda entry: -entry[1].share)
        shown = [
            f"{COLOUR_NAMES[name]} {share_text(colour.share)}" for name, colour in found if colour.present
        ]
        listed = ", ".join(shown) or "none"
        return f"{listed[0].upper()}{listed[1:]} of the area (present from {100 * PRESENT_SHARE:.0f} %)."


def share_text(share: float) -> str:
    """A share of 0..1 in per cent, whole from 10 on."""
    return f"{100 * share:.{0 if share >= 0.0995 else 1}f} %"


def _probability(value: float) -> str:
    # Never rounded to certainty.
    if value < 0.01:
        return "< 0.01"
    return "> 0.99" if value > 0.99 else f"{value:.2f}"
