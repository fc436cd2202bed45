"""DDI (Diverse Dermatology Images): clinical photographs, all confirmed by histology.

It is for evaluation by skin type. The table gives skin types in pairs: 12, 34, 56, and so do the records:
which of the two it is nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import BOWEN, CLASS, UNSTATED, Meaning, agreed
from augderm.learn.datasets.tables import first_of, flag_of, read_table, whole_of
from augderm.learn.records import Record

SKIN_TYPES_OF: Mapping[int, tuple[int, int]] = {12: (1, 2), 34: (3, 4), 56: (5, 6)}
COLUMNS = ("DDI_file", "skin_tone", "malignant", "disease")
MEANING_OF: Mapping[str, Meaning] = {
    "actinic-keratosis": CLASS["akiec"],
    "squamous-cell-carcinoma-in-situ": BOWEN,
    "basal-cell-carcinoma": CLASS["bcc"],
    "basal-cell-carcinoma-nodular": CLASS["bcc"],
    "basal-cell-carcinoma-superficial": CLASS["bcc"],
    "benign-keratosis": CLASS["bkl"],
    "seborrheic-keratosis": CLASS["bkl"],
    "seborrheic-keratosis-irritated": CLASS["bkl"],
    "solar-lentigo": CLASS["bkl"],
    "dermatofibroma": CLASS["df"],
    "melanoma": CLASS["mel"],
    "melanoma-acral-lentiginous": CLASS["mel"],
    "melanoma-in-situ": CLASS["mel"],
    "nodular-melanoma-(nm)": CLASS["mel"],
    "blue-nevus": CLASS["nv"],
    "dysplastic-nevus": CLASS["nv"],
    "melanocytic-nevi": CLASS["nv"],
    "pigmented-spindle-cell-nevus-of-reed": CLASS["nv"],
    "angioma": CLASS["vasc"],
    "pyogenic-granuloma": CLASS["vasc"],
}
"""Diseases with a class, in the table's spelling; for the others the column malignant decides."""


def read(folder: Path) -> list[Record]:
    """The records; the images lie beside the table or in `images/`."""
    table = first_of(folder, "ddi_metadata.csv")
    images = ImageFiles(folder, ".")
    records = []
    for row in read_table(table, COLUMNS):
        name, disease = row["DDI_file"], row["disease"].strip().lower()
        malignant = flag_of(row["malignant"], f"{table}: {name}: malignant")
        meaning = agreed(MEANING_OF.get(disease, UNSTATED), malignant)
        image = images.get(Path(name).stem) or name
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="ddi",
                group=f"ddi_{Path(name).stem}",
                fold=fold_of(f"ddi_{Path(name).stem}"),
                aspect=aspect_of(folder / image),
                label=meaning.label,
                modality="clinical",
                malignant=meaning.malignant,
                unlabelled=meaning.unlabelled,
                diagnosis=disease,
                confirmed_by="histopathology",
                skin_type=_skin_types(row["skin_tone"], f"{table}: {name}"),
            )
        )
    return records


def _skin_types(text: str, place: str) -> tuple[int, int] | None:
    tone = whole_of(text, place)
    if tone is not None and tone not in SKIN_TYPES_OF:
        raise InvalidDataset(f"{place}: skin_tone {text!r} is none of 12, 34 and 56; correct the table")
    return None if tone is None else SKIN_TYPES_OF[tone]


DATASET = Dataset(
    name="ddi",
    title="DDI, Diverse Dermatology Images",
    citation="Daneshjou et al., Sci Adv 2022;8:eabq6147",
    licence="Stanford research use agreement, non-commercial; never redistribute",
    modality="clinical",
    images=656,
    gives="78 diseases, malignant or not, skin type in pairs; for evaluation by skin type only",
    layout=("ddi_metadata.csv", "000001.png ... beside it (or in images/)"),
    traps=(
        "skin types are pairs (12, 34, 56), kept as pairs: I or II is a group of its own beside I and II",
        "no patient is given, and some lesions come twice",
        "for evaluation: never train on it and report on it",
    ),
    read=read,
)
