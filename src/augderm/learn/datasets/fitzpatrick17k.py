"""Fitzpatrick17k: clinical photographs from two atlases, with skin type; for evaluation by skin type.

The table has the addresses of the images, not the images: those that could be fetched lie as
`<md5hash>.jpg` in a folder beside it. Labels of the table that have a class here are a few of its 114;
for the others `three_partition_label` says malignant or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import BENIGN, CLASS, MALIGNANT, Meaning
from augderm.learn.datasets.tables import check_words, first_of, read_table, skin_type_of
from augderm.learn.records import Record

TABLES = ("fitzpatrick17k.csv", "data/fitzpatrick17k.csv")
FOLDERS = ("images", "data/images", "finalfitz17k", "Fitzpatrick17k_images")
COLUMNS = ("md5hash", "fitzpatrick_scale", "label", "three_partition_label")
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
    """A record for each row, also where its image could not be fetched (the check counts those)."""
    table = first_of(folder, *TABLES)
    images = ImageFiles(folder, *FOLDERS)
    records = []
    rows = read_table(table, COLUMNS)
    check_words(table, rows, "md5hash", "three_partition_label", PARTITIONS)
    for row in rows:
        name, label = row["md5hash"], row["label"].strip().lower()
        code = CODE_OF.get(label)
        meaning = CLASS[code] if code else PARTITIONS[row["three_partition_label"].strip().lower()]
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
    return records


DATASET = Dataset(
    name="fitzpatrick17k",
    title="Fitzpatrick17k",
    citation="Groh et al., CVPR Workshops 2021 (arXiv 2104.09957)",
    licence="annotations CC BY-NC-SA 3.0; the images belong to their atlases",
    modality="clinical",
    images=16577,
    gives="114 conditions, malignant or not, Fitzpatrick type; for evaluation by skin type only",
    layout=("fitzpatrick17k.csv", "images/<md5hash>.jpg (fetched by you from the column url)"),
    traps=(
        "many addresses are dead: missing images are expected",
        "labels are not confirmed by histology, and some are wrong; no patient is given",
        "known duplicates: let the check look for them",
        "most images are rashes, unlike anything the reader learned",
    ),
    read=read,
)
