"""Where one cloud of lesions may lie on another: triangles of neighbours that have the same form."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Points = NDArray[np.float64]

NEIGHBOURS = 7
"""Of each lesion, that triangles are made of; some are new, missing or not found, and the others suffice."""
FORM_REACH = 0.07
"""How far the ratios of two sides may differ: what perspective and bend do to neighbours, and their own
misplacement."""
MIN_FLATNESS = 0.15
"""Least height of a triangle over its longest side: a flatter one says little of the turn."""
MOST_GUESSES = 6000


def guesses(source: Points, to: Points, scales: tuple[float, float]) -> NDArray[np.complex128]:
    """Similarities that carry a triangle of the one cloud to one of the same form in the other.

    After the matching of star lists by triangles (Groth, Astron J 1986;91:1244). Turned any way, never
    mirrored.

    Args:
        source, to: (n, 2) and (m, 2) places, x and y.
        scales: least and greatest scale that is believed.

    Returns:
        (k, 2) complex: a and b of z -> a z + b, x as real part; the closest forms first.
    """
    ours, our_forms = _triangles(to)
    theirs, their_forms = _triangles(source)
    if not len(ours) or not len(theirs):
        return np.zeros((0, 2), np.complex128)
    near: list[list[int]] = list(KDTree(our_forms).query_ball_point(their_forms, FORM_REACH))  # type: ignore[arg-type]
    pairs = np.array([(i, j) for i, found in enumerate(near) for j in found], np.intp).reshape(-1, 2)
    away = np.hypot(*(their_forms[pairs[:, 0]] - our_forms[pairs[:, 1]]).T[:2])
    pairs = pairs[np.argsort(away, kind="stable")[:MOST_GUESSES]]
    z, w = _complex(source)[theirs[pairs[:, 0]]], _complex(to)[ours[pairs[:, 1]]]
    z_middle, w_middle = z.mean(axis=1), w.mean(axis=1)
    z_from, w_from = z - z_middle[:, None], w - w_middle[:, None]
    factor = (z_from.conj() * w_from).sum(axis=1) / (np.abs(z_from) ** 2).sum(axis=1)
    believed = (np.abs(factor) >= scales[0]) & (np.abs(factor) <= scales[1])
    return np.asarray(np.column_stack([factor, w_middle - factor * z_middle])[believed])


def best_guesses(
    found: NDArray[np.complex128], source: Points, to: Points, reach: float, count: int
) -> NDArray[np.complex128]:
    """The similarities that put the most lesions within `reach` of another one, each counted once."""
    if not len(found):
        return found
    moved = found[:, :1] * _complex(source)[None] + found[:, 1:]
    away, nearest = map(np.asarray, KDTree(to).query(np.stack([moved.real, moved.imag], axis=-1)))
    rows = np.repeat(np.arange(len(found)), len(source)).reshape(away.shape)
    taken = np.zeros((len(found), len(to)), bool)
    hit = away < reach
    taken[rows[hit], nearest[hit]] = True
    # Of as many, the closer ones.
    score = taken.sum(axis=1) - np.minimum(away / reach, 1).mean(axis=1)
    return found[np.argsort(-score, kind="stable")[:count]]


def _complex(points: Points) -> NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1])


def _triangles(points: Points) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Corners (k, 3), the one opposite the shortest side first, and forms (k, 3): the shorter sides over the
    longest, and which way round it goes.
    """
    if len(points) < 3:
        return np.zeros((0, 3), np.intp), np.zeros((0, 3))
    wanted = min(NEIGHBOURS + 1, len(points))
    near = np.asarray(KDTree(points).query(points, k=wanted)[1])
    corners = np.unique(
        np.sort([(row[0], *two) for row in near for two in combinations(row[1:], 2)], axis=1), axis=0
    )
    place = points[corners]
    sides = np.stack([np.hypot(*(place[:, i] - place[:, j]).T) for i, j in ((1, 2), (2, 0), (0, 1))], axis=1)
    order = np.argsort(sides, axis=1)
    corners = np.take_along_axis(corners, order, axis=1)
    sides = np.take_along_axis(sides, order, axis=1)
    place = points[corners]
    one, other = place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]
    area = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    longest = np.maximum(sides[:, 2], 1e-9)
    forms = np.column_stack([sides[:, 0] / longest, sides[:, 1] / longest, np.sign(area)])
    kept = np.abs(area) / longest**2 >= MIN_FLATNESS
    return corners[kept], forms[kept]
