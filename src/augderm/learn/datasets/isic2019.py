"""ISIC 2019 challenge.

The training table has no image in UNK; the test table has, and further columns `score_weight` and
`validation_weight`, where present. Images of score weight 0 are left out. The test metadata give no lesion.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import ISIC_COLUMNS, one_hot
from augderm.learn.datasets.tables import Row, number_of, read_table, sex_of, splits_present, stated
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record, SplitName

PARTS: Mapping[SplitName, str] = {"train": "Training", "test": "Test"}
TABLE = "ISIC_2019_{}_GroundTruth.csv"
CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")


def read(folder: Path) -> list[Record]:
    """The records of the splits that are there: training, test, or both."""
    present = splits_present(folder, PARTS, TABLE)
    return [record for split, part in present.items() for record in _read(folder, split, part)]


def _read(folder: Path, split: SplitName, part: str) -> list[Record]:
    table = folder / TABLE.format(part)
    images = ImageFiles(folder, f"ISIC_2019_{part}_Input")
    persons = _persons(folder / f"ISIC_2019_{part}_Metadata.csv")
    records = []
    for row in read_table(table, ("image", *CLASSES)):
        name = row["image"]
        place = f"{table}: {name}"
        if number_of(row.get("score_weight"), place) == 0:
            continue
        column = one_hot(row, CLASSES, place)
        meaning = ISIC_COLUMNS[column]
        person = persons.get(name, {})
        image = images.find(name)
        group = stated(person.get("lesion_id")) or name
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="isic2019",
                group=group,
                fold=fold_of(group),
                split=split,
                aspect=aspect_of(folder / image),
                label=meaning.label,
                malignant=meaning.malignant,
                diagnosis=column.lower(),
                age_years=number_of(person.get("age_approx"), place),
                sex=sex_of(person.get("sex")),
                site=site_of(person.get("anatom_site_general")),
            )
        )
    return records


def _persons(path: Path) -> dict[str, Row]:
    return {row["image"]: row for row in read_table(path, ("image",))} if path.is_file() else {}


DATASET = Dataset(
    name="isic2019",
    title="ISIC 2019 challenge",
    citation="Tschandl et al. 2018; Codella et al., arXiv 1710.05006; Combalia et al., arXiv 1908.02288",
    licence="CC BY-NC 4.0",
    modality="dermoscopic",
    images=None,
    gives="eight diagnoses (squamous cell carcinoma outside of the taxonomy), lesion, age, sex, site",
    layout=(
        "ISIC_2019_Training_Input/, ISIC_2019_Training_GroundTruth.csv",
        "ISIC_2019_Training_Metadata.csv (lesions, persons: needed for an honest split)",
        "ISIC_2019_Test_Input/, ISIC_2019_Test_GroundTruth.csv, ISIC_2019_Test_Metadata.csv (optional)",
    ),
    traps=(
        "holds HAM10000, BCN20000 and MSK: never test on those when trained on this",
        "2,084 training images have no lesion_id: each is its own group",
        "UNK and images of score weight 0 of the test set: unlabelled, and left out",
        "names that end in _downsampled are their own images",
    ),
    read=read,
    counts={
        "ISIC_2019_Training_GroundTruth.csv": 25331,
        "ISIC_2019_Training_Metadata.csv": 25331,
        "ISIC_2019_Training_Input": 25331,
        "ISIC_2019_Test_GroundTruth.csv": 8238,
        "ISIC_2019_Test_Input": 8238,
    },
)
