"""What the machine says of the lesions of a body region at two visits: the same, new, missing, not judged.

The outer names are fixed (schema `augderm.overview/1`); `formats.overview_json` writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from augderm.domain.capture import Capture

OVERVIEW_SCHEMA = "augderm.overview/1"
NOT_VALIDATED = (
    "Not validated on photographs of patients: it was made and measured on synthetic overviews only. Look at "
    "the whole skin yourself; what is not listed here may still be new."
)

SizeVerdict = Literal["larger", "smaller", "within", "not_determined"]
Unjudged = Literal[
    "outside", "at_edge", "covered", "place_unsure", "too_small", "too_faint", "something_there"
]
REASONS: dict[Unjudged, str] = {
    "outside": "Outside the other photograph's field.",
    "at_edge": "Too near the edge of the other photograph.",
    "covered": "Its place is covered in the other photograph, or no bare skin there.",
    "place_unsure": "Too few lesions around it agree to say where it would lie in the other photograph.",
    "too_small": "Too small for the other photograph's resolution.",
    "too_faint": "Too faint to say that it is not in the other photograph.",
    "something_there": "Something dark lies at its place in the other photograph, and is not clear enough.",
}
"""Why a lesion without a partner is neither new nor missing."""


@dataclass(frozen=True, slots=True)
class SkinLesion:
    """A pigmented lesion on an overview.

    Attributes:
        x_px, y_px: its centre in the unreduced upright photograph, where pixel (0, 0) spans 0..1.
        diameter_px: of the disc of the same area, likewise.
        contrast: melanin over the skin around it, as mean optical density of red, green and blue.
        listed: whether it is dark, large and whole enough to be listed by itself; the others appear only
            as partners of listed ones.
    """

    x_px: float
    y_px: float
    diameter_px: float
    contrast: float
    listed: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """One photograph of a body region.

    Attributes:
        image: its name.
        sha256: of the file's bytes, or of the pixels where there was no file.
        width_px, height_px: unreduced and upright.
        capture: how it was taken, where that is known.
        skin_share: share of the frame that is bare skin.
        lesions: the pigmented ones, darkest first.
        notes: what decoding had to do, each a sentence.
        pixels: (h, w, 3) uint8 sRGB, the picture that was searched; never part of the JSON.
    """

    image: str
    sha256: str | None
    width_px: int
    height_px: int
    capture: Capture | None
    skin_share: float
    lesions: tuple[SkinLesion, ...]
    notes: tuple[str, ...] = ()
    pixels: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

    @property
    def listed(self) -> int:
        """How many lesions are listed."""
        return sum(lesion.listed for lesion in self.lesions)


@dataclass(frozen=True, slots=True)
class SameLesion:
    """A lesion that both photographs show.

    Attributes:
        baseline, follow_up: its places in the lists of lesions.
        distance_px: between where it was expected and where it lies, in pixels of the baseline.
        size_ratio: diameter at the follow-up over that at the baseline, both at the baseline's scale; None
            where it is too faint or too small in one of them.
        size_limit: growth that photographing anew explains, as a ratio above 1; shrinking, one over it.
        size: "larger" or "smaller" beyond the limit; "not_determined" without a ratio, or, with one, where
            the lesions are too few to tell the change from a shift of all.
        others_near: whether another lesion lies within reach too, so that which is which is less sure.
    """

    baseline: int
    follow_up: int
    distance_px: float
    size_ratio: float | None
    size_limit: float | None
    size: SizeVerdict
    others_near: bool


@dataclass(frozen=True, slots=True)
class LoneLesion:
    """A lesion that only one photograph shows.

    Attributes:
        lesion: its place in that photograph's list.
        expected_px: x and y where it would lie in the other photograph, unreduced.
        reach_px: how far from there it was looked for.
        unjudged: why it is neither new nor missing; None where it is.
    """

    lesion: int
    expected_px: tuple[float, float]
    reach_px: float
    unjudged: Unjudged | None


@dataclass(frozen=True, slots=True)
class OverviewRegistration:
    """How the photographs lie on each other.

    Attributes:
        points: lesions that agree.
        share: of those in the common field.
        residual_px: standard deviation per coordinate of lesions that the map was not fitted to, in pixels
            of the unreduced baseline.
        scale: unreduced pixels of the baseline per pixel of the follow-up, in the middle.
        turn_deg: of the follow-up's content on the baseline, from x towards y, -180..180.
        log10_chance: decadic logarithm of how many agreements as good are expected of lesions at random.
    """

    points: int
    share: float
    residual_px: float
    scale: float
    turn_deg: float
    log10_chance: float


@dataclass(frozen=True, slots=True)
class OverviewComparison:
    """Two overviews of one body region.

    Attributes:
        baseline, follow_up: the photographs.
        reason: why they were not compared, a sentence for a person; "" where they were. Without
            registration nothing is the same, new or missing.
        days: between them; None where a date is not known.
        registration: None where they were not compared.
        same: lesions in both, in the baseline's order.
        baseline_only, follow_up_only: lesions in one of them.
        repeatability: where the limits of size come from, a sentence.
        notes: what must be known to read it, each a sentence.
    """

    baseline: Overview
    follow_up: Overview
    reason: str
    days: int | None
    registration: OverviewRegistration | None
    same: tuple[SameLesion, ...]
    baseline_only: tuple[LoneLesion, ...]
    follow_up_only: tuple[LoneLesion, ...]
    repeatability: str
    notes: tuple[str, ...] = ()

    @property
    def new(self) -> tuple[LoneLesion, ...]:
        """Of the follow-up, where the baseline shows bare skin."""
        return tuple(each for each in self.follow_up_only if each.unjudged is None)

    @property
    def missing(self) -> tuple[LoneLesion, ...]:
        """Of the baseline, where the follow-up shows bare skin."""
        return tuple(each for each in self.baseline_only if each.unjudged is None)

    @property
    def resized(self) -> tuple[SameLesion, ...]:
        """Larger or smaller beyond the limit."""
        return tuple(each for each in self.same if each.size in ("larger", "smaller"))
