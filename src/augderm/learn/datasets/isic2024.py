"""ISIC 2024 challenge (SLICE-3D): crops from total-body photographs.

The images are members of `train-image.hdf5`, keyed by `isic_id`, each the bytes of a JPEG; Kaggle also
has them as `train-image/image/*.jpg`. A crop shows 15 x 15 mm, so its aspect is taken as 1 without
opening 400,000 images. Such a crop is no dermoscopic image: its modality is clinical. The diagnosis
stands in `iddx_1` to `iddx_5`, the levels of the ISIC hierarchy, below `iddx_1` mostly for what was
biopsied.
"""

from __future__ import annotations

from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.hierarchy import deepest, meaning_of
from augderm.learn.datasets.images import MEMBER_MARK, ImageFiles
from augderm.learn.datasets.meaning import agreed
from augderm.learn.datasets.tables import first_of, flag_of, number_of, read_table, sex_of, stated
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record

TABLE = "train-metadata.csv"
IMAGES = "train-image.hdf5"
FOLDER = "train-image"
COLUMNS = ("isic_id", "target", "patient_id", "age_approx", "sex", "anatom_site_general")


def read(folder: Path) -> list[Record]:
    """The records of the training set."""
    table = first_of(folder, TABLE)
    files = None if (folder / IMAGES).is_file() else ImageFiles(folder, FOLDER)
    records = []
    for row in read_table(table, COLUMNS):
        name = row["isic_id"]
        target = flag_of(row["target"], f"{table}: {name}: target", needed=True)
        levels = [row.get(f"iddx_{level}", "") for level in range(1, 6)]
        meaning = agreed(meaning_of(levels), target)
        group = stated(row["patient_id"]) or name
        records.append(
            Record(
                folder=folder,
                image=files.find(name) if files else f"{IMAGES}{MEMBER_MARK}{name}",
                dataset="isic2024",
                group=group,
                fold=fold_of(group),
                split="train",
                aspect=1.0,
                label=meaning.label,
                modality="clinical",
                malignant=meaning.malignant,
                target=target,
                unlabelled=meaning.unlabelled,
                diagnosis=deepest(levels),
                age_years=number_of(row["age_approx"], f"{table}: {name}"),
                sex=sex_of(row["sex"]),
                site=site_of(row["anatom_site_general"]),
                confirmed_by="histopathology" if deepest(levels[1:]) else None,
            )
        )
    return records


DATASET = Dataset(
    name="isic2024",
    title="ISIC 2024 challenge (SLICE-3D), training",
    citation="Kurtansky et al., Sci Data 2024;11:884 (doi:10.34970/2024-slice-3d)",
    licence="CC BY-NC 4.0 (a part of it CC BY 4.0; see the column copyright_license)",
    modality="clinical (crops of total-body photographs)",
    images=401059,
    gives="malignant or benign; a diagnosis for what was biopsied; patient, age, sex, site",
    layout=("train-metadata.csv", "train-image.hdf5 (or train-image/image/*.jpg)"),
    traps=(
        "crops of about 130 x 130 pixels from a distance: neither dermoscopy nor close-ups",
        "393 malignant of 401,059",
        "what was not biopsied is benign by assumption, and has no class",
        "reading train-image.hdf5 needs h5py (the train extra)",
        "only Kaggle's package: ISIC's own (ISIC_2024_Training_Input/, _GroundTruth.csv) is not read",
    ),
    read=read,
)
