"""MILK10k: each lesion with one clinical close-up and one dermoscopic image.

The table of diagnoses has one row a lesion, the metadata one row an image, and the supplement gives the
full diagnosis, which tells Bowen's disease from actinic keratosis. `skin_tone_class` (0 very dark to 5
very light) is not a Fitzpatrick type and is not turned into one. The MONET columns are a machine's
guesses, no labels, and are not read.
"""

from __future__ import annotations

from pathlib import Path

from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import BOWEN, ISIC_COLUMNS, Meaning, one_hot
from augderm.learn.datasets.tables import Row, check_words, number_of, read_table, sex_of, stated
from augderm.learn.datasets.words import confirmation_of, site_of
from augderm.learn.records import Record

TRUTH = "MILK10k_Training_GroundTruth.csv"
METADATA = "MILK10k_Training_Metadata.csv"
SUPPLEMENT = "MILK10k_Training_Supplement.csv"
IMAGES = "MILK10k_Training_Input"
CLASSES = ("AKIEC", "BCC", "BEN_OTH", "BKL", "DF", "INF", "MAL_OTH", "MEL", "NV", "SCCKA", "VASC")
COLUMNS = ("lesion_id", "image_type", "isic_id", "age_approx", "sex", "site")
IMAGE_TYPES = ("dermoscopic", "clinical: close-up", "clinical: overview")
BOWENS = "squamous cell carcinoma in situ"


def read(folder: Path) -> list[Record]:
    """Two records a lesion; those of a lesion without a diagnosis have none."""
    truth = {
        row["lesion_id"]: one_hot(row, CLASSES, f"{folder / TRUTH}: {row['lesion_id']}")
        for row in read_table(folder / TRUTH, ("lesion_id", *CLASSES))
    }
    more = _supplement(folder / SUPPLEMENT)
    images = ImageFiles(folder, IMAGES)
    records = []
    rows = read_table(folder / METADATA, COLUMNS)
    check_words(folder / METADATA, rows, "isic_id", "image_type", IMAGE_TYPES)
    for row in rows:
        name, lesion = row["isic_id"], row["lesion_id"]
        full = (stated(more.get(name, {}).get("diagnosis_full")) or "").lower()
        column = truth.get(lesion, "UNK")
        meaning = _meaning(column, full)
        image = images.get(name) or f"{IMAGES}/{lesion}/{name}.jpg"
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset="milk10k",
                group=lesion,
                fold=fold_of(lesion),
                split="train",
                aspect=aspect_of(folder / image),
                label=meaning.label,
                modality="dermoscopic" if row["image_type"].strip().lower() == "dermoscopic" else "clinical",
                malignant=meaning.malignant,
                diagnosis=full or column.lower(),
                age_years=number_of(row["age_approx"], f"{folder / METADATA}: {name}"),
                sex=sex_of(row["sex"]),
                site=site_of(row["site"]),
                confirmed_by=confirmation_of(more.get(name, {}).get("diagnosis_confirm_type")),
            )
        )
    return records


def _meaning(column: str, full: str) -> Meaning:
    return BOWEN if column == "AKIEC" and full.startswith(BOWENS) else ISIC_COLUMNS[column]


def _supplement(path: Path) -> dict[str, Row]:
    return {row["isic_id"]: row for row in read_table(path, ("isic_id",))} if path.is_file() else {}


DATASET = Dataset(
    name="milk10k",
    title="MILK10k, training",
    citation="MILK study team, ISIC Archive 2025 (doi:10.34970/648456)",
    licence="CC BY-NC 4.0",
    modality="dermoscopic and clinical",
    images=10480,
    gives="eleven diagnoses (four outside of the taxonomy), lesion, age, sex, site, how confirmed",
    layout=(
        "MILK10k_Training_Input/IL_*/ISIC_*.jpg",
        "MILK10k_Training_Metadata.csv, MILK10k_Training_GroundTruth.csv",
        "MILK10k_Training_Supplement.csv (optional: full diagnosis, how confirmed)",
    ),
    traps=(
        "a pair of images shows one lesion: split by lesion_id",
        "skin_tone_class is not the Fitzpatrick type",
        "AKIEC joins actinic keratosis (indeterminate) and Bowen's disease (malignant); the supplement tells",
        "MONET columns are predictions, not labels",
    ),
    read=read,
)
