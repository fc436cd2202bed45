"""What the ISIC challenges score by, as published, but undefined where the official scorer says 1.0.

Sources: the rules of the challenges (challenge.isic-archive.com; Codella et al., arXiv 1710.05006 and
1902.03368) and the official scorer, isic-challenge-scoring 5.6.0, against which the tests compare.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.learn.evaluation.ranking import area_beyond_sensitivity, average_precision
from augderm.learn.evaluation.scores import area_under_roc

LOW_JACCARD = 0.65
"""Below it ISIC 2018 Task 1 counts a border as missed."""
CALLED_ABOVE = 0.5
"""A probability above it counts as called present in the binary figures."""
HIGH_SENSITIVITY = 0.80
UNDECIDED = -1
"""The class of a row whose highest probability is shared: never the true one."""


def thresholded_jaccard(jaccards: NDArray[np.floating]) -> float:
    """ISIC 2018 Task 1: the mean of Jaccard indices (N,), each below 0.65 counted as 0."""
    return float(np.mean(np.where(jaccards >= LOW_JACCARD, jaccards, 0.0))) if len(jaccards) else float("nan")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Jaccard index and Dice coefficient of two sets of pixels, 0..1; nan where both are empty."""

    jaccard: float
    dice: float


def shared_areas(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> tuple[float, float]:
    """Of two masks of one shape what lies in both and what in either, as shares 0..1 of their area."""
    return float(np.mean(found & wanted)), float(np.mean(found | wanted))


def attribute_overlap(found: list[NDArray[np.bool_]], wanted: list[NDArray[np.bool_]]) -> Overlap:
    """ISIC 2018 Task 2: overlap of one attribute over a whole set of images.

    Intersections and unions are summed over the images before they are divided, each image's as a share
    of its own area, since sizes vary. The figure that ranks is that of all attributes' masks together.

    Args:
        found, wanted: masks, one of each an image, of its shape.
    """
    areas = [shared_areas(f, w) for f, w in zip(found, wanted, strict=True)]
    both, either = (sum(column) for column in zip(*areas, strict=True)) if areas else (0.0, 0.0)
    if not either:
        return Overlap(float("nan"), float("nan"))
    return Overlap(jaccard=both / either, dice=2 * both / (both + either))


def decided(probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
    """(N,) the likeliest class of (N, C) probabilities; `UNDECIDED` where two share the first place."""
    chosen = probabilities.argmax(axis=1).astype(np.int64)
    shared = (probabilities == probabilities.max(axis=1, keepdims=True)).sum(axis=1) > 1
    chosen[shared] = UNDECIDED
    return chosen


def balanced_multiclass_accuracy(labels: NDArray[np.int64], probabilities: NDArray[np.floating]) -> float:
    """ISIC 2018 Task 3 and ISIC 2019: mean over the true classes of the share found, ties counted wrong.

    Args:
        labels: (N,) true classes.
        probabilities: (N, C): the seven of 2018, or the eight of 2019 and UNK.
    """
    if not len(labels):
        return float("nan")
    chosen = decided(probabilities)
    return float(np.mean([np.mean(chosen[labels == label] == label) for label in np.unique(labels)]))


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """One class against the rest: binary figures at 0.5, areas, average precision; nan where undefined.

    `auc_sens_80` is the area from the point of 80 % sensitivity on, at most 1.
    """

    accuracy: float
    sensitivity: float
    specificity: float
    dice: float
    ppv: float
    npv: float
    auc: float
    auc_sens_80: float
    ap: float

    def as_dict(self) -> dict[str, float]:
        """The figures by the names that the official scorer gives them."""
        return asdict(self)


def category_score(positive: NDArray[np.bool_], probability: NDArray[np.floating]) -> CategoryScore:
    """ISIC 2018 Task 3's figures of one class; also those of ISIC 2016 (AP, AUC) and 2017 (AUC).

    Args:
        positive: (N,) whether the case is of the class.
        probability: (N,) 0..1.
    """
    called = probability > CALLED_ABOVE
    found, false = int(np.sum(called & positive)), int(np.sum(called & ~positive))
    missed, rejected = int(np.sum(~called & positive)), int(np.sum(~called & ~positive))
    return CategoryScore(
        accuracy=_ratio(found + rejected, len(positive)),
        sensitivity=_ratio(found, found + missed),
        specificity=_ratio(rejected, rejected + false),
        dice=_ratio(2 * found, 2 * found + false + missed),
        ppv=_ratio(found, found + false),
        npv=_ratio(rejected, rejected + missed),
        auc=area_under_roc(positive, probability),
        auc_sens_80=area_beyond_sensitivity(positive, probability, HIGH_SENSITIVITY),
        ap=average_precision(positive, probability),
    )


def _ratio(part: int, whole: int) -> float:
    return float(part / whole) if whole else float("nan")
