"""All datasets by name, and reading one of them for training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from augderm.domain.errors import InvalidDataset
from augderm.learn.datasets import (
    bcn20000,
    class_folders,
    ddi,
    derm7pt,
    fitzpatrick17k,
    ham10000,
    index_csv,
    isic2016,
    isic2017,
    isic2018,
    isic2019,
    isic2020,
    isic2024,
    isic_archive,
    milk10k,
    pad_ufes_20,
    ph2,
)
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.records import Record, check_groups

DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        module.DATASET.name: module.DATASET
        for module in (
            index_csv,
            ham10000,
            isic2016,
            isic2017,
            isic2018,
            isic2019,
            isic2020,
            isic2024,
            bcn20000,
            milk10k,
            derm7pt,
            ph2,
            pad_ufes_20,
            fitzpatrick17k,
            ddi,
            isic_archive,
            class_folders,
        )
    }
)


def dataset_named(name: str) -> Dataset:
    """The dataset of this name.

    Raises:
        InvalidDataset: there is none.
    """
    if name not in DATASETS:
        raise InvalidDataset(f"no dataset is called {name!r}; there are {', '.join(DATASETS)}")
    return DATASETS[name]


def read_dataset(name: str, folder: Path) -> list[Record]:
    """The records of a dataset in its published layout, fit to be split.

    Args:
        name: in the registry.
        folder: holds what the dataset's `layout` says.

    Raises:
        InvalidDataset: no such dataset, a missing table, column or folder, a value outside of its table,
            or one group in two folds.
    """
    records = dataset_named(name).read(folder)
    check_groups(records)
    return records
