"""Which dataset and which bundle a command line names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.evaluation.evaluation import JOIN
from augderm.learn.evaluation.held_out import INDEX_READER
from augderm.learn.records import Record
from augderm.reader.bundle import DEFAULT_BUNDLE

SHIPPED = "default"


def bundle_folder(name: str) -> Path:
    """The folder of a bundle; "default" is the shipped one."""
    return DEFAULT_BUNDLE if name == SHIPPED else Path(name)


def joined_names(joins: Sequence[str], known: Collection[str]) -> list[list[str]]:
    """The datasets that each NAME+NAME names.

    Raises:
        InvalidConfig: fewer than two different names, or one that no image is of.
    """
    found = [join.split(JOIN) for join in joins]
    for names in found:
        if len(set(names)) < 2 or len(set(names)) < len(names) or not set(names) <= set(known):
            raise InvalidConfig(
                f"--join {JOIN.join(names)}: give two or more of {', '.join(sorted(known))}, each once, with "
                f"{JOIN} between them"
            )
    return found


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
