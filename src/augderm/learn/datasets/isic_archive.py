"""An export of the ISIC Archive, as its command line tool isic-cli writes it: images and `metadata.csv`.

Exports hold the columns that any of their images has a value for. Since the hierarchies, the diagnosis is in
`diagnosis_1` to `diagnosis_5` and the site in `anatom_site_1` to `anatom_site_5`; older exports have
`benign_malignant` and `diagnosis`, and `anatom_site_general`. Confocal images are no photographs and are left
out, and so are images that do not say whether they are dermoscopic while others do (`inspect` names them).
Groups are patients where given, else lesions, else images; a lesion that is given both with and without its
patient, or with two, joins them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.findings import Finding
from augderm.learn.datasets.groups import joined
from augderm.learn.datasets.hierarchy import deepest, meaning_of
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CONTRADICTORY, Meaning
from augderm.learn.datasets.tables import Row, number_of, read_table, sex_of, stated
from augderm.learn.datasets.words import confirmation_of, general_site_of, site_of
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
    group_of = _groups(rows)
    records = []
    for row in rows:
        modality = _modality(row)
        if modality is None:
            continue
        name = row["isic_id"]
        levels = _levels(row)
        meaning = meaning_of(levels)
        group = group_of[name]
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
                unlabelled=meaning.unlabelled,
                diagnosis=_diagnosis(levels, meaning),
                age_years=number_of(row.get("age_approx"), f"{table}: {name}"),
                sex=sex_of(row.get("sex")),
                site=_site(row),
                confirmed_by=confirmation_of(row.get("diagnosis_confirm_type")),
                skin_type=ROMAN.get(row.get("fitzpatrick_skin_type", "").strip()),
            )
        )
    return records


def inspect(folder: Path) -> list[Finding]:
    """Images that are left out since they do not say what they are; and whether none says its site."""
    rows = read_table(folder / TABLE, ("isic_id",))
    findings = []
    if silent := [row["isic_id"] for row in rows if _modality(row) is None and not _confocal(row)]:
        findings.append(
            Finding(
                kind="no_modality",
                level="problem",
                what="images do not say whether they are dermoscopic or clinical, and are left out",
                remedy="write dermoscopic, or clinical: close-up, into their image_type; or drop their rows",
                where=tuple(silent),
            )
        )
    if rows and not any(_site(row) for row in rows):
        findings.append(
            Finding(
                kind="no_site",
                level="note",
                what="no image says where on the body its lesion lies: anatom_site_1 and anatom_site_general "
                "are absent or blank",
                remedy="export it anew with isic-cli, which writes them where they are known; without them "
                "nothing is told by site",
            )
        )
    return findings


def _groups(rows: Sequence[Row]) -> dict[str, str]:
    """The group of each image: its patient or lesion, joined over all rows that name both."""
    people = {row["isic_id"]: stated(row.get("patient_id")) for row in rows}
    lesions = {row["isic_id"]: stated(row.get("lesion_id")) for row in rows}
    pairs = [(person, lesions[name]) for name, person in people.items()]
    one = joined((f"0 {person}", f"1 {lesion}") for person, lesion in pairs if person and lesion)
    # The mark before a name puts patients before lesions, and keeps a lesion of a patient's name apart.
    found = {}
    for name, person in people.items():
        own = f"0 {person}" if person else f"1 {lesions[name]}" if lesions[name] else f"2 {name}"
        found[name] = one.get(own, own).partition(" ")[2]
    return found


def _diagnosis(levels: Sequence[str], meaning: Meaning) -> str:
    name = deepest(levels).lower()
    return f"{name} that is {levels[0].lower()}" if meaning == CONTRADICTORY else name


def _levels(row: Row) -> list[str]:
    if "diagnosis_1" in row:
        return [row.get(f"diagnosis_{level}", "") for level in range(1, 6)]
    return [row.get("benign_malignant", ""), row.get("diagnosis", "")]


def _site(row: Row) -> str | None:
    """By the general word where there is one: its row's hierarchy may be coarser (hand, for a palm)."""
    levels = [row.get(f"anatom_site_{level}", "") for level in range(1, 6)]
    return site_of(row.get("anatom_site_general")) or general_site_of(levels, row.get("anatom_site_special"))


def _modality(row: Row) -> Modality | None:
    """Dermoscopic where there is no such column, as in exports of dermoscopic collections; None where an
    image is confocal, or does not say what it is.
    """
    kind = row.get("image_type", "dermoscopic").strip()
    if kind.startswith(("clinical", "TBP")):
        return "clinical"
    return "dermoscopic" if kind == "dermoscopic" else None


def _confocal(row: Row) -> bool:
    return row["image_type"].strip().startswith("RCM")


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
        "images without an image_type, where others have one, are left out and named by the check",
        "a diagnosis against its benign_malignant teaches nothing: the check names it",
        "sites may be general (older exports) or a hierarchy: both are read; the check notes where none is",
    ),
    read=read,
    inspect=inspect,
)
