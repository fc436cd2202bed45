"""Two photographs of one lesion onto each other: turned, nearer or farther, shifted, a little tilted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage.measure import ransac
from skimage.transform import AffineTransform, ProjectiveTransform, SimilarityTransform

from augderm.analysis.followup.features import match_features
from augderm.analysis.followup.sight import Sight

Transform: TypeAlias = SimilarityTransform | AffineTransform | ProjectiveTransform
Points = NDArray[np.float64]

ROUGH_PX, FINE_PX = 12.0, 3.0
"""How far a point may lie from where the similarity, and then the final transform, put it; a tilt of 5 %
moves points at the edge by some 10 pixels from any similarity."""
TRIALS = 2000
"""Of random pairs of matches: with 1 true match in 10, a pair of true ones is missed once in 10^8."""
MIN_POINTS = 12
"""Fewest points that must agree. Of pairs of unlike lesions none reached it (docs/explain/followup.md)."""
MIN_SKIN_POINTS, MIN_QUARTERS = 8, 3
"""Fewest points on the skin around, and quarters around the lesion that they lie in, from which its scale can
be told apart from the lesion's own growth."""
SCALES = (0.5, 2.0)
"""Believed scales: at twice the distance the smaller picture has too few pixels left to measure the lesion
by. Errors were measured from 0.7 to 1.4."""
MAX_TILT = 1.6
"""Greatest ratio of the scales at two places of the lesion's outline."""
MAX_ERROR_PX = 1.0
"""Greatest estimated error along the lesion's outline that is accepted. With few points the estimate is
rough, and the true error up to about twice as large (docs/explain/followup.md)."""
MAX_AREA_ERROR = 0.03
"""Greatest error of the ratio of areas that is accepted, estimated likewise."""
SPLITS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """How the follow-up lies on the baseline.

    Attributes:
        matrix: (3, 3) homography from the follow-up's pixels to the baseline's, x and y, where pixel (0, 0)
            spans 0..1; None where it was refused.
        reason: why it was refused, a sentence for a person; "" where it was not.
        turn_deg: from x towards y, -180..180, at the lesion.
        scale: pixels of the baseline per pixel of the follow-up, at the lesion.
        tilt: greatest over least scale along the lesion's outline, 1 without perspective.
        error_px: estimated error where it is greatest along the lesion's outline, in pixels of the baseline.
        area_error: estimated relative error of an area carried over.
        points: how many agree.
        skin_points: how many of them lie on the skin around.
        on_skin: whether the skin alone carries it, so that the lesion's own growth is not in its scale.
    """

    matrix: NDArray[np.float64] | None
    reason: str = ""
    turn_deg: float = math.nan
    scale: float = math.nan
    tilt: float = math.nan
    error_px: float = math.nan
    area_error: float = math.nan
    points: int = 0
    skin_points: int = 0
    on_skin: bool = False


def register(baseline: Sight, follow_up: Sight) -> Registered:
    """Find the follow-up's place on the baseline, or say why it cannot be found.

    SIFT matches; a similarity by RANSAC; then, of similarity, affinity and homography, the one that best
    foretells points that it was not fitted to. Where enough matches lie on the skin around, only they count.
    """
    to, source = match_features(baseline.features, follow_up.features)
    skin = baseline.on_skin(to) & follow_up.on_skin(source)
    found = _agreeing(source[skin], to[skin])
    on_skin = found is not None and _surrounds(baseline, found[1])
    if not on_skin:
        found = _agreeing(source, to)
    if found is not None:
        found = _more(baseline, follow_up, *found, on_skin=on_skin)
    if found is None:
        return Registered(
            None,
            f"The photographs have too few points in common ({len(to)} look alike, and fewer than "
            f"{MIN_POINTS} of them lie alike): either they do not show the same lesion, or too little of the "
            "skin around it is sharp. Photograph it again with more skin in view.",
        )
    return _judged(baseline, follow_up, *found, on_skin=on_skin)


def _surrounds(sight: Sight, points: Points) -> bool:
    """Whether there are enough points, and on enough sides of the lesion."""
    right, below = (points > sight.outline.mean(axis=0)).T
    return len(points) >= MIN_SKIN_POINTS and len(np.unique(2 * right + below)) >= MIN_QUARTERS


def _agreeing(source: Points, to: Points) -> tuple[Points, Points] | None:
    """The matches that one transform explains, or None where they are too few."""
    if len(source) < MIN_POINTS:
        return None
    _, rough = ransac((source, to), SimilarityTransform, 2, ROUGH_PX, max_trials=TRIALS, rng=0)
    if rough is None or np.count_nonzero(rough) < MIN_POINTS:
        return None
    source, to = source[rough], to[rough]
    _, fine = ransac((source, to), ProjectiveTransform, 4, FINE_PX, max_trials=TRIALS, rng=0)
    if fine is None or np.count_nonzero(fine) < MIN_POINTS:
        return None
    return source[fine], to[fine]


def _more(
    baseline: Sight, follow_up: Sight, source: Points, to: Points, *, on_skin: bool
) -> tuple[Points, Points] | None:
    """The matches again, now that it is known where to look: points that lie on each other, alike or not.

    A point looks another way in other light more often than it is not found again.
    """
    rough = _fit(_best_kind(source, to), source, to)
    ours, theirs = baseline.features.points, follow_up.features.points
    if on_skin:
        ours, theirs = ours[baseline.on_skin(ours)], theirs[follow_up.on_skin(theirs)]
    if rough is None:
        return source, to
    moved = np.asarray(rough(theirs))
    far, nearest = map(np.asarray, KDTree(ours).query(moved))
    back = np.asarray(KDTree(moved).query(ours)[1])
    mutual = (back[nearest] == np.arange(len(moved))) & (far < FINE_PX)
    return (theirs[mutual], ours[nearest[mutual]]) if np.count_nonzero(mutual) > len(source) else (source, to)


def _judged(baseline: Sight, follow_up: Sight, source: Points, to: Points, *, on_skin: bool) -> Registered:
    kind = _best_kind(source, to)
    fitted = _fit(kind, source, to)
    if fitted is None:
        return Registered(None, "The points that the photographs have in common lie on one line.")
    outline = follow_up.outline
    error, area_error = _errors(kind, source, to, outline)
    turn, scales = _local(fitted, outline)
    scale = float(np.median(scales))
    skin = baseline.on_skin(to) & follow_up.on_skin(source)
    found = Registered(
        np.asarray(fitted.params, np.float64),
        turn_deg=turn,
        scale=scale,
        tilt=float(scales.max() / scales.min()),
        error_px=error,
        area_error=area_error,
        points=len(source),
        skin_points=int(np.count_nonzero(skin)),
        on_skin=on_skin,
    )
    reason = _why_not(found)
    return Registered(None, reason, points=found.points, skin_points=found.skin_points) if reason else found


def _why_not(found: Registered) -> str:
    if not SCALES[0] <= found.scale <= SCALES[1]:
        return (
            f"One photograph shows the lesion {max(found.scale, 1 / found.scale):.1f} times as large as the "
            f"other; scales of {SCALES[0]} to {SCALES[1]} are compared. Photograph it from the usual "
            "distance."
        )
    if not found.tilt <= MAX_TILT:
        return (
            f"One photograph is too oblique: the scale over the lesion differs by a factor of "
            f"{found.tilt:.1f}, the limit is {MAX_TILT}. Hold the camera square to the skin."
        )
    if not found.error_px <= MAX_ERROR_PX:
        return (
            f"The photographs can be laid onto each other to {found.error_px:.1f} pixels only, the limit is "
            f"{MAX_ERROR_PX:.0f}: the skin may have been stretched, or too little of it is sharp. Photograph "
            "the lesion again, with more skin in view."
        )
    return ""


def _fit(kind: type[Transform], source: Points, to: Points) -> Transform | None:
    fitted = kind.from_estimate(source, to)
    return fitted if fitted and np.isfinite(fitted.params).all() else None


def _best_kind(source: Points, to: Points) -> type[Transform]:
    """The kind that best foretells one fifth of the points from the others."""
    part = np.arange(len(source)) % 5
    misses: dict[type[Transform], float] = {}
    for kind in (SimilarityTransform, AffineTransform, ProjectiveTransform):
        squares = []
        for left_out in range(5):
            fitted = _fit(kind, source[part != left_out], to[part != left_out])
            if fitted is None:
                squares.append(np.array([np.inf]))
                continue
            squares.append(((fitted(source[part == left_out]) - to[part == left_out]) ** 2).sum(axis=1))
        misses[kind] = float(np.concatenate(squares).mean())
    return min(misses, key=lambda kind: misses[kind])


def _errors(kind: type[Transform], source: Points, to: Points, outline: Points) -> tuple[float, float]:
    """Estimated error where it is greatest along the outline (px), and of an area's ratio.

    Two fits to random halves differ by twice the error of the fit to all, where errors are independent.
    """
    rng = np.random.default_rng(0)
    miss: list[Points] = []
    areas: list[float] = []
    for _ in range(SPLITS):
        order = rng.permutation(len(source))
        halves = [_fit(kind, source[half], to[half]) for half in (order[::2], order[1::2])]
        if halves[0] is None or halves[1] is None:
            return math.inf, math.inf
        one, other = (half(outline) for half in halves if half is not None)
        miss.append(((one - other) ** 2).sum(axis=1))
        areas.append(math.log(_area(one) / _area(other)) ** 2)
    return math.sqrt(float(np.mean(miss, axis=0).max())) / 2, math.sqrt(float(np.mean(areas))) / 2


def _area(outline: Points) -> float:
    x, y = outline.T
    return max(0.5 * abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))), 1e-9)


def _local(transform: Transform, outline: Points) -> tuple[float, Points]:
    """The turn at the lesion's middle in degrees, and the scale at each point of its outline."""
    step = 1.0
    places = np.vstack([outline.mean(axis=0), outline])
    here = transform(places)
    along, down = (
        transform(places + np.array([step, 0.0])) - here,
        transform(places + np.array([0.0, step])) - here,
    )
    scales = np.sqrt(np.abs(along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0])) / step
    return math.degrees(math.atan2(along[0, 1], along[0, 0])), np.maximum(scales[1:], 1e-6)
