"""The nearest of many vectors, exactly: every one is compared, in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 16_384
"""Vectors compared at once: few enough for the processor's cache, many enough for BLAS."""
UNIT_TOLERANCE = 1e-5
"""Farthest that the squared length of a unit vector may lie from 1; float32 rounds to about 1e-7."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """The nearest rows, nearest first; among equals the lower row first.

    rows: (m,) int64. distances: (m,) float64, cosine distance in 0..2.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float64]


def unit(vector: NDArray[np.floating]) -> Vectors:
    """A vector (E,) brought to length 1.

    Raises:
        ValueError: it has no direction: all 0, or not finite.
    """
    wide = np.asarray(vector, np.float64)
    length = float(np.sqrt(np.square(wide).sum()))
    if not (np.isfinite(length) and length > 0):
        raise ValueError(f"a vector of length {length} has no direction")
    return (wide / length).astype(np.float32)


def nearest(
    blocks: Sequence[Vectors],
    query: Vectors,
    count: int,
    allowed: Sequence[NDArray[np.bool_]] | None = None,
) -> Nearest:
    """The `count` nearest of all vectors by cosine distance, which orders unit vectors as Euclid's does.

    The float32 products only choose; what is within their rounding error of the last place is compared
    again in float64, so that the result does not depend on how vectors are cut into blocks.

    Args:
        blocks: (n, E) float32 each, of unit length; rows are counted on from block to block. A row that is
            not allowed may hold anything finite.
        query: (E,) float32 of unit length.
        count: at least 1; fewer are found where there are fewer.
        allowed: (n,) bool for each block: which rows count; all where None.
    """
    if count < 1:
        raise ValueError(f"count is {count}; ask for 1 or more")
    slack = query.size * float(np.finfo(np.float32).eps) + UNIT_TOLERANCE
    rows = np.zeros(0, np.int64)
    likeness = np.zeros(0, np.float32)
    start = 0
    for number, block in enumerate(blocks):
        for first in range(0, len(block), BLOCK_ROWS):
            part = block[first : first + BLOCK_ROWS]
            found = part @ query
            if allowed is not None:
                found[~allowed[number][first : first + BLOCK_ROWS]] = -np.inf
            floor = _last_place(likeness, count) - slack
            chosen = np.flatnonzero((found >= floor) & np.isfinite(found))
            rows = np.concatenate([rows, chosen + (start + first)])
            likeness = np.concatenate([likeness, found[chosen]])
            kept = likeness >= _last_place(likeness, count) - slack
            rows, likeness = rows[kept], likeness[kept]
        start += len(block)
    return closest_of(blocks, rows, query, count)


def closest_of(blocks: Sequence[Vectors], rows: NDArray[np.int64], query: Vectors, count: int) -> Nearest:
    """The `count` nearest among some rows, each compared in float64; see `nearest`.

    Args:
        blocks, query, count: as there.
        rows: (m,) int64, each once, in any order.
    """
    rows = np.sort(rows)
    ends = np.cumsum([len(block) for block in blocks])
    distances = np.zeros(len(rows))
    at = 0
    for block, end in zip(blocks, ends, strict=True):
        stop = int(np.searchsorted(rows, end))
        if stop > at:
            vectors = np.asarray(block[rows[at:stop] - (end - len(block))], np.float64)
            # Half the squared distance of unit vectors is their cosine distance, and 0 for equal ones.
            distances[at:stop] = np.square(vectors - query).sum(axis=1) / 2
            at = stop
    order = np.argsort(distances, kind="stable")[:count]
    return Nearest(rows[order], distances[order])


def _last_place(likeness: NDArray[np.float32], count: int) -> float:
    """The likeness of the `count`-th likest so far, -inf where there are fewer."""
    if len(likeness) < count:
        return -np.inf
    return float(np.partition(likeness, len(likeness) - count)[len(likeness) - count])
