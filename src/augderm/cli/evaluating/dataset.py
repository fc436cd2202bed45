"""Which dataset and which bundle a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.learn.evaluation.held_out import INDEX_READER
from augderm.learn.records import Record
from augderm.reader.bundle import DEFAULT_BUNDLE

SHIPPED = "default"


def bundle_folder(name: str) -> Path:
    """The folder of a bundle; "default" is the shipped one."""
    return DEFAULT_BUNDLE if name == SHIPPED else Path(name)


def read_named(dataset: str, only: Sequence[str]) -> tuple[list[Record], str]:
    """The records of a dataset, and the name of its reader.

    Args:
        dataset: a folder with an `index.csv`, or NAME:FOLDER of the registry.
        only: names within it to keep; all where empty.

    Raises:
        InvalidDataset: no such folder or name, or it cannot be read.
    """
    name, mark, folder = dataset.partition(":")
    if Path(dataset).exists() or not mark:
        from augderm.learn.datasets.index_csv import read_index

        return read_index(Path(dataset), only), INDEX_READER
    from augderm.learn.datasets.registry import read_dataset

    records = read_dataset(name, Path(folder))
    known = {record.dataset for record in records}
    if missing := sorted(set(only) - known):
        raise InvalidDataset(f"{dataset}: holds no {', '.join(missing)}; it has {', '.join(sorted(known))}")
    return [record for record in records if not only or record.dataset in only], name
