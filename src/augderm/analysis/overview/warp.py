"""From one photograph's skin to the other's: a plane's perspective, and a smooth bend besides."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator
from skimage.transform import AffineTransform, ProjectiveTransform

Points = NDArray[np.float64]

STIFFNESS: tuple[float | None, ...] = (None, 1.0, 0.03, 0.001)
"""Of the thin plate that takes up what the plane leaves, in units of the cloud's spread; None: no bend."""
MIN_POINTS_TO_BEND = 12
FOLDS, SPLITS = 5, 8
RAYLEIGH_MEDIAN = math.sqrt(2 * math.log(2))
"""Median length of a plane vector whose coordinates have a standard deviation of 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Warp:
    """A map of places, fitted to pairs of points.

    Attributes:
        plane: the perspective or affine part.
        bend: a thin-plate spline that shifts what the plane gives, after scaling by `middle` and `spread`;
            None where points that it was not fitted to were foretold no better with one.
        middle, spread: (2,) and a length, of the points that it was fitted to, on the target's side.
        halves: pairs of warps fitted to random halves of the points: how far they differ says how well a
            place is known. Empty within them.
    """

    plane: ProjectiveTransform
    bend: RBFInterpolator | None
    middle: Points
    spread: float
    halves: tuple[tuple[Warp, Warp], ...] = ()

    def __call__(self, at: Points) -> Points:
        """Carry places (n, 2) over."""
        if not len(at):
            return np.zeros((0, 2))
        flat = np.asarray(self.plane(at), np.float64)
        if self.bend is None:
            return flat
        return np.asarray(flat + self.bend((flat - self.middle) / self.spread) * self.spread)

    def error(self, at: Points) -> NDArray[np.float64]:
        """(n,) estimated error of each place carried over, per coordinate: large beyond the points that it
        was fitted to. Two fits to random halves differ by twice the error of the fit to all.
        """
        if not len(at):
            return np.zeros(0)
        squares = [((one(at) - other(at)) ** 2).sum(axis=1) / 2 for one, other in self.halves]
        return np.asarray(np.sqrt(np.mean(squares, axis=0)) / 2)

    def scale(self, at: Points) -> NDArray[np.float64]:
        """(n,) pixels of the target per pixel of the source; nan where the skin would be folded over."""
        step = 2.0
        along = (self(at + np.array([step, 0.0])) - self(at - np.array([step, 0.0]))) / (2 * step)
        down = (self(at + np.array([0.0, step])) - self(at - np.array([0.0, step]))) / (2 * step)
        area = along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0]
        return np.sqrt(np.where(area > 0, area, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A warp, and how far off it foretells points that it was not fitted to: (n,), nan where it cannot."""

    warp: Warp
    misses: NDArray[np.float64]

    @property
    def residual(self) -> float:
        """Standard deviation per coordinate, by the median, so that a wrong pair does not count."""
        return float(np.median(self.misses)) / RAYLEIGH_MEDIAN


def fit_warp(source: Points, to: Points, *, with_error: bool = True) -> Fitted | None:
    """Fit the kind of warp that best foretells one fifth of the points from the others.

    Args:
        source, to: (n, 2) pairs of points, row by row; at least 5.
        with_error: also fit to halves, for `Warp.error`.

    Returns:
        None where no kind can be fitted (points on one line).
    """
    kinds: list[tuple[type[ProjectiveTransform], float | None]] = [
        (AffineTransform, None),
        (ProjectiveTransform, None),
    ]
    if len(source) >= MIN_POINTS_TO_BEND:
        kinds += [(ProjectiveTransform, stiffness) for stiffness in STIFFNESS[1:]]
    best: tuple[float, type[ProjectiveTransform], float | None, NDArray[np.float64]] | None = None
    fold = np.arange(len(source)) % FOLDS
    for kind, stiffness in kinds:
        misses = np.full(len(source), np.inf)
        for left_out in range(FOLDS):
            out = fold == left_out
            warp = _fit(kind, stiffness, source[~out], to[~out])
            if warp is None:
                break
            misses[out] = np.hypot(*(warp(source[out]) - to[out]).T)
        # The mean of roots: between mean and median, since one wrong pair must not choose the kind.
        score = float(np.sqrt(misses).mean())
        if np.isfinite(score) and (best is None or score < best[0]):
            best = score, kind, stiffness, misses
    if best is None:
        return None
    _, kind, stiffness, misses = best
    whole = _fit(kind, stiffness, source, to)
    if whole is None:
        return None
    halves = tuple(_halves(kind, stiffness, source, to)) if with_error else ()
    return Fitted(Warp(whole.plane, whole.bend, whole.middle, whole.spread, halves), misses)


def _halves(
    kind: type[ProjectiveTransform], stiffness: float | None, source: Points, to: Points
) -> list[tuple[Warp, Warp]]:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(SPLITS):
        order = rng.permutation(len(source))
        one, other = (_fit(kind, stiffness, source[half], to[half]) for half in (order[::2], order[1::2]))
        if one is not None and other is not None:
            found.append((one, other))
    return found


def _fit(kind: type[ProjectiveTransform], stiffness: float | None, source: Points, to: Points) -> Warp | None:
    if len(source) < 4:
        return None
    plane = kind.from_estimate(source, to)
    if not plane or not np.isfinite(plane.params).all():
        return None
    middle = to.mean(axis=0)
    spread = max(float(np.sqrt(((to - middle) ** 2).sum(axis=1).mean())), 1e-6)
    if stiffness is None:
        return Warp(plane, None, middle, spread)
    flat = (np.asarray(plane(source)) - middle) / spread
    left = (to - middle) / spread - flat
    try:
        bend = RBFInterpolator(flat, left, kernel="thin_plate_spline", smoothing=stiffness, degree=1)
    except (np.linalg.LinAlgError, ValueError):
        return None
    return Warp(plane, bend, middle, spread)
