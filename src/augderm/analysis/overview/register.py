"""Two clouds of lesions onto each other, or why they cannot be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import gammaln
from skimage.transform import SimilarityTransform

from augderm.analysis.overview.constellation import best_guesses, guesses
from augderm.analysis.overview.detect import Cloud
from augderm.analysis.overview.warp import Fitted, Points, Warp, fit_warp

MIN_LESIONS = 8
"""Fewest listed lesions in either photograph, and fewest that must agree."""
MOST_LESIONS = 150
"""The darkest of each that are registered by."""
SCALES = (0.5, 2.0)
"""Believed scales: at twice the distance most lesions are too small to be found."""
ROUGH_REACH = 0.03
"""Of the cloud's spread across: how far perspective and bend put lesions from any similarity."""
TRIED = 6
"""Best similarities that are refined."""
ROUNDS = (1.0, 1.0, 0.7, 0.5)
"""Of `ROUGH_REACH`: how far partners may lie in each round of refining."""
REACH_SIGMAS = 4.0
"""A lesion's partner lies within so many standard deviations of the residual: all but 3 of 10,000 do where
it is normal (Rayleigh's distribution)."""
OUTLIER_SIGMAS = 10.0
"""A pair that the others foretell no better than this is not registered by; lesions at the rim of the cloud
are foretold worse than those within."""
MIN_REACH_PX = 3.0
"""The centre of a lesion is not found better than so, as it is lit and outlined another time."""
MAX_RESIDUAL_PX = 8.0
"""Greatest residual per coordinate: beyond it lesions lie nearer to each other than to their own place."""
MAX_LOG_CHANCE = -4.0
"""Decadic logarithm of the expected number of such agreements among lesions that lie at random."""
SURE_LOG_CHANCE = -20.0
"""Below it no other guess is tried: two agreements that good would have to be the same."""
MIN_SHARE = 0.5
"""Of the lesions in the field that both photographs show, that must have a partner."""


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """How the follow-up lies on the baseline. Lengths in pixels of the pictures that were searched.

    Attributes:
        to_baseline, to_follow_up: the maps, None where it was refused.
        reason: why it was refused; "" where it was not.
        points: how many lesions agree.
        share: of the listed ones in the common field.
        residual_px: standard deviation per coordinate, of lesions that the map was not fitted to, in pixels
            of the baseline; `back_residual_px` in those of the follow-up.
        scale: pixels of the baseline per pixel of the follow-up, in the middle.
        turn_deg: from x towards y, -180..180.
        log_chance: see `MAX_LOG_CHANCE`.
    """

    to_baseline: Warp | None = None
    to_follow_up: Warp | None = None
    reason: str = ""
    points: int = 0
    share: float = math.nan
    residual_px: float = math.nan
    back_residual_px: float = math.nan
    scale: float = math.nan
    turn_deg: float = math.nan
    log_chance: float = math.nan


def register(baseline: Cloud, follow_up: Cloud) -> Registered:
    """Register by the listed lesions.

    Similarities are guessed from triangles of neighbours; the best are refined to a perspective and a smooth
    bend. Whether lesions that lie at random would agree as well is told by the a contrario criterion of
    Moisan and Stival (Int J Comput Vis 2004;57:201), here for points without descriptors.
    """
    for cloud, name in ((baseline, "baseline"), (follow_up, "follow-up")):
        count = int(np.count_nonzero(cloud.listed))
        if count < MIN_LESIONS:
            return Registered(
                reason=f"Only {count} pigmented lesions were found in the {name}, at least {MIN_LESIONS} are "
                "needed to lay the photographs onto each other. Photograph the region sharply, from where "
                "the trunk fills the frame, or compare single lesions (augderm compare)."
            )
    ours, theirs = baseline.at[baseline.listed][:MOST_LESIONS], follow_up.at[follow_up.listed][:MOST_LESIONS]
    best: _Agreement | None = None
    across = float(np.hypot(*np.ptp(ours, axis=0)))
    found = guesses(theirs, ours, SCALES)
    for factor, shift in best_guesses(found, theirs, ours, ROUGH_REACH * across, TRIED):
        agreed = _refined(complex(factor), complex(shift), ours, theirs, ROUGH_REACH * across)
        if agreed is not None:
            chance = _log_chance(agreed, baseline, ours, theirs)
            if best is None or chance < best.log_chance:
                best = _Agreement(agreed.mine, agreed.other, agreed.fitted, chance)
            if chance < SURE_LOG_CHANCE:
                break
    if best is None or not best.log_chance <= MAX_LOG_CHANCE:
        return Registered(reason=_unlike(len(ours), len(theirs), best), log_chance=_chance_of(best))
    return _judged(best, baseline, follow_up, ours, theirs)


@dataclass(frozen=True, slots=True, eq=False)
class _Agreement:
    """Which lesions of either are partners, row by row, and the map from the follow-up to the baseline."""

    mine: NDArray[np.intp]
    other: NDArray[np.intp]
    fitted: Fitted
    log_chance: float = math.nan


def _chance_of(best: _Agreement | None) -> float:
    return math.nan if best is None else best.log_chance


def _unlike(ours: int, theirs: int, best: _Agreement | None) -> str:
    agree = 0 if best is None else len(best.mine)
    return (
        f"The photographs cannot be laid onto each other: of {ours} and {theirs} pigmented lesions {agree} "
        "agree at best, no more than lesions that lie at random would. Either they show different persons or "
        "regions, or too little of the region is in both. Check the files, and photograph the whole region "
        "again from the same side."
    )


def _refined(
    factor: complex, shift: complex, ours: Points, theirs: Points, reach: float
) -> _Agreement | None:
    matrix = np.array(
        [[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag], [0, 0, 1]]
    )
    moved = np.asarray(SimilarityTransform(matrix)(theirs))
    fitted: Fitted | None = None
    for share in ROUNDS:
        mine, other = _mutual(ours, moved, share * reach)
        if len(mine) < MIN_LESIONS:
            return None
        fitted = fit_warp(theirs[other], ours[mine], with_error=False)
        if fitted is None:
            return None
        moved = fitted.warp(theirs)
    for _ in range(3):
        assert fitted is not None
        mine, other = _mutual(ours, moved, max(MIN_REACH_PX, REACH_SIGMAS * fitted.residual))
        if len(mine) < MIN_LESIONS:
            return None
        fitted = fit_warp(theirs[other], ours[mine], with_error=False)
        if fitted is None:
            return None
        # A bend would follow a wrong pair and so confirm it; the other pairs do not foretell it.
        told = fitted.misses <= max(MIN_REACH_PX, OUTLIER_SIGMAS * fitted.residual)
        mine, other = mine[told], other[told]
        fitted = fit_warp(theirs[other], ours[mine], with_error=False) if len(mine) >= MIN_LESIONS else None
        if fitted is None:
            return None
        moved = fitted.warp(theirs)
    assert fitted is not None
    return _Agreement(mine, other, fitted)


def _mutual(ours: Points, moved: Points, reach: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lesions that are each other's nearest, within reach."""
    away, nearest = map(np.asarray, KDTree(ours).query(moved))
    back = np.asarray(KDTree(moved).query(ours)[1])
    kept = (back[nearest] == np.arange(len(moved))) & (away < reach)
    return nearest[kept].astype(np.intp), np.flatnonzero(kept)


def _log_chance(agreed: _Agreement, baseline: Cloud, ours: Points, theirs: Points) -> float:
    """Decadic logarithm of how many agreements as good are to be expected among lesions at random.

    Of the n lesions of the follow-up in the baseline's field, k lie within r of one of the m there; four
    pairs carry a perspective, the others are foretold by it. `misses` are of points left out, so the bend
    has no more freedom here than they leave it.
    """
    n = int(np.count_nonzero(_in_field(agreed.fitted.warp(theirs), baseline.skin)))
    m, k = len(ours), len(agreed.mine)
    n = max(n, k)
    misses = np.sort(agreed.fitted.misses)
    field = max(1, int(np.count_nonzero(baseline.skin)))
    best = math.inf
    for count in range(5, k + 1):
        reach = max(float(misses[count - 1]), 0.5)
        by_chance = min(1.0, m * math.pi * reach**2 / field)
        log = (
            math.log10(n)
            + _log_choose(n, count)
            + _log_choose(count, 4)
            + 4 * math.log10(m)
            + (count - 4) * math.log10(by_chance)
        )
        best = min(best, log)
    return best


def _log_choose(n: int, k: int) -> float:
    return float(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)) / math.log(10)


def _in_field(at: Points, skin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which places (n, 2) lie on bare skin in the frame."""
    inside = (at >= 0).all(axis=1) & (at < np.array(skin.shape[::-1])).all(axis=1)
    held = np.clip(np.nan_to_num(at), 0, np.array(skin.shape[::-1]) - 1).astype(int)
    return np.asarray(inside & skin[held[:, 1], held[:, 0]])


def _judged(best: _Agreement, baseline: Cloud, follow_up: Cloud, ours: Points, theirs: Points) -> Registered:
    there, here = theirs[best.other], ours[best.mine]
    forth, back = fit_warp(there, here), fit_warp(here, there)
    points = len(here)
    if forth is None or back is None:
        return Registered(reason=_unlike(len(ours), len(theirs), best), log_chance=best.log_chance)
    common = [
        int(np.count_nonzero(_in_field(forth.warp(theirs), baseline.skin))),
        int(np.count_nonzero(_in_field(back.warp(ours), follow_up.skin))),
    ]
    share = points / max(1, points, min(common))
    middle = there.mean(axis=0, keepdims=True)
    scale = float(forth.warp.scale(middle)[0])
    along = forth.warp(middle + np.array([[2.0, 0.0]])) - forth.warp(middle - np.array([[2.0, 0.0]]))
    found = Registered(
        forth.warp,
        back.warp,
        points=points,
        share=share,
        residual_px=forth.residual,
        back_residual_px=back.residual,
        scale=scale,
        turn_deg=math.degrees(math.atan2(along[0, 1], along[0, 0])),
        log_chance=best.log_chance,
    )
    reason = _why_not(found, min(common))
    return found if not reason else Registered(reason=reason, points=points, log_chance=best.log_chance)


def _why_not(found: Registered, common: int) -> str:
    if not SCALES[0] <= found.scale <= SCALES[1]:
        return (
            f"One photograph shows the region {max(found.scale, 1 / found.scale):.1f} times as large as the "
            f"other; scales of {SCALES[0]} to {SCALES[1]} are compared. Photograph it from the usual "
            "distance."
        )
    if not found.share >= MIN_SHARE:
        return (
            f"Of {common} pigmented lesions in the field of both photographs {found.points} agree, at least "
            f"{100 * MIN_SHARE:.0f} % must: they may show different persons, or one of them is not sharp. "
            "Check the files, and photograph the region again."
        )
    if not found.residual_px <= MAX_RESIDUAL_PX or not found.back_residual_px <= MAX_RESIDUAL_PX:
        return (
            f"Lesions lie {max(found.residual_px, found.back_residual_px):.1f} pixels from where they were "
            f"foretold, the limit is {MAX_RESIDUAL_PX:.0f}: the posture differs too much. Photograph the "
            "region in the same posture."
        )
    return ""
