"""95 % intervals by drawing again: whole groups, so that the images of one patient stay together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

REPLICATES = 1000
LEVEL = 0.95
SEED = 20261125
LEAST_DEFINED = 0.95
"""Share of replicates in which a figure must be defined; with fewer its interval is undefined, since the
rest would be a selection."""
ROUNDING = 1e-9
"""Replicates that differ by less agree: sums in another order round in another way."""
CHUNK_CELLS = 4_000_000
"""Replicates times cases held at once: some tens of megabytes a figure."""

Statistic = Callable[[NDArray[np.float64]], Mapping[str, NDArray[np.float64]]]
Interval = tuple[float, float]
UNDEFINED: Interval = (float("nan"), float("nan"))


def group_codes(groups: Sequence[str]) -> NDArray[np.int64]:
    """(N,) names of groups to whole numbers from 0, in the order of the names."""
    return np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def draws(groups: NDArray[np.int64], replicates: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Bootstrap replicates as weights: how often each case was drawn, in chunks of rows.

    As many groups are drawn, with replacement, as there are; a case counts as often as its group
    (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).

    Args:
        groups: (N,) from 0 to G - 1.
        replicates: rows in all.
        seed: the same seed gives the same draws, whatever the chunks.

    Yields:
        (r, N) weights, not negative.
    """
    count = int(groups.max()) + 1 if len(groups) else 0
    rng = np.random.default_rng(seed)
    left = replicates
    while left and count:
        rows = max(1, min(left, CHUNK_CELLS // len(groups)))
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=rows)
        yield drawn[:, groups].astype(np.float64)
        left -= rows


def bootstrap(
    statistic: Statistic, groups: NDArray[np.int64], *, replicates: int = REPLICATES, seed: int = SEED
) -> dict[str, Interval]:
    """The 95 % percentile interval of each figure that a statistic gives.

    Args:
        statistic: weights (r, N) to figures by name, each (r,), nan where undefined.
        groups: (N,) which cases are drawn together, from 0.
        replicates: how often.
        seed: of the draws.

    Returns:
        low and high by name; nan where the figure is undefined in more than 5 % of the replicates, and
        where all replicates agree: drawing again from none in three, say, can only give none, which
        says nothing of how many there may be.
    """
    chunks = [statistic(weights) for weights in draws(groups, replicates, seed)]
    if not chunks:
        return {}
    return {name: interval(np.concatenate([chunk[name] for chunk in chunks])) for name in chunks[0]}


def interval(values: NDArray[np.float64]) -> Interval:
    """The middle 95 % of replicated values (R,), see `bootstrap`."""
    defined = values[~np.isnan(values)]
    if not len(values) or len(defined) < LEAST_DEFINED * len(values):
        return UNDEFINED
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high)) if high - low > ROUNDING else UNDEFINED


def weighted_share(
    truths: NDArray[np.bool_] | NDArray[np.floating], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted mean of (N,) values for each of (R, N) weights; nan where the weights sum to 0."""
    total = weights.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: NDArray[np.float64] = np.where(total > 0, weights @ truths.astype(np.float64) / total, np.nan)
    return share
