"""PAD-UFES-20: photographs of lesions taken with smartphones, with skin type.

The authors count Bowen's disease as squamous cell carcinoma (SCC), which has no class in the taxonomy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CLASS, MALIGNANT, Meaning
from augderm.learn.datasets.tables import (
    check_words,
    first_of,
    flag_of,
    number_of,
    read_table,
    sex_of,
    skin_type_of,
)
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record

MEANING_OF: Mapping[str, Meaning] = {
    "ACK": CLASS["akiec"],
    "BCC": CLASS["bcc"],
    "MEL": CLASS["mel"],
    "NEV": CLASS["nv"],
    "SCC": MALIGNANT,
    "SEK": CLASS["bkl"],
}
CONFIRMED: Mapping[bool | None, str | None] = {
    True: "histopathology",
    False: "clinical consensus",
    None: None,
}
"""By whether a biopsy was taken."""
FOLDERS = ("images", "imgs_part_1", "imgs_part_2", "imgs_part_3")
COLUMNS = ("patient_id", "age", "gender", "fitspatrick", "region", "diagnostic", "img_id", "biopsed")


def read(folder: Path) -> list[Record]:
    """The records, grouped by patient."""
    table = first_of(folder, "metadata.csv")
    images = ImageFiles(folder, *FOLDERS)
    records = []
    rows = read_table(table, COLUMNS)
    check_words(table, rows, "img_id", "diagnostic", MEANING_OF, upper=True)
    for row in rows:
        name = row["img_id"]
        place = f"{table}: {name}"
        meaning = MEANING_OF[row["diagnostic"].strip().upper()]
        image = images.find(Path(name).stem)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="pad_ufes_20",
                group=row["patient_id"],
                fold=fold_of(row["patient_id"]),
                aspect=aspect_of(folder / image),
                label=meaning.label,
                modality="clinical",
                malignant=meaning.malignant,
                diagnosis=row["diagnostic"].strip().lower(),
                age_years=number_of(row["age"], place),
                sex=sex_of(row["gender"]),
                site=site_of(row["region"]),
                confirmed_by=CONFIRMED[flag_of(row["biopsed"], f"{place}: biopsed")],
                skin_type=skin_type_of(row["fitspatrick"], place),
            )
        )
    return records


DATASET = Dataset(
    name="pad_ufes_20",
    title="PAD-UFES-20",
    citation="Pacheco et al., Data in Brief 2020;32:106221",
    licence="CC BY 4.0",
    modality="clinical",
    images=2298,
    gives="six diagnoses (SCC outside of the taxonomy), patient, age, sex, site, skin type",
    layout=("metadata.csv", "images/imgs_part_1..3/ (or imgs_part_1..3/)"),
    traps=(
        "smartphone photographs, no dermoscopy",
        "the column is spelt fitspatrick, and biopsed",
        "some photographs show pen circles around the lesion: a shortcut",
        "Bowen's disease is counted as SCC; sex, skin type and biopsy go with each other",
    ),
    read=read,
)
