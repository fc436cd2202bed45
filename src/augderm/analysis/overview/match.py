"""Which lesion of the one photograph is which of the other, and what is said of those without a partner."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

from augderm.analysis.overview.detect import MIN_DIAMETER_PX, STRONG_CONTRAST, Cloud, darkest_near
from augderm.analysis.overview.register import MIN_REACH_PX, REACH_SIGMAS, Registered
from augderm.analysis.overview.repeatability import MIN_PAIRS, Repeatability, widened
from augderm.analysis.overview.warp import Warp
from augderm.domain.overview import SizeVerdict, Unjudged

FAINT_MIN_CONTRAST, FAINT_MAX_RATIO = 0.4, 2.2
"""A spot that is not listed is the partner of a listed lesion where it has this share of its contrast at
least, and a diameter within this factor of its own."""
FAINT_COST, SIZE_COST = 1.0, 0.5
"""What a partner that is not listed costs beside one that is, in units of the squared reach, and what a
difference of size by a factor of e does."""
EDGE_PX = 2.0
"""A lesion must lie by so much more within the frame than its radius and the reach."""
SIZE_MARGIN, CONTRAST_MARGIN = 1.3, 1.3
"""By so much larger and darker than the least that is listed must a lesion be expected in the other
photograph before its absence there counts."""
MAX_REACH_SHARE = 0.25
"""Greatest reach, in units of the median distance from a lesion to its nearest neighbour. Where a place is
known less well, a lesion has no partner and is not judged: a new one would be taken for one that went."""
SOMETHING_SHARE = 0.5
"""Share of a lesion's contrast from which on something dark at its place counts as perhaps the lesion."""

Place = Literal["baseline", "follow_up"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """One lesion in both photographs: indices into the clouds.

    `ratio` is the diameter at the follow-up over that at the baseline, both at the baseline's scale; it,
    and `limit` (of a growth; shrinking, 1 / limit), are None where one of the two is too faint or too small
    to be measured. With them, a verdict of not_determined is one of fewer than `MIN_PAIRS`: only the shift of
    all of them explains the change. `others` says whether another lesion lies within reach too.
    """

    baseline: int
    follow_up: int
    distance_px: float
    ratio: float | None
    limit: float | None
    verdict: SizeVerdict
    others: bool


@dataclass(frozen=True, slots=True)
class Single:
    """A listed lesion without a partner: where it is expected in the other photograph (x, y), and why its
    absence there cannot be judged; "" where it can, and it is new or missing.
    """

    lesion: int
    expected: tuple[float, float]
    reach_px: float
    unjudged: Unjudged | Literal[""]


@dataclass(frozen=True, slots=True)
class Matched:
    """Pairs in the order of the baseline, then what only the baseline and only the follow-up has."""

    pairs: tuple[Pairing, ...]
    baseline_only: tuple[Single, ...]
    follow_up_only: tuple[Single, ...]


def match(baseline: Cloud, follow_up: Cloud, found: Registered, known: Repeatability) -> Matched:
    """Assign one to one within the reach that the registration's residual sets.

    The same whichever photograph is called the baseline: distances are taken in both, each by its own
    reach, and averaged.

    Args:
        baseline, follow_up: the spots of either.
        found: not refused.
        known: limits of the change of size.
    """
    assert found.to_baseline is not None
    assert found.to_follow_up is not None
    here, there = found.to_follow_up(baseline.at), found.to_baseline(follow_up.at)
    reach_here = _reach(found.to_baseline, follow_up.at, found.residual_px)
    reach_there = _reach(found.to_follow_up, baseline.at, found.back_residual_px)
    scale = found.to_baseline.scale(follow_up.at)
    in_baseline = np.hypot(*(baseline.at[:, None] - there[None]).transpose(2, 0, 1))
    in_follow_up = np.hypot(*(here[:, None] - follow_up.at[None]).transpose(2, 0, 1))
    apart = (in_baseline / reach_here[None] + in_follow_up / reach_there[:, None]) / 2
    sizes = np.log(follow_up.diameter * scale)[None] - np.log(baseline.diameter)[:, None]
    listed = baseline.listed[:, None] & follow_up.listed[None]
    partly = (baseline.listed[:, None] ^ follow_up.listed[None]) & _alike(baseline, follow_up, sizes)
    known_well = (reach_here <= MAX_REACH_SHARE * _spacing(baseline))[None] & (
        reach_there <= MAX_REACH_SHARE * _spacing(follow_up)
    )[:, None]
    possible = (apart <= 1) & (listed | partly) & known_well & np.isfinite(sizes)
    cost = np.where(possible, apart**2 + SIZE_COST * np.abs(sizes) + FAINT_COST * partly, np.inf)
    rows, columns = _assigned(cost)
    pairs = _pairings(baseline, follow_up, rows, columns, in_baseline, sizes, possible & listed, known)
    return Matched(
        pairs,
        tuple(
            _single(i, here[i], reach_there[i], baseline, follow_up, float(1 / scale_at))
            for i, scale_at in _unpaired(baseline, rows, 1 / found.to_follow_up.scale(baseline.at))
        ),
        tuple(
            _single(j, there[j], reach_here[j], follow_up, baseline, float(scale_at))
            for j, scale_at in _unpaired(follow_up, columns, scale)
        ),
    )


def _unpaired(
    cloud: Cloud, paired: NDArray[np.intp], scale: NDArray[np.float64]
) -> list[tuple[int, np.float64]]:
    alone = cloud.listed.copy()
    alone[paired] = False
    return [(int(i), scale[i]) for i in np.flatnonzero(alone)]


def _reach(warp: Warp, at: NDArray[np.float64], residual: float) -> NDArray[np.float64]:
    """(n,) how far from where it is expected a lesion may lie."""
    return np.maximum(MIN_REACH_PX, REACH_SIGMAS * np.hypot(residual, warp.error(at)))


def _alike(baseline: Cloud, follow_up: Cloud, sizes: NDArray[np.float64]) -> NDArray[np.bool_]:
    contrast = np.abs(np.log(follow_up.contrast)[None] - np.log(baseline.contrast)[:, None])
    return np.asarray((contrast <= -np.log(FAINT_MIN_CONTRAST)) & (np.abs(sizes) <= np.log(FAINT_MAX_RATIO)))


def _assigned(cost: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """As many pairs as there can be, and of those sets the cheapest; what is infinite is no pair."""
    if not cost.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    finite = cost[np.isfinite(cost)]
    far = 1 + float(finite.sum())
    rows, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, far))
    kept = np.isfinite(cost[rows, columns])
    return rows[kept], columns[kept]


def _pairings(
    baseline: Cloud,
    follow_up: Cloud,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    distance: NDArray[np.float64],
    sizes: NDArray[np.float64],
    within_reach: NDArray[np.bool_],
    known: Repeatability,
) -> tuple[Pairing, ...]:
    both = baseline.listed[rows] & follow_up.listed[columns]
    logs = sizes[rows, columns]
    least = known.limit(np.minimum(baseline.diameter[rows], follow_up.diameter[columns]))
    limits = widened(least, logs[both])
    # Of few pairs, those that grew move the shift: what only the shift explains is left open.
    few = int(both.sum()) < MIN_PAIRS
    surely_within = least if few else limits
    made = []
    for row, column, log, limit, surely, measured in zip(
        rows, columns, logs, limits, surely_within, both, strict=True
    ):
        verdict: SizeVerdict = "not_determined"
        if measured and abs(log) > limit:
            verdict = "larger" if log > 0 else "smaller"
        elif measured and abs(log) <= surely:
            verdict = "within"
        made.append(
            Pairing(
                int(row),
                int(column),
                float(distance[row, column]),
                float(np.exp(log)) if measured else None,
                float(np.exp(limit)) if measured else None,
                verdict,
                others=int(within_reach[row].sum()) > 1 or int(within_reach[:, column].sum()) > 1,
            )
        )
    return tuple(made)


def _single(
    lesion: int, at: NDArray[np.float64], reach: float, own: Cloud, other: Cloud, scale: float
) -> Single:
    """Args: `at` in the other photograph, `scale` its pixels per pixel of the own one."""
    expected = (float(at[0]), float(at[1]))
    diameter = float(own.diameter[lesion]) * scale
    contrast = float(own.contrast[lesion])
    return Single(lesion, expected, float(reach), _why_not(expected, float(reach), diameter, contrast, other))


def _why_not(
    at: tuple[float, float], reach: float, diameter: float, contrast: float, other: Cloud
) -> Unjudged | Literal[""]:
    x, y = at
    height, width = other.skin.shape
    margin = diameter / 2 + reach + EDGE_PX
    checks: tuple[tuple[Unjudged, Callable[[], bool]], ...] = (
        ("outside", lambda: 0 <= x < width and 0 <= y < height),
        ("place_unsure", lambda: math.isfinite(diameter) and reach <= MAX_REACH_SHARE * _spacing(other)),
        ("at_edge", lambda: margin <= x <= width - margin and margin <= y <= height - margin),
        ("covered", lambda: _all_bare(other, x, y, margin)),
        ("too_small", lambda: diameter >= SIZE_MARGIN * MIN_DIAMETER_PX),
        ("too_faint", lambda: contrast >= CONTRAST_MARGIN * STRONG_CONTRAST),
        (
            "something_there",
            lambda: darkest_near(other, x, y, diameter, reach) < SOMETHING_SHARE * contrast,
        ),
    )
    return next((name for name, passes in checks if not passes()), "")


def _all_bare(cloud: Cloud, x: float, y: float, margin: float) -> bool:
    rows = slice(int(y - margin), int(y + margin) + 1)
    columns = slice(int(x - margin), int(x + margin) + 1)
    return bool(cloud.skin[rows, columns].all())


def _spacing(cloud: Cloud) -> float:
    """Median distance of a listed lesion to the nearest other."""
    at = cloud.at[cloud.listed]
    if len(at) < 2:
        return 0.0
    return float(np.median(np.asarray(KDTree(at).query(at, k=2)[0])[:, 1]))
