"""How many decisions turn over when only the photograph changes, not the lesion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.folds import share_of
from augderm.evidence.statistics.intervals import UNDEFINED, bootstrap, group_codes, weighted_share
from augderm.learn.evaluation.few import LEAST_CASES
from augderm.learn.evaluation.figures import Figure, figure_of
from augderm.learn.evaluation.perturb import QUARTER_TURNS
from augderm.learn.records import Record


@dataclass(frozen=True, slots=True)
class Decision:
    """What was said of one photograph: the likeliest class and the probability of malignancy."""

    likeliest: str
    malignancy: float


@dataclass(frozen=True, slots=True)
class Flips:
    """What one change of the photographs does.

    Attributes:
        name: the change.
        images: how many were read before and after it.
        not_read: share of the images read before that are not read after it.
        changed: share of the images read before whose likeliest class or side of the threshold is another one
            after it, or that are no longer read: what a person who asks meets.
        likeliest: share of `images` whose likeliest class is another one.
        malignancy: share whose malignancy crosses the threshold; undefined where there is none.
        mean_shift: mean absolute difference in the probability of malignancy, of `images`.
    """

    name: str
    images: int
    not_read: Figure
    changed: Figure
    likeliest: Figure
    malignancy: Figure
    mean_shift: Figure


def sample(records: Sequence[Record], count: int) -> list[Record]:
    """A fixed sample: the same images on every machine, and a larger one holds a smaller one."""
    return sorted(records, key=lambda record: share_of(f"robustness {record.image}"))[:count]


def seed_of(record: Record) -> int:
    """The seed of the hairs and marks that are planted into an image."""
    return int(share_of(f"planted {record.image}") * 2**32)


def flips(
    name: str,
    before: Sequence[Decision | None],
    after: Sequence[Decision | None],
    groups: Sequence[str],
    threshold: float,
) -> Flips:
    """Compare the decisions on the same photographs before and after a change.

    Args:
        name: the change.
        before, after: in the same order; None where it was not read.
        groups: (N,) patients or lesions, drawn together for the intervals.
        threshold: of malignancy, 0..1; nan where there is none.
    """
    asked = [(a, b, group) for a, b, group in zip(before, after, groups, strict=True) if a is not None]
    pairs = [(a, b, group) for a, b, group in asked if b is not None]
    lost = [b is None for _, b, _ in asked]
    changed = [
        b is None or a.likeliest != b.likeliest or (a.malignancy >= threshold) != (b.malignancy >= threshold)
        for a, b, _ in asked
    ]
    old = np.array([a.malignancy for a, _, _ in pairs], np.float64)
    new = np.array([b.malignancy for _, b, _ in pairs], np.float64)
    codes = group_codes([group for _, _, group in pairs])
    asked_codes = group_codes([group for _, _, group in asked])
    crossed = (old >= threshold) != (new >= threshold)
    return Flips(
        name=name,
        images=len(pairs),
        not_read=_share(np.array(lost, bool), asked_codes),
        changed=_share(np.array(changed, bool), asked_codes),
        likeliest=_share(np.array([a.likeliest != b.likeliest for a, b, _ in pairs], bool), codes),
        malignancy=Figure(float("nan")) if np.isnan(threshold) else _share(crossed, codes),
        mean_shift=_average(np.abs(old - new), codes),
    )


def quarter_turn_flips(by_name: Mapping[str, Flips]) -> Flips:
    """The three quarter turns as one: the mean of their shares (without an interval)."""
    turns = [by_name[name] for name in QUARTER_TURNS]
    return Flips(
        name="turned by 90, 180 and 270 degrees, mean",
        images=turns[0].images,
        not_read=_mean([turn.not_read for turn in turns]),
        changed=_mean([turn.changed for turn in turns]),
        likeliest=_mean([turn.likeliest for turn in turns]),
        malignancy=_mean([turn.malignancy for turn in turns]),
        mean_shift=_mean([turn.mean_shift for turn in turns]),
    )


def _mean(shares: Sequence[Figure]) -> Figure:
    return Figure(float(np.mean([share.value for share in shares])), few=any(share.few for share in shares))


def _share(flipped: NDArray[np.bool_], groups: NDArray[np.int64]) -> Figure:
    mean = _average(flipped.astype(np.float64), groups)
    return figure_of(mean.value, (mean.low, mean.high), mean.few, share_of=len(np.unique(groups)))


def _average(values: NDArray[np.float64], groups: NDArray[np.int64]) -> Figure:
    if not len(values):
        return Figure(float("nan"))
    found = bootstrap(lambda weights: {"mean": weighted_share(values, weights)}, groups)
    return Figure(float(values.mean()), *found.get("mean", UNDEFINED), len(np.unique(groups)) < LEAST_CASES)
