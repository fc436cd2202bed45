"""How fast similar cases are found among very many, and how many of the true ones: for `augderm bench`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from augderm.analysis.nearest import Vectors, nearest, unit
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.cli.filling import Progress
from augderm.domain.assessment import ModelName
from augderm.domain.similar import KnownCase
from augderm.domain.taxonomy import CODES
from augderm.formats.thumbnail import thumbnail_of
from augderm.library.library import Library
from augderm.library.manifest import SEGMENT_ROWS
from augderm.library.segment import Row
from augderm.library.writer import INDEX_FROM, LibraryWriter

SIZE = 256
"""Of the shipped model's embedding."""
LATENT, CENTRES, NOISE = 16, 300, 0.1
"""Synthetic embeddings lie about `CENTRES` places of a surface of `LATENT` dimensions, with noise on each of
their numbers. Evenly spread vectors would have no near neighbours, as no real embedding does."""
QUERIES = 100
COUNT = 10

Measured = tuple[str, str, str]
"""What, the value, what is wanted."""


class Synthetic:
    """Embeddings drawn as a network's might lie: centres, a smooth map, an activation, noise."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._centres = self._rng.normal(size=(CENTRES, LATENT))
        self._map = self._rng.normal(size=(LATENT, SIZE))

    def draw(self, count: int) -> Vectors:
        """Unit vectors (count, SIZE)."""
        rng = self._rng
        latent = self._centres[rng.integers(CENTRES, size=count)] + 0.5 * rng.normal(size=(count, LATENT))
        raw = latent @ self._map
        raw = raw / (1 + np.exp(-raw)) + NOISE * rng.normal(size=raw.shape)
        return np.stack([unit(vector) for vector in raw])


def measure_cases(count: int, folder: Path) -> Iterator[Measured]:
    """Make a library of so many synthetic cases in `folder`, and time its answers.

    Exact search is timed on as many of them as are searched exactly in earnest.
    """
    synthetic = Synthetic()
    seconds = seconds_of(lambda: _write(folder, count, synthetic))
    yield f"library of {count:,} cases, made and indexed", f"{seconds:.0f} s", ""
    library = Library(folder)
    queries = synthetic.draw(QUERIES)
    library.neighbours(queries[0], COUNT, "dermoscopic")
    times = [seconds_of(lambda q=q: library.neighbours(q, COUNT, "dermoscopic")) for q in queries]  # type: ignore[misc]
    yield f"similar among {count:,} cases", f"{statistics.median(times) * 1000:.1f} ms", "<= 20 ms"
    yield (
        f"similar among {count:,} cases, slowest of {QUERIES}",
        f"{max(times) * 1000:.1f} ms",
        "",
    )
    hits = 0
    for query in queries:
        found = {n.case.image for n in library.neighbours(query, COUNT, "dermoscopic")[0]}
        hits += len(found & {str(row) for row in nearest(library.blocks, query, COUNT).rows})
    yield f"of the true {COUNT} nearest found", f"{hits / QUERIES / COUNT:.3f}", ">= 0.97"
    few = library.blocks[: max(1, min(count, INDEX_FROM) // SEGMENT_ROWS)]
    times = [seconds_of(lambda q=q: nearest(few, q, COUNT)) for q in queries]  # type: ignore[misc]
    rows = sum(map(len, few))
    yield f"exact among {rows:,} vectors", f"{statistics.median(times) * 1000:.1f} ms", ""


def _write(folder: Path, count: int, synthetic: Synthetic) -> None:
    thumbnail = thumbnail_of(draw_phantom(PhantomSpec()).pixels)
    model = ModelName("synthetic", "0", "0" * 64)
    with LibraryWriter.create(folder, model, SIZE) as writer:
        with Progress("written", count) as written:
            for start in range(0, count, SEGMENT_ROWS):
                for number, vector in enumerate(synthetic.draw(min(SEGMENT_ROWS, count - start)), start):
                    writer.add(Row(_case(number), vector, thumbnail))
                writer.commit()
                written.at(min(start + SEGMENT_ROWS, count))
        with Progress("indexed", count) as indexed:
            writer.extend_index(indexed.at)
        writer.finish()


def _case(number: int) -> KnownCase:
    code = CODES[number % len(CODES)]
    return KnownCase(
        image=str(number),
        dataset="synthetic",
        group=str(number),
        sha256=f"{number:064x}",
        diagnosis=code,
        code=code,
        malignant=None,
        modality="dermoscopic",
        confirmed_by="synthetic",
    )


def seconds_of(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
