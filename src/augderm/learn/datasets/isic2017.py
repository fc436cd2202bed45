"""ISIC 2017 challenge, Parts 1 and 3.

An image that is neither melanoma nor seborrheic keratosis is a naevus, as the challenge defines its third
class. Age and sex stand in a table among the images. The superpixel labels of Part 2 are not read: ISIC 2018
Task 2 labels the structures of the same images as masks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CLASS
from augderm.learn.datasets.tables import Row, flag_of, number_of, read_table, sex_of, splits_present
from augderm.learn.records import Record, SplitName

PARTS: Mapping[SplitName, str] = {"train": "Training", "validation": "Validation", "test": "Test_v2"}
TABLE = "ISIC-2017_{}_Part3_GroundTruth.csv"
COLUMNS = ("image_id", "melanoma", "seborrheic_keratosis")


def read(folder: Path) -> list[Record]:
    """The records of the splits that are there."""
    present = splits_present(folder, PARTS, TABLE)
    return [record for split, part in present.items() for record in _read(folder, split, part)]


def _read(folder: Path, split: SplitName, part: str) -> list[Record]:
    table = folder / TABLE.format(part)
    images = ImageFiles(folder, f"ISIC-2017_{part}_Data")
    masked = folder / f"ISIC-2017_{part}_Part1_GroundTruth"
    masks = ImageFiles(folder, masked.name) if masked.is_dir() else None
    persons = _persons(folder, part)
    records = []
    for row in read_table(table, COLUMNS):
        name = row["image_id"]
        code = _code(row, f"{table}: {name}")
        image = images.find(name)
        person = persons.get(name, {})
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="isic2017",
                group=name,
                fold=fold_of(name),
                split=split,
                aspect=aspect_of(folder / image),
                label=CLASS[code].label,
                malignant=CLASS[code].malignant,
                diagnosis={"bkl": "seborrheic keratosis", "mel": "melanoma", "nv": "nevus"}[code],
                mask=masks.get(f"{name}_segmentation") if masks else None,
                age_years=number_of(person.get("age_approximate"), f"{table}: {name}"),
                sex=sex_of(person.get("sex")),
            )
        )
    return records


def _code(row: Row, place: str) -> str:
    melanoma, keratosis = (flag_of(row[name], f"{place}: {name}", needed=True) for name in COLUMNS[1:])
    if melanoma and keratosis:
        raise InvalidDataset(f"{place}: it is melanoma and seborrheic keratosis; download the table anew")
    return "mel" if melanoma else "bkl" if keratosis else "nv"


def _persons(folder: Path, part: str) -> dict[str, Row]:
    """Age and sex by image, from the table among the images, however deep they were unpacked."""
    name = f"ISIC-2017_{part}_Data_metadata.csv"
    found = [*sorted((folder / f"ISIC-2017_{part}_Data").rglob(name)), *folder.glob(name)]
    return {row["image_id"]: row for row in read_table(found[0], ("image_id",))} if found else {}


DATASET = Dataset(
    name="isic2017",
    title="ISIC 2017 challenge, Parts 1 and 3",
    citation="Codella et al., ISBI 2018 (arXiv 1710.05006)",
    licence="CC-0",
    modality="dermoscopic",
    images=2750,
    gives="melanoma, seborrheic keratosis (bkl) or nevus; lesion mask; age, sex",
    layout=(
        "ISIC-2017_Training_Data/, ISIC-2017_Training_Part3_GroundTruth.csv",
        "ISIC-2017_Validation_Data/, ISIC-2017_Validation_Part3_GroundTruth.csv",
        "ISIC-2017_Test_v2_Data/, ISIC-2017_Test_v2_Part3_GroundTruth.csv (any of the three)",
        "ISIC-2017_Training_Part1_GroundTruth/ and likewise (optional: masks)",
    ),
    traps=(
        "no lesion or patient is given: each image is its own group; the check looks for near duplicates",
        "three classes of the seven only",
        "*_superpixels.png lie among the images and are not images",
    ),
    read=read,
)
