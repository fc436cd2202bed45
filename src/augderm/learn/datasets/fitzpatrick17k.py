"""Fitzpatrick17k: clinical photographs from two atlases, with skin type; for evaluation by skin type.

The table has the addresses of the images, not the images: those that could be fetched lie as
`<md5hash>.jpg` in a folder beside it, and the rows of the others are left out, since some addresses are dead
for good. Labels of the table that have a class here are a few of its 114; for the others
`three_partition_label` says malignant or not. A dermatologist looked at a few hundred of the images for the
authors (column `qc`); where that says "3 Wrongly labelled", the row has no diagnosis here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.findings import Finding
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import BENIGN, CLASS, MALIGNANT, UNSTATED, Meaning
from augderm.learn.datasets.tables import Row, check_words, first_of, read_table, skin_type_of
from augderm.learn.records import Record

TABLES = ("fitzpatrick17k.csv", "data/fitzpatrick17k.csv")
FOLDERS = ("images", "data/images", "finalfitz17k", "Fitzpatrick17k_images")
COLUMNS = ("md5hash", "fitzpatrick_scale", "label", "three_partition_label", "qc")
WRONG = "wrongly labelled"
"""In `qc`; beside 1 Diagnostic, 2 Characteristic, 4 Other and 5 Potentially the label stays as it is."""
ROWS = 16577
CODE_OF: Mapping[str, str] = {
    "actinic keratosis": "akiec",
    "basal cell carcinoma": "bcc",
    "basal cell carcinoma morpheiform": "bcc",
    "solid cystic basal cell carcinoma": "bcc",
    "seborrheic keratosis": "bkl",
    "dermatofibroma": "df",
    "lentigo maligna": "mel",
    "malignant melanoma": "mel",
    "melanoma": "mel",
    "superficial spreading melanoma ssm": "mel",
    "congenital nevus": "nv",
    "halo nevus": "nv",
    "nevocytic nevus": "nv",
    "granuloma pyogenic": "vasc",
    "pyogenic granuloma": "vasc",
}
PARTITIONS: Mapping[str, Meaning] = {
    "malignant": MALIGNANT,
    "benign": BENIGN,
    "non-neoplastic": BENIGN,
}


def read(folder: Path) -> list[Record]:
    """A record for each row whose image is there.

    Raises:
        InvalidDataset: of no row it is; or no table, column or folder, or a value outside of its table.
    """
    table, rows, images = _release(folder)
    check_words(table, rows, "md5hash", "three_partition_label", PARTITIONS)
    records = []
    for row in rows:
        name = row["md5hash"]
        if not images.has(name):
            continue
        label = "" if _wrong(row) else row["label"].strip().lower()
        meaning = UNSTATED if _wrong(row) else _meaning(label, row)
        image = images.find(name)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="fitzpatrick17k",
                group=name,
                fold=fold_of(name),
                aspect=aspect_of(folder / image),
                label=meaning.label,
                modality="clinical",
                malignant=meaning.malignant,
                diagnosis=label,
                skin_type=skin_type_of(row["fitzpatrick_scale"], f"{table}: {name}"),
            )
        )
    if not records:
        raise InvalidDataset(
            f"{folder}: none of the {len(rows)} images of {table.name} is there; fetch them from the "
            "column url into images/<md5hash>.jpg"
        )
    return records


def inspect(folder: Path) -> list[Finding]:
    """Rows without an image, and those that the release itself calls wrong."""
    _, rows, images = _release(folder)
    possible = [
        Finding(
            kind="not_fetched",
            level="note",
            what="rows are left out, since their image is not there: many addresses are dead",
            remedy="fetch them once more from the column url, or go on without; a figure is of the others",
            where=tuple(row["md5hash"] for row in rows if not images.has(row["md5hash"])),
        ),
        Finding(
            kind="wrongly_labelled",
            level="note",
            what="rows are called wrongly labelled by the release (qc): their images have no diagnosis here",
            remedy="nothing to do",
            where=tuple(f"{row['md5hash']}: {row['label']}" for row in rows if _wrong(row)),
        ),
    ]
    return [finding for finding in possible if finding.where]


def _release(folder: Path) -> tuple[Path, list[Row], ImageFiles]:
    table = first_of(folder, *TABLES)
    images = ImageFiles(folder, *FOLDERS)
    return table, read_table(table, COLUMNS), images


def _wrong(row: Row) -> bool:
    return WRONG in row["qc"].lower()


def _meaning(label: str, row: Row) -> Meaning:
    code = CODE_OF.get(label)
    return CLASS[code] if code else PARTITIONS[row["three_partition_label"].strip().lower()]


DATASET = Dataset(
    name="fitzpatrick17k",
    title="Fitzpatrick17k",
    citation="Groh et al., CVPR Workshops 2021 (arXiv 2104.09957)",
    licence="annotations CC BY-NC-SA 3.0; the images belong to their atlases",
    modality="clinical",
    images=None,
    gives="114 conditions, malignant or not, Fitzpatrick type; for evaluation by skin type only",
    layout=("fitzpatrick17k.csv", "images/<md5hash>.jpg (fetched by you from the column url)"),
    traps=(
        "many addresses are dead: of the 16,577 rows those without an image are left out, and noted",
        "labels are not confirmed by histology; no patient is given",
        "few labels were looked at (qc), and some of those are wrong: such a row has no diagnosis",
        "known duplicates: let the check look for them",
        "most images are rashes, unlike anything the reader learned",
    ),
    read=read,
    inspect=inspect,
    counts=dict.fromkeys(TABLES, ROWS),
)
