"""What the machine says of one lesion over several visits: what changed, and what may be noise.

The outer names are fixed (schema `augderm.comparison/1`); `formats.comparison_json` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augderm.domain.advice import Advice
from augderm.domain.assessment import Assessment

COMPARISON_SCHEMA = "augderm.comparison/1"

ChangeGroup = Literal["size", "asymmetry", "colour", "structure", "probability"]
ChangeKind = Literal["ratio", "difference", "log_odds"]
ChangeVerdict = Literal["changed", "within_repeatability", "not_determined"]
SizeScale = Literal["registration", "millimetres"]


@dataclass(frozen=True, slots=True)
class Registration:
    """How the follow-up lies on the baseline.

    Attributes:
        matrix: rows of the (3, 3) homography from the follow-up to the baseline, x and y in pixels of the
            unreduced upright images, where pixel (0, 0) spans 0..1.
        turn_deg: of the follow-up's content on the baseline, from x towards y, -180..180.
        scale: pixels of the baseline per pixel of the follow-up, at the lesion.
        tilt: greatest over least scale along the lesion's outline; 1 without perspective.
        error_px: estimated error over the lesion, in pixels of the picture that was analysed.
        points: how many points of the skin agree.
        skin_points: how many of them lie off the lesion.
        on_skin: whether the skin around alone carries it; else the lesion's own growth may be in its scale.
    """

    matrix: tuple[tuple[float, float, float], ...]
    turn_deg: float
    scale: float
    tilt: float
    error_px: float
    points: int
    skin_points: int
    on_skin: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity at two visits.

    Attributes:
        name: "area", "long_axis", "colour_white", "structure_streaks" and the like.
        group: what it belongs to.
        kind: "ratio": `change` is follow-up over baseline, less 1; "difference": follow-up less baseline;
            "log_odds": likewise of the logarithms of the odds, while the values are probabilities.
        unit: of the values: "px2", "px" (of the baseline's unreduced image), "mm2", "mm", "share", "delta_e"
            or "probability".
        baseline, follow_up: None where one of them is not known.
        change: None where not determined.
        limit: greatest change either way that re-photographing alone explains; see
            `analysis.followup.repeatability`. A ratio may shrink to 1 / (1 + limit).
        verdict: "changed" beyond the limit.
        reason: why it was not determined, a sentence for a person; "" where it was.
    """

    name: str
    group: ChangeGroup
    kind: ChangeKind
    unit: str
    baseline: float | None
    follow_up: float | None
    change: float | None
    limit: float
    verdict: ChangeVerdict
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedPictures:
    """The arrays behind a comparison, all in the frame of the baseline's `Pictures`; never part of its JSON.

    Attributes:
        pixels: (h, w, 3) uint8, the follow-up laid onto the baseline, its light aligned; the baseline itself
            where the follow-up shows nothing.
        covered: (h, w) bool, where the follow-up shows anything.
        difference: (h, w) float32, colour difference (Delta E*ab) to the baseline, nan where not covered.
        outline, baseline_outline: (n, 2) both borders, drawn by one rule, x and y.
    """

    pixels: NDArray[np.uint8]
    covered: NDArray[np.bool_]
    difference: NDArray[np.float32]
    outline: NDArray[np.float64]
    baseline_outline: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One later photograph beside the baseline.

    Attributes:
        assessment: its own read; its advice knows of the change too, and is `advice`.
        reason: why it was not compared, a sentence for a person; "" where it was.
        days: from the baseline to it; None where either date is not known.
        registration: None where it was not compared.
        size_scale: what area and diameter are compared by: the registration on the skin around, or the
            millimetres of both; None where neither is known, and sizes are then not determined.
        light: factors on red, green and blue (linear light) that gave its skin the baseline's colour; None
            where too little skin is in view, and colours are then not determined.
        changes: every quantity; empty where it was not compared.
        notes: what must be known to read them, each a sentence.
        advice: what follows from its read together with the change that was measured, and when the lesion is
            to be looked at again; None where no policy was asked.
    """

    assessment: Assessment
    reason: str = ""
    days: int | None = None
    registration: Registration | None = None
    size_scale: SizeScale | None = None
    light: tuple[float, float, float] | None = None
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    advice: Advice | None = None
    pictures: ComparedPictures | None = field(default=None, repr=False, compare=False)

    @property
    def left_open(self) -> tuple[Change, ...]:
        """Of what neither change nor its absence can be said."""
        return tuple(change for change in self.changes if change.verdict == "not_determined")

    @property
    def changed(self) -> tuple[Change, ...]:
        """What changed beyond the repeatability."""
        return tuple(change for change in self.changes if change.verdict == "changed")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A lesion over its visits.

    Attributes:
        baseline: the read of the first photograph.
        follow_ups: in the order of their dates where all are known, else as given.
        repeatability: where the limits come from, a sentence.
        notes: what was found amiss with the whole, each a sentence.
    """

    baseline: Assessment
    follow_ups: tuple[FollowUp, ...]
    repeatability: str
    notes: tuple[str, ...] = ()
