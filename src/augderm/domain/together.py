"""What an image and the patient's age, sex and site say together, each part with its size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Part = Literal["image", "age_years", "sex", "site"]
Figure = Literal["auc", "log_loss", "brier", "ece"]
NO_GAIN = "Weighed beside the rest, and not shown to gain anything; it adds nothing."
"""The reason of a part that was left out, so that no gain was measured of it."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a sum of log-odds.

    Attributes:
        name: "image", or the answer that it comes from, as in `domain.anamnesis`.
        answer: the answer in words; "" where it is unknown, and of the image.
        log_odds: natural logarithm of the odds that it adds; 0 where `reason` says why.
        reason: why it adds nothing, a sentence for a person; "" where it was added.
    """

    name: Part
    answer: str
    log_odds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """An answer that no data lie behind: told beside the number, never mixed into it."""

    name: str
    answer: str


@dataclass(frozen=True, slots=True)
class Gain:
    """What joining gained over the image alone, on images that nothing was fitted on.

    Attributes:
        images, malignant: how many.
        figures: by name how much better, with its 95 % interval (value, low, high); above 0 is a gain, so of
            log loss, Brier score and calibration error it is by how much they fell.
        by_source: the same within each collection of images, by its name.
    """

    images: int
    malignant: int
    figures: Mapping[Figure, tuple[float, float, float]]
    by_source: Mapping[str, Gain] = field(default_factory=dict)

    @property
    def shown(self) -> bool:
        """Whether it was shown to help: the intervals of both ranking and log loss lie above 0."""
        return all(self.figures[name][1] > 0 for name in ("auc", "log_loss"))


@dataclass(frozen=True, slots=True)
class Together:
    """The probability of malignancy from image, age, sex and site, or why there is none.

    Attributes:
        probability: 0..1, should the lesion not be indeterminate, as `Malignancy.probability`; None where
            `reason` says why. Advice and priority do not use it.
        contributions: the image first; their log-odds sum to the log-odds of `probability`. Empty likewise.
        beside: what else was answered.
        gain: as measured when it was weighed; None likewise.
        reason: why nothing is joined, for a person; "" where it is.
    """

    probability: float | None
    contributions: tuple[Contribution, ...]
    beside: tuple[Beside, ...]
    gain: Gain | None
    reason: str = ""
