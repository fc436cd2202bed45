"""The index over many vectors, and what must hold of the package behind it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from augderm.analysis.nearest import nearest
from augderm.library.approximate import ApproximateIndex
from augderm.library.graph_file import check_graph
from support.libraries import vectors

pytest.importorskip("usearch", reason="the extra `large` is not installed")
Bytes = NDArray[np.uint8]


def index_of(held: NDArray[np.float32]) -> tuple[ApproximateIndex, Bytes]:
    index = ApproximateIndex.empty(held.shape[1])
    index.add(held, np.arange(len(held)))
    return index, np.frombuffer(index.bytes_of(), np.uint8)


def test_the_package_is_loaded_after_onnx_runtime_which_it_would_crash() -> None:
    code = (
        "import augderm.library.approximate as a; a.ApproximateIndex.empty(4); import onnxruntime; print(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120)
    assert done.stdout.strip() == b"1"


def test_it_finds_nearly_all_of_the_ten_nearest() -> None:
    held = vectors(2000, 12)
    index, _ = index_of(held)
    hits = [
        len(set(index.candidates(query, 10).tolist()) & set(nearest([held], query, 10).rows.tolist()))
        for query in vectors(40, 12, seed=1)
    ]
    assert sum(hits) / 400 >= 0.97


def test_a_saved_one_answers_alike_and_can_be_added_to_and_removed_from() -> None:
    held = vectors(300)
    index, data = index_of(held)
    query = held[17]
    assert (
        ApproximateIndex.of_bytes(data, 8).candidates(query, 5).tolist()
        == index.candidates(query, 5).tolist()
    )
    changed = ApproximateIndex.of_bytes(data, 8, change=True)
    changed.remove(np.array([17, 5_000]))
    changed.add(vectors(10, seed=9), np.arange(300, 310))
    assert len(changed) == 309
    assert 17 not in changed.candidates(query, 309)
    first = [changed.candidates(vector, 1).tolist() for vector in vectors(10, seed=9)]
    assert sum(found == [row] for found, row in zip(first, range(300, 310), strict=True)) >= 8
    again = np.frombuffer(changed.bytes_of(), np.uint8)
    check_graph(again, 8, 310)  # usearch puts new vectors where removed ones were
    found = set(ApproximateIndex.of_bytes(again, 8).candidates(query, 400).tolist())
    # The graph is built by several threads, and a search of it may miss a few.
    assert found <= set(range(310)) - {17}
    assert len(found) >= 300


def test_a_checked_file_tells_where_each_vector_lies() -> None:
    held = vectors(50)
    _, data = index_of(held)
    graph = check_graph(data, 8, 50)
    for node, key in enumerate(graph.keys):
        stored = data[graph.vector_at(node)].view(np.float16)
        np.testing.assert_allclose(stored, held[int(key)], atol=1e-3)
