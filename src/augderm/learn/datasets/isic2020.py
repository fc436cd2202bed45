"""ISIC 2020 challenge (SIIM-ISIC), training set.

`ISIC_2020_Training_GroundTruth_v2.csv` adds `lesion_id` to the first table; Kaggle's `train.csv` is that
first table. Groups are patients, joined where the list of duplicates connects two of them. The test set
has no published labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.groups import joined
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CLASS, INDETERMINATE, UNSTATED, Meaning, agreed
from augderm.learn.datasets.tables import first_of, flag_of, number_of, read_table, sex_of, stated
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record

TABLES = ("ISIC_2020_Training_GroundTruth_v2.csv", "ISIC_2020_Training_GroundTruth.csv", "train.csv")
DUPLICATES = "ISIC_2020_Training_Duplicates.csv"
FOLDERS = ("train", "ISIC_2020_Training_JPEG", "jpeg/train")
COLUMNS = (
    "image_name",
    "patient_id",
    "sex",
    "age_approx",
    "anatom_site_general_challenge",
    "diagnosis",
    "target",
)

MEANING_OF: Mapping[str, Meaning] = {
    "melanoma": CLASS["mel"],
    "nevus": CLASS["nv"],
    "seborrheic keratosis": CLASS["bkl"],
    "solar lentigo": CLASS["bkl"],
    "lichenoid keratosis": CLASS["bkl"],
    # Target 0 in the challenge; the ISIC hierarchy calls it indeterminate, so malignant is not stated.
    "atypical melanocytic proliferation": INDETERMINATE,
}
"""For all others (lentigo NOS, cafe-au-lait macule, unknown) the target decides."""


def read(folder: Path) -> list[Record]:
    """The records of the training set."""
    table = first_of(folder, *TABLES)
    rows = read_table(table, COLUMNS)
    images = ImageFiles(folder, *FOLDERS)
    patient_of = {row["image_name"]: stated(row["patient_id"]) or row["image_name"] for row in rows}
    one = joined(
        (patient_of[a], patient_of[b]) for a, b in _duplicates(folder) if a in patient_of and b in patient_of
    )
    records = []
    for row in rows:
        name, diagnosis = row["image_name"], row["diagnosis"].strip().lower()
        target = flag_of(row["target"], f"{table}: {name}: target", needed=True)
        image = images.find(name)
        group = one.get(patient_of[name], patient_of[name])
        meaning = agreed(MEANING_OF.get(diagnosis, UNSTATED), target)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="isic2020",
                group=group,
                fold=fold_of(group),
                split="train",
                aspect=aspect_of(folder / image),
                label=meaning.label,
                malignant=meaning.malignant,
                target=target,
                unlabelled=meaning.unlabelled,
                diagnosis=diagnosis,
                age_years=number_of(row["age_approx"], f"{table}: {name}"),
                sex=sex_of(row["sex"]),
                site=site_of(row["anatom_site_general_challenge"]),
            )
        )
    return records


def _duplicates(folder: Path) -> list[tuple[str, str]]:
    path = folder / DUPLICATES
    if not path.is_file():
        return []
    return [
        (row["image_name_1"], row["image_name_2"])
        for row in read_table(path, ("image_name_1", "image_name_2"))
    ]


DATASET = Dataset(
    name="isic2020",
    title="ISIC 2020 challenge (SIIM-ISIC), training",
    citation="Rotemberg et al., Sci Data 2021;8:34 (doi:10.34970/2020-ds01)",
    licence="CC BY-NC 4.0",
    modality="dermoscopic",
    images=33126,
    gives="malignant or benign; a diagnosis for about one in five; patient, age, sex, site",
    layout=(
        "ISIC_2020_Training_GroundTruth_v2.csv (or without _v2, or Kaggle's train.csv)",
        "train/ (or ISIC_2020_Training_JPEG/, jpeg/train/)",
        "ISIC_2020_Training_Duplicates.csv (optional, needed for an honest split)",
    ),
    traps=(
        "425 pairs of duplicates: their patients are joined into one group",
        "diagnosis unknown with target 0 is most of it: no class, benign",
        "1.8 % are malignant: a figure of accuracy says nothing",
    ),
    read=read,
)
