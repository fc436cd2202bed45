"""Making a library, adding to it, and taking cases out: segment by segment, whole at every moment."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from augderm.domain.assessment import ModelName
from augderm.domain.errors import InvalidLibrary, OutputRefused
from augderm.domain.limits import MAX_LIBRARY_CASES
from augderm.domain.similar import OUTSIDE
from augderm.library.approximate import ApproximateIndex, load_index, usearch_installed
from augderm.library.graph_file import FREE_KEY, check_graph
from augderm.library.library import Library
from augderm.library.manifest import (
    MANIFEST,
    SEGMENT_ROWS,
    UNFINISHED,
    IndexFacts,
    Manifest,
    Segment,
    read_manifest,
    write_durably,
    write_manifest,
)
from augderm.library.segment import REMOVED, OpenSegment, Row, write_segment

LOCK = "lock"
INDEX_FROM = 200_000
"""Cases from which on an index is kept: below it, comparing all takes a few hundredths of a second."""
LONGEST_TAIL = 20_000
"""Rows beyond the index that are compared one by one; with more of them the index is extended."""


class LibraryWriter:
    """A library open for writing; use `create`, `resume` or `change`, as a context.

    What was added counts from `commit` on; an exception or a kill costs what was added since, and leaves the
    library as it was. A library that is being built has its manifest under another name until `finish`.
    """

    def __init__(self, folder: Path, manifest: Manifest, name: str) -> None:
        self._folder, self._manifest, self._name = folder, manifest, name
        self._pending: list[Row] = []
        self._counts: Counter[str] = Counter(manifest.diagnoses)

    @classmethod
    @contextmanager
    def create(cls, folder: Path, model: ModelName, embedding_size: int) -> Iterator[Self]:
        """Begin a library in a folder that is empty or not there yet.

        Raises:
            OutputRefused: the folder holds something, or cannot be written.
        """
        with _refusing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if any(entry.name != LOCK for entry in folder.iterdir()):
                raise OutputRefused(
                    f"{folder} holds files already; go on with an unfinished build with --resume, add to a "
                    "finished library with `augderm library add`, or give another folder"
                )
            with _locked(folder):
                manifest = Manifest(model=model, embedding_size=embedding_size)
                write_manifest(folder, manifest, UNFINISHED)
                yield cls(folder, manifest, UNFINISHED)

    @classmethod
    @contextmanager
    def resume(cls, folder: Path, model: ModelName) -> Iterator[Self]:
        """Go on with a library whose build was stopped.

        Raises:
            InvalidLibrary: there is none to go on with, or it is of another model.
        """
        with _refusing(folder), _locked(folder):
            if (folder / MANIFEST).is_file():
                raise InvalidLibrary(
                    f"{folder}: this library is finished; add to it with `augderm library add`"
                )
            yield cls._opened(folder, model, UNFINISHED)

    @classmethod
    @contextmanager
    def change(cls, folder: Path, model: ModelName | None) -> Iterator[Self]:
        """Open a finished library to add or remove cases.

        Args:
            folder: the library.
            model: that will place new cases; None where none are added.

        Raises:
            InvalidLibrary: there is none, it is damaged, or of another model.
        """
        if not folder.is_dir():
            read_manifest(folder)  # refuses it, with the reason
        with _refusing(folder), _locked(folder):
            yield cls._opened(folder, model, MANIFEST)

    @classmethod
    def _opened(cls, folder: Path, model: ModelName | None, name: str) -> Self:
        manifest = read_manifest(folder, name)
        if model is not None:
            check_model(folder, manifest, model)
        opened = cls(folder, manifest, name)
        opened._clear()
        return opened

    @property
    def manifest(self) -> Manifest:
        """What is committed."""
        return self._manifest

    def reader(self) -> Library:
        """What is committed, open for reading."""
        return Library(self._folder, manifest_name=self._name)

    def add(self, row: Row) -> None:
        """Take a case, to be written by `commit`.

        Raises:
            InvalidLibrary: the library is full.
        """
        if row.case is None:
            raise ValueError("a removed row cannot be added")
        if self._manifest.rows + len(self._pending) >= MAX_LIBRARY_CASES:
            raise InvalidLibrary(
                f"{self._folder}: the limit is {MAX_LIBRARY_CASES} cases; make a second library"
            )
        self._pending.append(row)
        self._counts[row.case.code or OUTSIDE] += 1

    def name_source(self, name: str, words: str) -> None:
        """Note a dataset's licence and citation, written by the next `commit`."""
        self._manifest = replace(self._manifest, sources={**self._manifest.sources, name: words})

    def commit(self) -> None:
        """Write what was added; from here on it is part of the library.

        A last segment that is not full is written anew, together with the new cases.
        """
        segments = list(self._manifest.segments)
        rows = self._pending
        if rows and segments and segments[-1].rows < SEGMENT_ROWS:
            rows = [*self._rows_of(segments.pop()), *rows]
        revision = self._manifest.revision + 1
        for start in range(0, len(rows), SEGMENT_ROWS):
            name = f"segment-{len(segments):05d}-{revision:06d}"
            segments.append(write_segment(self._folder, name, rows[start : start + SEGMENT_ROWS]))
        self._pending = []
        self._write(segments=tuple(segments))

    def remove(self, rows: Collection[int]) -> None:
        """Take cases out, and off the disk: vector, line and thumbnail, and their vector in the index.

        Args:
            rows: their numbers; they are not given to others.
        """
        wanted = np.array(sorted(rows), np.int64)
        revision, start = self._manifest.revision + 1, 0
        segments = []
        for number, segment in enumerate(self._manifest.segments):
            inside = wanted[(wanted >= start) & (wanted < start + segment.rows)] - start
            start += segment.rows
            if len(inside):
                held = list(self._rows_of(segment))
                for row in inside:
                    if (case := held[row].case) is not None:
                        self._counts[case.code or OUTSIDE] -= 1
                    held[row] = Row(None, held[row].vector)
                segment = write_segment(self._folder, f"segment-{number:05d}-{revision:06d}", held)  # noqa: PLW2901
            segments.append(segment)
        index = self._manifest.index
        if index is not None:
            index = self._index_without(index, wanted[wanted < index.rows], revision)
        self._write(segments=tuple(segments), index=index)

    def finish(self) -> None:
        """Make a built library one that can be used."""
        write_manifest(self._folder, self._manifest)
        if self._name == UNFINISHED:
            (self._folder / UNFINISHED).unlink()
        self._name = MANIFEST

    def extend_index(
        self,
        on_progress: Callable[[int], None],
        *,
        index_from: int = INDEX_FROM,
        longest_tail: int = LONGEST_TAIL,
    ) -> bool:
        """Have the index cover all rows, where there are so many cases that one is worth it.

        Args:
            on_progress: hears how many rows are in; what it raises leaves the library as it was.
            index_from, longest_tail: see the constants.

        Returns:
            whether an index was wanted that could not be made: usearch is not installed.
        """
        manifest = self._manifest
        facts = manifest.index
        behind = manifest.rows - (facts.rows if facts else 0)
        if manifest.cases < index_from or behind <= (longest_tail if facts else 0):
            return False
        if not usearch_installed():
            return True
        size, done = manifest.embedding_size, 0
        index = ApproximateIndex.empty(size)
        if facts:
            data = load_index(self._folder / facts.file)
            check_graph(data, size, facts.rows)
            index, done = ApproximateIndex.of_bytes(data, size, change=True), facts.rows
        start = 0
        for segment in manifest.segments:
            if start + segment.rows > done:
                opened = OpenSegment(self._folder, segment, size)
                new = np.flatnonzero((opened.kinds != REMOVED) & (np.arange(len(opened)) + start >= done))
                index.add(opened.vectors[new], new + start)
                on_progress(start + len(opened))
            start += segment.rows
        self._write(index=self._index_file(index, manifest.rows, manifest.revision + 1))
        return False

    def _index_without(self, facts: IndexFacts, rows: NDArray[np.int64], revision: int) -> IndexFacts | None:
        if not len(rows):
            return facts
        if not usearch_installed():
            return None  # it would go on holding their vectors
        size = self._manifest.embedding_size
        data = load_index(self._folder / facts.file)
        check_graph(data, size, facts.rows)
        index = ApproximateIndex.of_bytes(data, size, change=True)
        index.remove(rows)
        return self._index_file(index, facts.rows, revision)

    def _index_file(self, index: ApproximateIndex, rows: int, revision: int) -> IndexFacts:
        data = np.frombuffer(bytearray(index.bytes_of()), np.uint8)
        graph = check_graph(data, self._manifest.embedding_size, rows)
        for node in np.flatnonzero(graph.keys == FREE_KEY):
            data[graph.vector_at(int(node))] = 0  # usearch only forgets the key
        name = f"index-{revision:06d}.usearch"
        return IndexFacts(name, rows, write_durably(self._folder / name, data.data))

    def _rows_of(self, segment: Segment) -> Iterator[Row]:
        opened = OpenSegment(self._folder, segment, self._manifest.embedding_size)
        return (opened.row(row) for row in range(len(opened)))

    def _write(
        self,
        *,
        segments: tuple[Segment, ...] | None = None,
        index: IndexFacts | Literal["keep"] | None = "keep",
    ) -> None:
        counts = {code: count for code, count in self._counts.items() if count}
        manifest = self._manifest
        self._manifest = replace(
            manifest,
            revision=manifest.revision + 1,
            cases=sum(counts.values()),
            diagnoses=counts,
            segments=manifest.segments if segments is None else segments,
            index=manifest.index if isinstance(index, str) else index,
        )
        write_manifest(self._folder, self._manifest, self._name)
        self._clear()

    def _clear(self) -> None:
        """Remove what an earlier revision or a killed run left."""
        kept = {segment.folder for segment in self._manifest.segments}
        kept |= {self._manifest.index.file} if self._manifest.index else set()
        for entry in self._folder.iterdir():
            if entry.name in kept or entry.is_symlink():
                continue
            if entry.is_dir() and entry.name.startswith(("segment-", "partial-segment-")):
                shutil.rmtree(entry)
            elif entry.is_file() and entry.name.startswith("index-"):
                entry.unlink()


def check_model(folder: Path, manifest: Manifest, model: ModelName) -> None:
    """Refuse a library of another model: places given by two networks cannot be compared.

    Raises:
        InvalidLibrary: the bundle's sha256 differs.
    """
    if manifest.model.sha256 != model.sha256:
        raise InvalidLibrary(
            f"{folder} was made by {manifest.model.name} {manifest.model.version} "
            f"({manifest.model.sha256[:12]}), the model here is {model.name} {model.version} "
            f"({model.sha256[:12]}); give that model with --model, or build a library with this one"
        )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / LOCK, timeout=0):
            yield
    except Timeout:
        raise OutputRefused(f"{folder}: another process is writing to this library; wait for it") from None


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise  # of what is printed meanwhile
    except OSError as error:
        raise OutputRefused(
            f"{folder} cannot be written ({error.strerror or error}); what was written before is whole: free "
            "some disk or check the folder's owner and mode, and try again"
        ) from None
