"""HAM10000 as the Harvard Dataverse publishes it (doi:10.7910/DVN/DBW86T).

The table is a CSV, named `HAM10000_metadata` without an ending in the present version, `.csv` or `.tab`
in others. The test table of the same deposit has the same columns; the one of the ISIC challenge has one
column a class and is read by `isic2018`.
"""

from __future__ import annotations

from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CLASS
from augderm.learn.datasets.tables import (
    check_words,
    first_of,
    number_of,
    read_table,
    sex_of,
)
from augderm.learn.datasets.words import confirmation_of, site_of
from augderm.learn.records import Record, SplitName

ZERO_WEIGHT = frozenset({"ISIC_0035068"})
"""Test images that the ISIC 2018 Task 3 score gives weight 0 (isic-challenge-scoring): left out."""

COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
TRAIN_TABLES = ("HAM10000_metadata", "HAM10000_metadata.csv", "HAM10000_metadata.tab")
TEST_TABLES = ("ISIC2018_Task3_Test_GroundTruth.csv", "ISIC2018_Task3_Test_GroundTruth.tab")
TRAIN_FOLDERS = ("HAM10000_images_part_1", "HAM10000_images_part_2")
TEST_FOLDER = "ISIC2018_Task3_Test_Images"
MASKS = "HAM10000_segmentations_lesion_tschandl"


def read(folder: Path) -> list[Record]:
    """The training records, and those of the test set where its images are there."""
    records = _read(folder, first_of(folder, *TRAIN_TABLES), TRAIN_FOLDERS, "train")
    if (folder / TEST_FOLDER).is_dir():
        records += _read(folder, first_of(folder, *TEST_TABLES), (TEST_FOLDER,), "test")
    return records


def _read(folder: Path, table: Path, subfolders: tuple[str, ...], split: SplitName) -> list[Record]:
    rows = read_table(table, COLUMNS)
    check_words(table, rows, "image_id", "dx", CODES)
    images = ImageFiles(folder, *subfolders)
    masks = ImageFiles(folder, MASKS) if (folder / MASKS).is_dir() else None
    records = []
    for row in rows:
        name = row["image_id"]
        if name in ZERO_WEIGHT:
            continue
        image = images.find(name)
        diagnosis = row["dx"].strip().lower()
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="ham10000",
                group=row["lesion_id"],
                fold=fold_of(row["lesion_id"]),
                split=split,
                aspect=aspect_of(folder / image),
                label=CLASS[diagnosis].label,
                malignant=CLASS[diagnosis].malignant,
                diagnosis=diagnosis,
                mask=masks.get(f"{name}_segmentation") if masks else None,
                age_years=number_of(row["age"], f"{table}: {name}"),
                sex=sex_of(row["sex"]),
                site=site_of(row["localization"]),
                confirmed_by=confirmation_of(row["dx_type"]),
            )
        )
    return records


DATASET = Dataset(
    name="ham10000",
    title="HAM10000",
    citation="Tschandl, Rosendahl, Kittler, Sci Data 2018;5:180161",
    licence="CC BY-NC 4.0",
    modality="dermoscopic",
    images=11526,  # with the 1,511 of the test set
    gives="the seven diagnoses, lesion mask, lesion, age, sex, site, how confirmed",
    layout=(
        "HAM10000_metadata (or .csv, .tab)",
        "HAM10000_images_part_1/, HAM10000_images_part_2/",
        "HAM10000_segmentations_lesion_tschandl/ (optional: masks)",
        "ISIC2018_Task3_Test_Images/, ISIC2018_Task3_Test_GroundTruth.csv (optional: test)",
    ),
    traps=(
        "10,015 images show 7,470 lesions: split by lesion_id",
        "akiec joins actinic keratosis (indeterminate) and Bowen's disease (malignant): malignant is blank",
        "the same images are in ISIC 2018 Task 3 and ISIC 2019: never train on one and test on another",
        "test image ISIC_0035068 has weight zero and is left out",
    ),
    read=read,
)
