"""An export of the ISIC Archive, as its command line tool isic-cli writes it: images and `metadata.csv`.

Exports hold the columns that any of their images has a value for. Since the hierarchy, the diagnosis is in
`diagnosis_1` to `diagnosis_5`; older exports have `benign_malignant` and `diagnosis`. Confocal images are no
photographs and are left out. Groups are patients where given, else lesions, else images.
"""

from __future__ import annotations

from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.hierarchy import deepest, meaning_of
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.tables import Row, number_of, read_table, sex_of, site_of, stated
from augderm.learn.records import Modality, Record, SplitName

TABLE = "metadata.csv"
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}


def read(folder: Path) -> list[Record]:
    """The photographs of an export, wherever they lie below its folder."""
    return read_export(folder, dataset="isic_archive", split=None)


def read_export(folder: Path, *, dataset: str, split: SplitName | None) -> list[Record]:
    """As `read`, under another dataset's name: some are published as exports.

    Raises:
        InvalidDataset: no table, no column isic_id, or none with a diagnosis.
    """
    table = folder / TABLE
    rows = read_table(table, ("isic_id",))
    if rows and not {"diagnosis_1", "benign_malignant"} & set(rows[0]):
        raise InvalidDataset(
            f"{table}: no column diagnosis_1 (or benign_malignant); export with isic-cli, which writes it"
        )
    images = ImageFiles(folder, ".")
    records = []
    for row in rows:
        modality = _modality(row)
        if modality is None:
            continue
        name = row["isic_id"]
        levels = _levels(row)
        meaning = meaning_of(levels)
        group = stated(row.get("patient_id")) or stated(row.get("lesion_id")) or name
        image = images.find(name)
        records.append(
            Record(
                folder=folder,
                image=image,
                dataset=dataset,
                group=group,
                fold=fold_of(group),
                split=split,
                aspect=aspect_of(folder / image),
                label=meaning.label,
                modality=modality,
                malignant=meaning.malignant,
                diagnosis=deepest(levels).lower(),
                age_years=number_of(row.get("age_approx"), f"{table}: {name}"),
                sex=sex_of(row.get("sex")),
                site=site_of(row.get("anatom_site_general")),
                confirmed_by=stated(row.get("diagnosis_confirm_type")),
                skin_type=ROMAN.get(row.get("fitzpatrick_skin_type", "").strip()),
            )
        )
    return records


def _levels(row: Row) -> list[str]:
    if "diagnosis_1" in row:
        return [row.get(f"diagnosis_{level}", "") for level in range(1, 6)]
    return [row.get("benign_malignant", ""), row.get("diagnosis", "")]


def _modality(row: Row) -> Modality | None:
    """Dermoscopic where nothing is said, as in exports of dermoscopic collections."""
    kind = row.get("image_type", "").strip()
    if kind.startswith("RCM"):
        return None
    return "clinical" if kind.startswith(("clinical", "TBP")) else "dermoscopic"


DATASET = Dataset(
    name="isic_archive",
    title="An export of the ISIC Archive (isic-cli)",
    citation="as the column attribution says, per image",
    licence="as the column copyright_license says, per image",
    modality="dermoscopic and clinical",
    images=None,
    gives="the diagnosis in the ISIC hierarchy, patient or lesion, age, sex, site, how confirmed, skin type",
    layout=("metadata.csv", "the images, anywhere below (ISIC_0000000.jpg)"),
    traps=(
        "Bowen's disease of HAM10000 (akiec) is filed under squamous cell carcinoma here: no class",
        "most challenge sets are in the archive too: an export overlaps with them",
        "actinic keratosis is Indeterminate: malignant is blank",
        "confocal images (RCM) are left out; licences differ per image",
    ),
    read=read,
)
