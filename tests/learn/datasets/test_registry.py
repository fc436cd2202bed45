from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.formats.raster import decode_image
from augderm.learn.datasets.images import load_image
from augderm.learn.datasets.registry import DATASETS, read_dataset
from augderm.learn.records import check_groups
from support.miniatures.registry import MINIATURES

pytest_plugins = ("support.miniatures.fixtures",)

DOCS = Path(__file__).parents[3] / "docs/reference/datasets.md"


def test_each_dataset_has_a_miniature() -> None:
    assert set(DATASETS) == set(MINIATURES)


@pytest.mark.parametrize("name", DATASETS)
def test_each_dataset_gives_records_that_can_be_split_and_decoded(
    name: str, mini: Callable[[str], Path]
) -> None:
    folder = mini(name)
    records = read_dataset(name, folder)
    check_groups(records)
    assert all(record.folder == folder and record.group and 0 <= record.fold < 5 for record in records)
    assert {decode_image(load_image(record)).pixels.shape for record in records} == {(72, 96, 3)}
    assert all((folder / record.mask).exists() for record in records if record.mask)


@pytest.mark.parametrize("name", DATASETS)
def test_each_dataset_says_what_is_missing_in_an_empty_folder(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=re.escape(str(tmp_path))):
        read_dataset(name, tmp_path)


TABLES = [
    (name, path)
    for name, paths in {
        "ham10000": ["HAM10000_metadata", "ISIC2018_Task3_Test_GroundTruth.csv"],
        "isic2016": ["ISBI2016_ISIC_Part3_Training_GroundTruth.csv"],
        "isic2017": ["ISIC-2017_Training_Part3_GroundTruth.csv"],
        "isic2018": [
            "ISIC2018_Task3_Training_GroundTruth/ISIC2018_Task3_Training_GroundTruth.csv",
            "ISIC2018_Task3_Training_LesionGroupings.csv",
        ],
        "isic2019": ["ISIC_2019_Training_GroundTruth.csv", "ISIC_2019_Training_Metadata.csv"],
        "isic2020": ["ISIC_2020_Training_GroundTruth_v2.csv", "ISIC_2020_Training_Duplicates.csv"],
        "isic2024": ["train-metadata.csv"],
        "bcn20000": ["bcn_20k_train.csv"],
        "milk10k": ["MILK10k_Training_Metadata.csv", "MILK10k_Training_GroundTruth.csv"],
        "derm7pt": ["meta/meta.csv", "meta/train_indexes.csv"],
        "ph2": ["PH2_dataset.txt"],
        "pad_ufes_20": ["metadata.csv"],
        "fitzpatrick17k": ["fitzpatrick17k.csv"],
        "ddi": ["ddi_metadata.csv"],
        "isic_archive": ["metadata.csv"],
        "index": ["index.csv"],
    }.items()
    for path in paths
]


def test_each_dataset_that_has_a_table_is_tried_without_its_rows() -> None:
    assert {name for name, _ in TABLES} == set(DATASETS) - {"class_folders"}


@pytest.mark.parametrize(("name", "path"), TABLES)
def test_each_dataset_refuses_a_table_that_lost_its_rows(
    name: str, path: str, mini: Callable[[str], Path]
) -> None:
    folder = mini(name)
    table = folder / path
    headed = name != "isic2016"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:headed]))
    with pytest.raises(InvalidDataset, match=rf"{re.escape(str(table))}: (has )?no row"):
        read_dataset(name, folder)


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"class_folders", "ph2"}))
def test_each_dataset_names_a_missing_column(name: str, mini: Callable[[str], Path]) -> None:
    folder = mini(name)
    tables = [path for path in folder.rglob("*") if path.suffix == ".csv" or path.name == "HAM10000_metadata"]
    for table in tables:
        table.write_text("colour,size\nred,3\n")
    with pytest.raises(InvalidDataset, match=r"no column|is none of"):
        read_dataset(name, folder)


@pytest.mark.parametrize(
    "name", sorted(set(DATASETS) - {"class_folders", "index", "derm7pt", "ddi", "isic_archive", "isic2017"})
)
def test_each_dataset_says_when_its_images_are_not_unpacked(name: str, mini: Callable[[str], Path]) -> None:
    folder = mini(name)
    for path in folder.iterdir():
        if path.is_dir() and not list(path.rglob("*.csv")):
            shutil.rmtree(path)
        elif path.suffix == ".hdf5":
            path.unlink()
    with pytest.raises(InvalidDataset, match="there is no folder"):
        read_dataset(name, folder)


def test_an_unknown_name_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="no dataset is called 'ham'; there are index, ham10000"):
        read_dataset("ham", tmp_path)


def test_the_document_says_what_the_registry_says() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for dataset in DATASETS.values():
        assert f"## {dataset.name}\n" in text
        for fact in (dataset.title, dataset.citation, dataset.licence, dataset.gives):
            assert fact in text, (dataset.name, fact)
        for line in (*dataset.layout, *dataset.traps):
            assert line in text, (dataset.name, line)
