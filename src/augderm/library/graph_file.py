"""The layout of a usearch index file, checked before that library reads it.

Its reader trusts the numbers in the file: one that points elsewhere makes the process read foreign memory or
crash. An index may come with a library from anywhere, so every number is held against its bounds first. The
layout is that of usearch 2.26 with vectors (`index_dense_gt::save_to_stream`): a matrix of vectors, a head of
64 bytes, the graph's head of five numbers, the level of each node, and the nodes themselves.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidLibrary

HEAD_BYTES = 64
GRAPH_HEAD = struct.Struct("<5Q")
MATRIX_HEAD = struct.Struct("<2I")
MAGIC = b"usearch"
KINDS = slice(13, 17)
FLOAT16_COSINE_KINDS = bytes((99, 12, 14, 15))
"""Kinds of metric, scalar, key and slot, as usearch numbers them: cosine, float16, 64 and 32 bits."""
KEY_BYTES, LEVEL_BYTES, SLOT_BYTES = 8, 2, 4
SCALAR_BYTES = 2
FREE_KEY = np.uint64(2**64 - 1)
"""Key of a node whose case was removed."""
MAX_CONNECTIVITY = 256
CHECKED_AT_ONCE = 16_384
"""Lists of neighbours held in memory: of a million nodes they would take a gigabyte with their places."""


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Where things lie in a checked file: how many nodes, the position of each in bytes, their keys."""

    nodes: int
    dimensions: int
    positions: NDArray[np.int64]
    keys: NDArray[np.uint64]

    def vector_at(self, node: int) -> slice:
        """The bytes of a node's vector."""
        start = MATRIX_HEAD.size + node * self.dimensions * SCALAR_BYTES
        return slice(start, start + self.dimensions * SCALAR_BYTES)


def check_graph(data: NDArray[np.uint8], dimensions: int, rows: int) -> Graph:
    """Hold every number of an index file against its bounds.

    Args:
        data: the file's bytes.
        dimensions: of its vectors.
        rows: keys are below it, or free; there are at most so many vectors.

    Raises:
        InvalidLibrary: it is no such file, or a number is out of bounds.
    """
    try:
        return _checked(data, dimensions, rows)
    except (struct.error, ValueError, IndexError) as error:
        raise InvalidLibrary(f"the index is cut off or no index ({error})") from None


def _checked(data: NDArray[np.uint8], dimensions: int, rows: int) -> Graph:
    nodes, width = MATRIX_HEAD.unpack(data[: MATRIX_HEAD.size].tobytes())
    _need(nodes <= rows and width == dimensions * SCALAR_BYTES, "its matrix has another size")
    at = MATRIX_HEAD.size + nodes * width
    head = data[at : at + HEAD_BYTES].tobytes()
    _need(head.startswith(MAGIC) and head[KINDS] == FLOAT16_COSINE_KINDS, "it is of another kind")
    present, deleted, declared = struct.unpack_from("<3Q", head, KINDS.stop)
    _need(present + deleted == nodes and declared == dimensions, "its counts do not fit")
    at += HEAD_BYTES
    size, connectivity, base, top, entry = GRAPH_HEAD.unpack(data[at : at + GRAPH_HEAD.size].tobytes())
    _need(size == nodes and 0 < connectivity <= MAX_CONNECTIVITY, "its graph has another size")
    _need(0 < base <= 2 * MAX_CONNECTIVITY and entry < max(nodes, 1), "its graph begins nowhere")
    at += GRAPH_HEAD.size
    levels = np.frombuffer(data, "<i2", nodes, at).astype(np.int64)
    _need(bool((levels >= 0).all() and (levels <= top).all()), "a node has no such level")
    _need(nodes == 0 or int(levels[entry]) == top, "its graph begins below its top")
    at += nodes * LEVEL_BYTES
    first, other = SLOT_BYTES * (1 + base), SLOT_BYTES * (1 + connectivity)
    lengths = KEY_BYTES + LEVEL_BYTES + first + levels * other
    positions = at + np.concatenate([[0], np.cumsum(lengths)])
    _need(int(positions[-1]) == len(data), "it has another length than its nodes")
    positions = positions[:-1]
    keys = _numbers(data, positions, 1, "<u8")[:, 0]
    _need(bool(((keys < rows) | (keys == FREE_KEY)).all()), "a node has no such key")
    _need(
        bool((_numbers(data, positions + KEY_BYTES, 1, "<i2")[:, 0] == levels).all()), "two levels of a node"
    )
    lists = positions + KEY_BYTES + LEVEL_BYTES
    _check_lists(data, lists, base, levels, 0)
    for level in range(1, int(levels.max(initial=0)) + 1):
        on = np.flatnonzero(levels >= level)
        _check_lists(data, lists[on] + first + (level - 1) * other, connectivity, levels, level)
    return Graph(nodes, dimensions, positions, keys.astype(np.uint64))


def _check_lists(
    data: NDArray[np.uint8], at: NDArray[np.int64], longest: int, levels: NDArray[np.int64], level: int
) -> None:
    """Neighbours' lists (a count, then slots) at some positions: all of them nodes that have this level."""
    for start in range(0, len(at), CHECKED_AT_ONCE):
        part = at[start : start + CHECKED_AT_ONCE]
        counts = _numbers(data, part, 1, "<u4")[:, 0]
        _need(bool((counts <= longest).all()), "a list of neighbours is too long")
        slots = _numbers(data, part + SLOT_BYTES, longest, "<u4")
        used = slots[np.arange(longest) < counts[:, None]]
        _need(
            bool((used < len(levels)).all()) and bool((levels[used] >= level).all()), "a neighbour is no node"
        )


def _numbers(data: NDArray[np.uint8], at: NDArray[np.int64], count: int, kind: str) -> NDArray[np.integer]:
    """`count` numbers from each position, (len(at), count); positions are not aligned."""
    size = np.dtype(kind).itemsize * count
    return np.ascontiguousarray(data[at[:, None] + np.arange(size)]).view(kind)


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise InvalidLibrary(f"the index is damaged: {what}")
