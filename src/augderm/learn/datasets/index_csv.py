"""The project's own format: `index.csv`, one row an image, with its two tables of further labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.tables import (
    check_words,
    flag_of,
    number_of,
    read_table,
    sex_of,
    skin_type_of,
)
from augderm.learn.datasets.words import confirmation_of, site_of
from augderm.learn.records import Modality, Record, behaves_malignant, check_groups, label_of

INDEX = "index.csv"
COLUMNS = ("image", "mask", "dataset", "group_id", "fold", "diagnosis", "modality", "width", "height")
"""Columns without which a row cannot be read; the others are labels that may be absent."""

SQUASHED_ASPECT = 4 / 3
"""Of the scene in images that were squashed to a square: nearly all cameras of these sources."""

MODALITIES = ("dermoscopic", "clinical")
NO_DIAGNOSIS = ""
"""An image without a diagnosis still has whatever else is known of it: border, structures, artefacts."""
OUTSIDE_TAXONOMY: Mapping[str, bool] = {"scc": True}
"""Diagnoses that the network has no class for, and whether they are malignant."""


def read_index(folder: Path, sources: Sequence[str] = ()) -> list[Record]:
    """The records of `index.csv` in file order, with what `structures.csv` and `artefacts.csv` add.

    Args:
        folder: holds `index.csv`; all paths in it are relative to this folder.
        sources: names of the column `dataset` to keep; all where empty.

    Raises:
        InvalidDataset: no index, a missing column, an unknown source or diagnosis, a number that is none or
            outside of its range, a label that is neither 0 nor 1, or one group in two folds.
    """
    records = index_records(folder, sources)
    check_groups(records)
    return records


def index_records(folder: Path, sources: Sequence[str] = ()) -> list[Record]:
    """As `read_index`, but a group in two folds is no error: `augderm data check` names them all."""
    path = folder / INDEX
    rows = read_table(path, COLUMNS)
    known = {row["dataset"] for row in rows}
    if unknown := sorted(set(sources) - known):
        raise InvalidDataset(f"{path}: no dataset {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    check_words(path, rows, "image", "diagnosis", (*CODES, *OUTSIDE_TAXONOMY, NO_DIAGNOSIS))
    check_words(path, rows, "image", "modality", MODALITIES)
    structures = _presence(folder / "structures.csv", STRUCTURES)
    artefacts = _presence(folder / "artefacts.csv", ARTEFACTS)
    return [
        _record(
            folder,
            row,
            structures.get(row.get("isic_id", ""), {}),
            artefacts.get(row.get("isic_id", ""), {}),
        )
        for row in rows
        if not sources or row["dataset"] in sources
    ]


def _presence(path: Path, names: Sequence[str]) -> dict[str, dict[str, bool]]:
    """Labels by isic_id, without those whose cell is blank; none where the table is absent."""
    if not path.exists():
        return {}
    found: dict[str, dict[str, bool]] = {}
    for row in read_table(path, ("isic_id", *names)):
        image = row["isic_id"]
        flags = {name: flag_of(row[name], f"{path}: {image}: {name}") for name in names}
        found[image] = {name: flag for name, flag in flags.items() if flag is not None}
    found.pop("", None)  # it would be that of every image without an isic_id
    return found


def _record(
    folder: Path, row: dict[str, str], structures: Mapping[str, bool], artefacts: Mapping[str, bool]
) -> Record:
    place = f"{folder / INDEX}: {row['image']}"
    diagnosis = row["diagnosis"].strip().lower()
    label = label_of(diagnosis)
    try:
        fold = int(row["fold"])
        width, height = int(row["width"]), int(row["height"])
        aspect = width / height
        if row.get("geometry") == "squashed":
            aspect = SQUASHED_ASPECT
        if min(width, height) <= 0:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise InvalidDataset(
            f"{place}: fold, width and height are {row['fold']!r}, {row['width']!r} and {row['height']!r}; "
            "give whole numbers, sizes above 0"
        ) from None
    return Record(
        folder=folder,
        image=row["image"],
        mask=row["mask"] or None,
        dataset=row["dataset"],
        group=row["group_id"] or row["image"],  # one that nothing is known to belong to
        fold=fold,
        label=label,
        diagnosis=diagnosis,
        malignant=_malignant(row, place) if label is None else behaves_malignant(label),
        modality=_modality(row["modality"]),
        aspect=aspect,
        age_years=number_of(row.get("age"), f"{place}: age"),
        sex=sex_of(row.get("sex")),
        site=site_of(row.get("site")),
        confirmed_by=confirmation_of(row.get("confirmed_by")),
        skin_type=skin_type_of(row.get("skin_type"), place),
        structures=structures,
        artefacts=artefacts,
        archive_id=row.get("isic_id") or None,
    )


def _malignant(row: Mapping[str, str], place: str) -> bool | None:
    """Of an image without a class: by its diagnosis, or where there is none by the column."""
    known = OUTSIDE_TAXONOMY.get(row["diagnosis"].strip().lower())
    return flag_of(row.get("malignant"), f"{place}: malignant") if known is None else known


def _modality(text: str) -> Modality:
    return "clinical" if text.strip().lower() == "clinical" else "dermoscopic"


DATASET = Dataset(
    name="index",
    title="This project's own index.csv",
    citation="as its README says, per source",
    licence="as the column licence says, per image",
    modality="dermoscopic and clinical",
    images=None,
    gives="all labels of a record, as far as its columns have them; structures and artefacts in two more",
    layout=("index.csv", "structures.csv, artefacts.csv (optional)", "images and masks where index.csv says"),
    traps=("fold belongs to group_id: split by fold, never by image",),
    read=index_records,
)
