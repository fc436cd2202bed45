"""A hostile index file never reaches the reader that would believe it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.domain.errors import InvalidLibrary
from augderm.library.approximate import ApproximateIndex
from augderm.library.graph_file import GRAPH_HEAD, HEAD_BYTES, KEY_BYTES, LEVEL_BYTES, check_graph
from support.libraries import vectors

pytest.importorskip("usearch", reason="the extra `large` is not installed")
ROWS, SIZE = 200, 8
GRAPH_AT = 8 + ROWS * SIZE * 2 + HEAD_BYTES


def good() -> bytes:
    index = ApproximateIndex.empty(SIZE)
    index.add(vectors(ROWS, SIZE), np.arange(ROWS))
    return index.bytes_of()


GOOD = good()


def as_array(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def with_number(at: int, form: str, value: int) -> bytes:
    changed = bytearray(GOOD)
    struct.pack_into(form, changed, at, value)
    return bytes(changed)


FIRST_NODE = int(check_graph(as_array(GOOD), SIZE, ROWS).positions[0])
LIST = FIRST_NODE + KEY_BYTES + LEVEL_BYTES


@pytest.mark.parametrize(
    "data",
    [
        with_number(0, "<I", ROWS + 1),
        with_number(4, "<I", SIZE * 4),
        with_number(GRAPH_AT - HEAD_BYTES + 14, "<B", 11),
        with_number(GRAPH_AT, "<Q", ROWS - 1),
        with_number(GRAPH_AT + 8, "<Q", 2**40),
        with_number(GRAPH_AT + 32, "<Q", ROWS),
        with_number(GRAPH_AT + GRAPH_HEAD.size, "<h", -1),
        with_number(GRAPH_AT + GRAPH_HEAD.size, "<h", 9),
        with_number(FIRST_NODE, "<Q", ROWS),
        with_number(FIRST_NODE + KEY_BYTES, "<h", 3),
        with_number(LIST, "<I", 1000),
        with_number(LIST + 4, "<I", ROWS),
        b"",
        GOOD[:5],
        GOOD[: GRAPH_AT + 10],
        GOOD[:-1],
        GOOD + b"\0",
    ],
    ids=lambda data: str(len(data)),
)
def test_a_number_out_of_bounds_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidLibrary, match="index"):
        check_graph(as_array(data), SIZE, ROWS)


def test_an_index_over_other_vectors_is_refused() -> None:
    for size, rows in ((SIZE, ROWS - 1), (SIZE + 1, ROWS)):
        with pytest.raises(InvalidLibrary):
            check_graph(as_array(GOOD), size, rows)


@settings(max_examples=150)
@given(st.integers(8 + ROWS * SIZE * 2, len(GOOD) - 1), st.integers(1, 255))
def test_what_passes_can_be_searched_and_the_rest_is_refused(at: int, change: int) -> None:
    data = bytearray(GOOD)
    data[at] ^= change
    array = np.frombuffer(bytes(data), np.uint8)
    try:
        check_graph(array, SIZE, ROWS)
    except InvalidLibrary:
        return
    found = ApproximateIndex.of_bytes(array, SIZE).candidates(vectors(1, SIZE, seed=3)[0], 20)
    assert len(found) <= 20
