"""A plain folder with one folder for each class, below folders of splits where there are such.

`folder/mel/a.jpg`, or `folder/train/mel/a.jpg`. The name of a class is a code of the taxonomy, its full
name, or a name of the ISIC hierarchy, with spaces, `_` or `-`. Nothing says which images show one
lesion, so each is its own group: a split made of such a folder may tear lesions apart, and the check
looks for near duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.domain.taxonomy import DIAGNOSES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.hierarchy import MEANING_OF as HIERARCHY
from augderm.learn.datasets.images import aspect_of, image_paths
from augderm.learn.datasets.meaning import BENIGN, CLASS, MALIGNANT, UNSTATED, Meaning
from augderm.learn.records import Record, SplitName

SPLITS: Mapping[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
MEANING_OF: Mapping[str, Meaning] = {
    **HIERARCHY,
    **{diagnosis.code: CLASS[diagnosis.code] for diagnosis in DIAGNOSES},
    **{diagnosis.name.lower(): CLASS[diagnosis.code] for diagnosis in DIAGNOSES},
    "scc": MALIGNANT,
    "squamous cell carcinoma": MALIGNANT,
    "malignant": MALIGNANT,
    "benign": BENIGN,
}


def read(folder: Path) -> list[Record]:
    """The records, sorted by path.

    Raises:
        InvalidDataset: there is no image in a folder of a class.
    """
    records = []
    for path in image_paths(folder) if folder.is_dir() else []:
        *parents, _ = path.relative_to(folder).parts
        split = SPLITS.get(parents[0].lower()) if parents else None
        classes = parents[1:] if split else parents
        if not classes:
            continue  # beside the class folders: a licence's logo, a contact sheet
        image = path.relative_to(folder).as_posix()
        meaning = MEANING_OF.get(_plain(classes[0]), UNSTATED)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="class_folders",
                group=image,
                fold=fold_of(image),
                split=split,
                aspect=aspect_of(path),
                label=meaning.label,
                malignant=meaning.malignant,
                diagnosis=classes[0],
            )
        )
    if not records:
        raise InvalidDataset(
            f"{folder}: no image in a folder of a class; lay them as "
            f"{folder.name}/mel/a.jpg, one folder a class"
        )
    return records


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


DATASET = Dataset(
    name="class_folders",
    title="A plain folder of class folders",
    citation="yours",
    licence="yours",
    modality="dermoscopic",
    images=None,
    gives="the diagnosis",
    layout=(
        "<class>/*.jpg, the class as a code (mel), a name (melanoma) or a name of the ISIC hierarchy",
        "or train/<class>/, validation/<class>/, test/<class>/",
    ),
    traps=(
        "each image is its own group: images of one lesion may be torn apart; better write an index.csv",
        "a folder whose name is not understood teaches nothing: the check names it",
    ),
    read=read,
)
