"""Records as the sources of a read: files that lie there, and files written when their turn comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import overload

from augderm.cli.reading.sources import Source
from augderm.domain.errors import AugDermError
from augderm.learn.datasets.images import file_of, load_image
from augderm.learn.records import Record


class PreparedSources(Sequence[Source]):
    """Sources whose files are made when a process is about to read them, so that few are on disk at once."""

    def __init__(self, count: int, prepare: Callable[[int], Source]) -> None:
        """Take `count` sources; `prepare` makes the one of an index, and is called once for each."""
        self._count, self._prepare = count, prepare
        self._made: dict[int, Source] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Source: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Source]: ...
    def __getitem__(self, index: int | slice) -> Source | Sequence[Source]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        if index not in self._made:
            self._made[index] = self._prepare(index)
        return self._made[index]


def record_sources(records: Sequence[Record], scratch: Path) -> PreparedSources:
    """A source for each record; a member of an HDF5 file is written to `scratch` as a file of its own.

    The result files of record i are called i: names of images repeat between datasets.
    """

    def prepare(index: int) -> Source:
        record = records[index]
        output = PurePath(str(index))
        if file_of(record) == record.path:
            return Source(str(record.path), output)
        path = scratch / f"{index}.image"
        try:
            path.write_bytes(load_image(record))
        except AugDermError as error:
            return Source(str(record.path), output, problem=str(error))
        return Source(str(path), output)

    return PreparedSources(len(records), prepare)
