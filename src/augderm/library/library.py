"""An open library: checked as a whole, searched without being loaded as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.nearest import Nearest, Vectors, closest_of, nearest, unit
from augderm.domain.assessment import ModalityName
from augderm.domain.errors import InvalidLibrary
from augderm.domain.similar import KnownCase, LibraryFacts, Neighbour
from augderm.library.approximate import ApproximateIndex, load_index, usearch_installed
from augderm.library.graph_file import check_graph
from augderm.library.manifest import MANIFEST, Manifest, check_file, read_manifest
from augderm.library.segment import KIND_OF, REMOVED, OpenSegment, check_thumbnail

FIRST_FETCH = 2
"""So many times the cases wanted are fetched at first, since several may be of one group."""
NEXT_FETCH = 4
"""So many times as many again, where that was not enough."""
SPARE_CANDIDATES = 16
"""Candidates asked of an index beyond those fetched: it rounds to float16."""


class Library:
    """A library of cases, open for reading.

    Attributes:
        folder: where it lies, as given.
        manifest: what it holds.
        blocks: the vectors of each segment, (n, E) float32, memory-mapped.
    """

    def __init__(self, folder: Path, *, manifest_name: str = MANIFEST) -> None:
        """Open and check a library.

        Raises:
            InvalidLibrary: it is missing, unfinished, changed, cut off, or of another version.
        """
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder, manifest_name)
        size = self.manifest.embedding_size
        self._segments = [OpenSegment(folder, segment, size) for segment in self.manifest.segments]
        self.blocks: list[Vectors] = [np.asarray(segment.vectors) for segment in self._segments]
        self._starts = np.cumsum([0, *map(len, self._segments)])
        kinds = [segment.kinds for segment in self._segments]
        if (found := sum(int((kind != REMOVED).sum()) for kind in kinds)) != self.manifest.cases:
            raise InvalidLibrary(
                f"{folder}: {found} cases, {MANIFEST} says {self.manifest.cases}; build the library anew"
            )
        self._allowed = {name: [kind == code for kind in kinds] for name, code in KIND_OF.items()}
        self._kinds = np.concatenate([np.zeros(0, np.uint8), *kinds])
        self._index = self._open_index()
        indexed = self.manifest.index.rows if self.manifest.index and self._index else 0
        self._tail = {
            name: [
                allowed & (np.arange(len(allowed)) + start >= indexed)
                for allowed, start in zip(masks, self._starts, strict=False)
            ]
            for name, masks in self._allowed.items()
        }
        self._first_tail = int(np.searchsorted(self._starts, indexed, side="right")) - 1

    def _open_index(self) -> ApproximateIndex | None:
        facts = self.manifest.index
        if facts is None or not usearch_installed():
            return None
        path = self.folder / facts.file
        check_file(path, facts.facts)
        data = load_index(path)
        try:
            check_graph(data, self.manifest.embedding_size, facts.rows)
        except InvalidLibrary as error:
            raise InvalidLibrary(f"{path}: {error}; build the library anew") from None
        return ApproximateIndex.of_bytes(data, self.manifest.embedding_size)

    @property
    def facts(self) -> LibraryFacts:
        """What a reader of an answer must know of the library."""
        manifest = self.manifest
        return LibraryFacts(
            name=str(self.folder),
            cases=manifest.cases,
            diagnoses=manifest.diagnoses,
            model=manifest.model,
            sources=tuple(manifest.sources.values()),
            exact=self._index is None,
        )

    def cases(self) -> Iterator[tuple[int, KnownCase]]:
        """Row and case of every case.

        Raises:
            InvalidLibrary: one of them is broken.
        """
        for segment, start in zip(self._segments, self._starts, strict=False):
            for row, case in segment.cases():
                yield int(start) + row, case

    def neighbours(
        self, embedding: NDArray[np.float32], count: int, modality: ModalityName, sha256: str | None = None
    ) -> tuple[list[Neighbour], int]:
        """The nearest cases of a modality, one of each group, nearest first.

        Args:
            embedding: (E,) of the image, of any length.
            count: how many cases; fewer where there are fewer.
            modality: only cases photographed alike.
            sha256: of the image: where the library holds that very file, its group is left out.

        Returns:
            the neighbours, and how many images of the image's own group were passed over.

        Raises:
            InvalidLibrary: a case or thumbnail is broken.
        """
        query = unit(embedding)
        fetch = FIRST_FETCH * count
        while True:
            found = self._nearest(query, fetch, modality)
            cases = [self._neighbour(*place) for place in zip(found.rows, found.distances, strict=True)]
            own = {n.case.group for n in cases if sha256 is not None and n.case.sha256 == sha256}
            by_group: dict[str, Neighbour] = {}
            for neighbour in cases:
                if neighbour.case.group not in own:
                    by_group.setdefault(neighbour.case.group, neighbour)
            if len(by_group) >= count or len(cases) < fetch:
                chosen = list(by_group.values())[:count]
                for neighbour in chosen:
                    check_thumbnail(neighbour.thumbnail)
                return chosen, sum(neighbour.case.group in own for neighbour in cases)
            fetch *= NEXT_FETCH

    def _neighbour(self, row: int, distance: float) -> Neighbour:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        held = self._segments[number].row(int(row - self._starts[number]))
        if held.case is None:
            raise InvalidLibrary(f"{self.folder}: kinds.npy and cases.jsonl differ; build the library anew")
        return Neighbour(held.case, float(distance), held.thumbnail)

    def _nearest(self, query: Vectors, count: int, modality: ModalityName) -> Nearest:
        if self._index is not None:
            rows = self._index.candidates(query, count + SPARE_CANDIDATES)
            rows = rows[self._kinds[rows] == KIND_OF[modality]]
            first = self._first_tail
            tail = nearest(self.blocks[first:], query, count, self._tail[modality][first:])
            rows = np.concatenate([rows, tail.rows + self._starts[first]])
            if len(rows) >= count:
                return closest_of(self.blocks, rows, query, count)
            # Too few of this modality nearby for the index to find: compare all.
        return nearest(self.blocks, query, count, self._allowed[modality])
