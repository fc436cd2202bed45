"""A plain folder with one folder for each class, below folders of splits where there are such.

`folder/mel/a.jpg`, `folder/train/mel/a.jpg`, or deeper. The name of a class is a code of the taxonomy, its
full name, or a name of the ISIC hierarchy, with spaces, `_` or `-`; of several folders above an image the
nearest that names a diagnosis, else the nearest that says benign or malignant. Nothing says which images
show one lesion, so each is its own group: a split made of such a folder may tear lesions apart, and the
check looks for near duplicates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.domain.taxonomy import CODES, DIAGNOSES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.hierarchy import MEANING_OF as HIERARCHY
from augderm.learn.datasets.images import aspect_of, image_paths
from augderm.learn.datasets.meaning import (
    BENIGN,
    BOWEN,
    CLASS,
    CONTRADICTORY,
    MALIGNANT,
    NO_DIAGNOSIS,
    UNSTATED,
    Meaning,
    plain,
)
from augderm.learn.records import Record, SplitName

SHOWN = 8
"""Names of folders in a message."""
SPLITS: Mapping[str, SplitName] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
MEANING_OF: Mapping[str, Meaning] = {
    plain(name): meaning
    for name, meaning in (
        *HIERARCHY.items(),
        *((diagnosis.code, CLASS[diagnosis.code]) for diagnosis in DIAGNOSES),
        *((diagnosis.name, CLASS[diagnosis.code]) for diagnosis in DIAGNOSES),
        *((name, BOWEN) for name in ("bowen", "Bowen disease", "Bowen's disease")),
        ("scc", MALIGNANT),
        ("squamous cell carcinoma", MALIGNANT),
        ("malignant", MALIGNANT),
        ("benign", BENIGN),
    )
}


def read(folder: Path) -> list[Record]:
    """The records, sorted by path.

    Raises:
        InvalidDataset: there is no image in a folder of a class, or no folder's name is understood.
    """
    records = []
    understood = False
    for path in image_paths(folder) if folder.is_dir() else []:
        *parents, _ = path.relative_to(folder).parts
        split = next((SPLITS[name.lower()] for name in parents if name.lower() in SPLITS), None)
        classes = [name for name in parents if name.lower() not in SPLITS]
        if not classes:
            continue  # beside the class folders: a licence's logo, a contact sheet
        image = path.relative_to(folder).as_posix()
        diagnosis, meaning = _class_of(classes)
        understood |= meaning != UNSTATED
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
                unlabelled=meaning.unlabelled,
                diagnosis=diagnosis,
            )
        )
    if not records:
        raise InvalidDataset(
            f"{folder}: no image in a folder of a class; lay them as "
            f"{folder.name}/mel/a.jpg, one folder a class"
        )
    if not understood:
        names = ", ".join(sorted({record.diagnosis for record in records})[:SHOWN])
        raise InvalidDataset(
            f"{folder}: no folder is named as a class ({names}); "
            f"rename them to {', '.join(CODES)} or to full names"
        )
    return records


def _class_of(folders: Sequence[str]) -> tuple[str, Meaning]:
    """The folder that says the class, and what it says.

    The nearest to the file that names a diagnosis, else the nearest that says benign or malignant; where
    another one says the opposite (mel/benign), neither is taken.
    """
    known = [(name, MEANING_OF[plain(name)]) for name in reversed(folders) if plain(name) in MEANING_OF]
    if not known:
        return folders[-1], UNSTATED
    if {True, False} <= {meaning.malignant for _, meaning in known}:
        return "/".join(name for name, _ in reversed(known)), CONTRADICTORY
    return next(((name, meaning) for name, meaning in known if plain(name) not in NO_DIAGNOSIS), known[0])


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
        "or train/<class>/, validation/<class>/, test/<class>/; folders of other names may lie between",
    ),
    traps=(
        "each image is its own group: images of one lesion may be torn apart; better write an index.csv",
        "a folder whose name is not understood teaches nothing: the check names it",
    ),
    read=read,
)
