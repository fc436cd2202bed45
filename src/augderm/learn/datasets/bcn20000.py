"""BCN20000, as its authors' tables (`bcn_20k_train.csv`) or as an export of the ISIC Archive.

The columns of the table, and its eight diagnoses, are those that the authors' own training code reads.
The test table has no diagnoses, so only the training part is read. In an export, DF of the table is
split into dermatofibroma and scar; a scar has no class there.
"""

from __future__ import annotations

from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.findings import Finding
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.isic_archive import TABLE as EXPORT
from augderm.learn.datasets.isic_archive import inspect as inspect_export
from augderm.learn.datasets.isic_archive import read_export
from augderm.learn.datasets.meaning import ISIC_COLUMNS
from augderm.learn.datasets.tables import (
    check_words,
    first_of,
    number_of,
    read_table,
    sex_of,
    stated,
)
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record

TABLE = "bcn_20k_train.csv"
DIAGNOSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
FOLDERS = ("bcn_20k_train", "BCN_20k_train", "images")
COLUMNS = ("bcn_filename", "age_approx", "anatom_site_general", "diagnosis", "lesion_id", "sex")


def read(folder: Path) -> list[Record]:
    """The training records, from whichever of the two tables is there."""
    table = first_of(folder, TABLE, EXPORT)
    if table.name == EXPORT:
        return read_export(folder, dataset="bcn20000", split=None)
    images = ImageFiles(folder, *FOLDERS)
    records = []
    rows = read_table(table, COLUMNS)
    check_words(table, rows, "bcn_filename", "diagnosis", DIAGNOSES, upper=True)
    for row in rows:
        name = row["bcn_filename"]
        meaning = ISIC_COLUMNS[row["diagnosis"].strip().upper()]
        group = stated(row["lesion_id"]) or Path(name).stem
        image = images.find(Path(name).stem)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="bcn20000",
                group=group,
                fold=fold_of(group),
                split="train",
                aspect=aspect_of(folder / image),
                label=meaning.label,
                malignant=meaning.malignant,
                diagnosis=row["diagnosis"].strip().lower(),
                age_years=number_of(row["age_approx"], f"{table}: {name}"),
                sex=sex_of(row["sex"]),
                site=site_of(row["anatom_site_general"]),
            )
        )
    return records


def inspect(folder: Path) -> list[Finding]:
    """What the check of an export finds, where it is one."""
    return inspect_export(folder) if first_of(folder, TABLE, EXPORT).name == EXPORT else []


DATASET = Dataset(
    name="bcn20000",
    title="BCN20000",
    citation="Hernandez-Perez et al., Sci Data 2024;11:641; Combalia et al., arXiv 1908.02288",
    licence="CC BY-NC 4.0 in ISIC 2019; see the licence of your copy",
    modality="dermoscopic",
    images=None,
    gives="eight diagnoses (squamous cell carcinoma outside of the taxonomy), lesion, age, sex, site",
    layout=(
        "bcn_20k_train.csv, bcn_20k_train/ (or images/)",
        "or an export of the ISIC Archive: metadata.csv and images",
    ),
    traps=(
        "most of its images are in ISIC 2019 under other names",
        "large images with a round field of view: dark corners go with the source",
        "difficult places (nails, mucosa) that HAM10000 does not have",
    ),
    read=read,
    inspect=inspect,
)
