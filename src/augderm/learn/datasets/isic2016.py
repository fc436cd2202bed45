"""ISIC 2016 (ISBI challenge), Parts 1 and 3.

The tables have no header: image, then benign or malignant (in the training table) or 0.0 or 1.0 (in the
test table). The challenge calls its two classes melanoma and benign, the table says malignant: since the
table gives no diagnosis, records have malignant and no class. Age and sex are not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.tables import read_table, splits_present
from augderm.learn.records import Record, SplitName

MALIGNANT: Mapping[str, bool] = {
    "benign": False,
    "malignant": True,
    "0.0": False,
    "1.0": True,
    "0": False,
    "1": True,
}
PARTS: Mapping[SplitName, str] = {"train": "Training", "test": "Test"}
TABLE = "ISBI2016_ISIC_Part3_{}_GroundTruth.csv"


def read(folder: Path) -> list[Record]:
    """The records of the splits that are there: training, test, or both."""
    present = splits_present(folder, PARTS, TABLE)
    return [record for split, part in present.items() for record in _read(folder, split, part)]


def _read(folder: Path, split: SplitName, part: str) -> list[Record]:
    table = folder / TABLE.format(part)
    images = ImageFiles(folder, f"ISBI2016_ISIC_Part3_{part}_Data", f"ISBI2016_ISIC_Part1_{part}_Data")
    masked = folder / f"ISBI2016_ISIC_Part1_{part}_GroundTruth"
    masks = ImageFiles(folder, masked.name) if masked.is_dir() else None
    records = []
    for row in read_table(table, ("image", "truth"), header=False):
        name, truth = row["image"], row["truth"].strip()
        if truth not in MALIGNANT:
            raise InvalidDataset(
                f"{table}: {name}: {truth!r} is none of {', '.join(MALIGNANT)}; download it anew"
            )
        image = images.find(name)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="isic2016",
                group=name,
                fold=fold_of(name),
                split=split,
                aspect=aspect_of(folder / image),
                label=None,
                malignant=MALIGNANT[truth],
                diagnosis="malignant" if MALIGNANT[truth] else "benign",
                mask=masks.get(f"{name}_Segmentation") if masks else None,
            )
        )
    return records


DATASET = Dataset(
    name="isic2016",
    title="ISIC 2016 challenge (ISBI), Parts 1 and 3",
    citation="Gutman et al., arXiv 1605.01397",
    licence="CC-0",
    modality="dermoscopic",
    images=1279,
    gives="malignant or benign, lesion mask; no diagnosis",
    layout=(
        "ISBI2016_ISIC_Part3_Training_GroundTruth.csv, ISBI2016_ISIC_Part3_Training_Data/",
        "ISBI2016_ISIC_Part3_Test_GroundTruth.csv, ISBI2016_ISIC_Part3_Test_Data/ (either or both)",
        "ISBI2016_ISIC_Part1_Training_GroundTruth/, ISBI2016_ISIC_Part1_Test_GroundTruth/ (optional: masks)",
    ),
    traps=(
        "no lesion or patient is given: each image is its own group",
        "malignant says nothing of the class; records have no label",
        "many images come again in ISIC 2017 and 2018",
    ),
    read=read,
)
