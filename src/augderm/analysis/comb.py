"""Evenly spaced ticks among the marks along a line: their period, its uncertainty, and which are longer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.ticks import Marks

MIN_PERIOD_PX = 4.5
"""Shortest distance of ticks: below it neighbouring marks run together."""
MIN_TICKS = 6
"""Fewest ticks to which a period is fitted."""
MIN_COHERENCE = 0.7
"""Least length of the mean phase vector of all marks: 1 where all stand on the period."""
MIN_OCCUPIED = 0.75
"""Least share of the places of a comb that hold a tick."""
MAX_GAP = 3
"""Most places without a tick between two of a comb: hair, or a figure in the way."""
MAX_STRAYS = 0.25
"""Most marks beside the places, over those in place, as long as these."""
ON_PLACE = 0.18
"""Greatest distance of a tick from its place, over the period."""
MAX_SCATTER = 0.07
"""Greatest standard deviation of the ticks from their places, over the period; one pixel is allowed
anyway."""
BAND_PX = 8.0
"""Half-width of the band about the curve in which a mark's centre lies: longer ticks reach out to one
side."""
PIXEL_SCATTER = 1 / math.sqrt(12)
"""Least standard deviation of a tick's place: it was drawn or photographed in whole pixels."""
LONGER = 1.25
"""Least ratio of the median lengths of longer ticks and others."""
MIN_AGREEING = 0.85
"""Least share of ticks whose length agrees with the rule that says which are longer."""


@dataclass(frozen=True, slots=True)
class Comb:
    """Even ticks. Lengths in pixels of the image that the marks were found in.

    Attributes:
        period_px, period_uncertainty_px: distance of neighbouring ticks along the curve, and its standard
            uncertainty (of the slope of a straight line fitted to places against numbers).
        ticks: how many.
        longer_every: 2, 5 or 10: every so many-th tick is longer; None where no one rule holds.
        first, last: x, y of the outermost ticks.
        height_px: the longest tick.
    """

    period_px: float
    period_uncertainty_px: float
    ticks: int
    longer_every: int | None
    first: tuple[float, float]
    last: tuple[float, float]
    height_px: float


def fit_comb(marks: Marks, along: float) -> Comb | None:
    """The even ticks among marks about a line of direction `along` (radians); None where there are none."""
    on_curve, place = _curve(marks, along)
    if len(on_curve) < MIN_TICKS:
        return None
    order = np.argsort(place)
    ticks, place = on_curve.where(order), place[order]
    period = _period(place)
    if period is None:
        return None
    return _settled(ticks, place, *period)


def _curve(marks: Marks, along: float) -> tuple[Marks, NDArray[np.float64]]:
    """The marks on a gentle curve through most of them, and their places along it."""
    cos, sin = math.cos(along), math.sin(along)
    s = marks.x * cos + marks.y * sin
    across = marks.y * cos - marks.x * sin
    if len(marks) < MIN_TICKS:
        return marks, s
    base = s.mean()
    line = np.array([np.median(across)])
    # From a level line to an arc, as the marks allow; each round lets those go that lie off.
    for degree, band in ((0, 3.0), (1, 2.0), (1, 1.5), (2, 1.2), (2, 1.0)):
        near = np.abs(across - np.polyval(line, s - base)) < band * BAND_PX
        if np.count_nonzero(near) < MIN_TICKS:
            return marks.where(near), s[near]
        line = np.polyfit(s[near] - base, across[near], degree)
    near = np.abs(across - np.polyval(line, s - base)) < BAND_PX
    t = s[near] - base
    bend = np.polyder(line)
    slope = np.polyval(bend, t)
    # Ticks stand at right angles to the curve.
    tilt = np.abs(np.cos(marks.angle[near] - along - np.arctan(slope)))
    upright = tilt < math.sin(math.radians(22))
    return marks.where(np.flatnonzero(near)[upright]), _arc_length(t[upright], bend)


def _arc_length(t: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    grid = np.linspace(t.min(initial=0) - 1, t.max(initial=0) + 1, 200)
    steps = np.hypot(np.diff(grid), np.diff(np.polyval(np.polyint(slope), grid)))
    along: NDArray[np.float64] = np.interp(t, grid, np.concatenate([[0.0], np.cumsum(steps)]))
    return along


def _period(place: NDArray[np.float64]) -> tuple[float, float] | None:
    """Period and phase at which most marks stand, and few places are empty."""
    reach = float(place[-1] - place[0])
    longest = reach / (MIN_TICKS - 1)
    if longest <= MIN_PERIOD_PX:
        return None
    frequency = np.arange(1 / longest, 1 / MIN_PERIOD_PX, 0.15 / reach)
    phases = np.exp(-2j * np.pi * frequency[:, None] * place)
    coherence = np.abs(phases.mean(axis=1))
    best, found = 0.0, None
    for i in np.flatnonzero(coherence >= MIN_COHERENCE):
        f = frequency[i]
        phase = float(-np.angle(phases[i].mean()) / (2 * np.pi * f))
        number = np.round((place - phase) * f)
        near = np.abs((place - phase) * f - number) < ON_PLACE
        if np.count_nonzero(near) < MIN_TICKS:
            continue
        on = np.unique(number[near])
        score = float(coherence[i]) * min(1.0, len(on) / (on[-1] - on[0] + 1))
        if score > best:
            best, found = score, (1 / f, phase)
    return found


def _settled(marks: Marks, place: NDArray[np.float64], period: float, phase: float) -> Comb | None:
    for _ in range(3):
        number = np.round((place - phase) / period)
        error = (place - phase) / period - number
        kept = _run(number, np.abs(error), marks.length_px)
        if len(kept) < MIN_TICKS:
            return None
        period, phase = np.polyfit(number[kept], place[kept], 1)
        if period < MIN_PERIOD_PX:
            return None
    k = number[kept]
    residual = place[kept] - phase - period * k
    scatter = float(np.sqrt((residual**2).sum() / (len(kept) - 2)))
    ticks = marks.where(kept)
    if scatter > max(1.0, MAX_SCATTER * period) or len(kept) < MIN_OCCUPIED * (k[-1] - k[0] + 1):
        return None
    between = (place > place[kept[0]]) & (place < place[kept[-1]]) & (np.abs(error) > ON_PLACE)
    strays = between & (marks.length_px > 0.7 * np.median(ticks.length_px))
    if np.count_nonzero(strays) > MAX_STRAYS * len(kept):
        return None
    spread = max(scatter, PIXEL_SCATTER)
    return Comb(
        period_px=float(period),
        period_uncertainty_px=spread / float(np.sqrt(((k - k.mean()) ** 2).sum())),
        ticks=len(kept),
        longer_every=_longer_every(k.astype(int), ticks.length_px),
        first=(float(ticks.x[0]), float(ticks.y[0])),
        last=(float(ticks.x[-1]), float(ticks.y[-1])),
        height_px=float(ticks.length_px.max()),
    )


def _run(
    number: NDArray[np.float64], error: NDArray[np.float64], length: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Indices of the ticks of the longest row without a wide gap, one a place (the longest mark)."""
    good = np.flatnonzero(error < ON_PLACE)
    if not len(good):
        return good
    good = good[np.lexsort((-length[good], number[good]))]
    good = good[np.concatenate([[True], np.diff(number[good]) > 0])]
    parts = np.split(good, np.flatnonzero(np.diff(number[good]) > MAX_GAP + 1) + 1)
    return max(parts, key=len)


def _longer_every(number: NDArray[np.int_], length: NDArray[np.float64]) -> int | None:
    """The one rule by which some ticks are longer, of every 2nd, 5th or 10th; None where none fits."""
    fits = [every for every in (2, 5, 10) if _agrees(number, length, every)]
    if 5 in fits and 10 in fits:
        fits.remove(10)  # longer at 5 and longest at 10 agrees with both, and means the same
    return fits[0] if len(fits) == 1 else None


def _agrees(number: NDArray[np.int_], length: NDArray[np.float64], every: int) -> bool:
    fewest = 4 if every == 2 else 2
    for start in range(every):
        marked = (number - start) % every == 0
        if np.count_nonzero(marked) < fewest or np.count_nonzero(~marked) < fewest:
            continue
        longer, others = float(np.median(length[marked])), float(np.median(length[~marked]))
        if longer < LONGER * others:
            continue
        agreeing = (length > math.sqrt(longer * others)) == marked
        # One longer tick may be cut short by the frame, as long as enough are left.
        kept = np.count_nonzero(agreeing[marked])
        longer_agree = kept >= fewest and kept >= min(
            MIN_AGREEING * np.count_nonzero(marked), np.count_nonzero(marked) - 1
        )
        if longer_agree and agreeing[~marked].mean() >= MIN_AGREEING:
            return True
    return False
