"""An index over very many vectors: a navigable graph (HNSW; Malkov and Yashunin, TPAMI 2020) by usearch.

The only place that imports usearch, which is an extra: without it a large library is searched exactly, and
slower. The index only chooses candidates; their distances come from `analysis.nearest`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

# Before usearch: loaded after it, ONNX Runtime 1.32 ends the process (usearch 2.26 makes the symbols of its
# numkong global). tests/library/test_approximate.py holds the order.
from augderm.reader.runtime import ort as _first  # noqa: F401

if TYPE_CHECKING:
    from augderm.analysis.nearest import Vectors

CONNECTIVITY = 16
EXPANSION_ADD = 128
EXPANSION_SEARCH = 256
"""usearch's names for M, efConstruction and efSearch; docs/explain/similar-cases.md has what they recall."""


def usearch_installed() -> bool:
    """Whether the extra is there."""
    from importlib.util import find_spec

    return find_spec("usearch") is not None


class ApproximateIndex:
    """Candidates for the nearest of very many vectors, by the numbers of their rows."""

    def __init__(self, index: Any, kept: object = None) -> None:
        """Wrap usearch's index; `kept` must live as long as it does."""
        self._index, self._kept = index, kept

    @classmethod
    def empty(cls, dimensions: int) -> ApproximateIndex:
        """An index (E = dimensions) without vectors."""
        from usearch.index import Index

        return cls(
            Index(
                ndim=dimensions,
                metric="cos",
                dtype="f16",
                connectivity=CONNECTIVITY,
                expansion_add=EXPANSION_ADD,
                expansion_search=EXPANSION_SEARCH,
            )
        )

    @classmethod
    def of_bytes(cls, data: NDArray[np.uint8], dimensions: int, *, change: bool = False) -> ApproximateIndex:
        """The index that `bytes_of` gave, after `graph_file.check_graph` let it pass.

        Args:
            data: its bytes, memory-mapped or not; they are read where they lie unless `change`.
            dimensions: of its vectors.
            change: it will be added to.
        """
        index = cls.empty(dimensions)._index
        if change:
            index.load(data.tobytes())
        else:
            index.view(data.data)
        return cls(index, kept=data)

    def add(self, vectors: Vectors, rows: NDArray[np.int64]) -> None:
        """Add vectors (n, E) as these rows (n,)."""
        self._index.add(rows.astype(np.uint64), np.ascontiguousarray(vectors))

    def remove(self, rows: NDArray[np.int64]) -> None:
        """Find these rows no more; those that are not in it are passed over."""
        self._index.remove(rows.astype(np.uint64))

    def candidates(self, query: Vectors, count: int) -> NDArray[np.int64]:
        """About the `count` nearest rows, nearest first; fewer where it holds fewer."""
        found = self._index.search(query, count)
        rows: NDArray[np.int64] = np.asarray(found.keys, np.uint64).astype(np.int64)
        return rows

    def bytes_of(self) -> bytes:
        """The index as a file."""
        return bytes(self._index.save())

    def __len__(self) -> int:
        return len(self._index)


def load_index(path: Path) -> NDArray[np.uint8]:
    """The bytes of an index file, memory-mapped."""
    data: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
    return data
