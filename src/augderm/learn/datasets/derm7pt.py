"""Derm7pt (release_v0): cases with a clinical and a dermoscopic image and the seven-point checklist.

The names of diagnoses and levels, and that the index files count rows of `meta.csv` from 0, are those of
the authors' own reader. The seven items are kept in three forms, on the dermoscopic image only: as the
categories of the checklist that their publication judges by (`Record.checklist`), as presence by the names
of the taxonomy (pigment_network, streaks, globules), and without loss as one label for each level, "item:
level" (`seven_point_levels` gives the levels back).

Some files are listed as clinical and as dermoscopic. Such a file is kept as dermoscopic, its clinical
record is left out, since its modality is not known; `inspect` names it. Cases that share a file are one
group; the file is one record, with what all of them say: where their diagnoses mean different things it has
none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.evidence.scores.seven_point import points
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.findings import Finding
from augderm.learn.datasets.groups import joined
from augderm.learn.datasets.images import aspect_of
from augderm.learn.datasets.meaning import BENIGN, CLASS, CONTRADICTORY, UNSTATED, Meaning
from augderm.learn.datasets.tables import Row, check_words, first_of, read_table, sex_of, whole_of
from augderm.learn.datasets.words import site_of
from augderm.learn.records import Record, SplitName

SPLITS: Mapping[SplitName, str] = {"train": "train", "validation": "valid", "test": "test"}
MEANING_OF: Mapping[str, Meaning] = {
    "basal cell carcinoma": CLASS["bcc"],
    "blue nevus": CLASS["nv"],
    "clark nevus": CLASS["nv"],
    "combined nevus": CLASS["nv"],
    "congenital nevus": CLASS["nv"],
    "dermal nevus": CLASS["nv"],
    "recurrent nevus": CLASS["nv"],
    "reed or spitz nevus": CLASS["nv"],
    "dermatofibroma": CLASS["df"],
    "lentigo": BENIGN,
    "melanosis": BENIGN,
    "melanoma": CLASS["mel"],
    "melanoma (in situ)": CLASS["mel"],
    "melanoma (less than 0.76 mm)": CLASS["mel"],
    "melanoma (0.76 to 1.5 mm)": CLASS["mel"],
    "melanoma (more than 1.5 mm)": CLASS["mel"],
    "melanoma metastasis": CLASS["mel"],
    "miscellaneous": UNSTATED,
    "seborrheic keratosis": CLASS["bkl"],
    "vascular lesion": CLASS["vasc"],
}
CATEGORY_OF: Mapping[str, Mapping[str, str]] = {
    "pigment_network": {"absent": "absent", "typical": "typical", "atypical": "atypical"},
    "streaks": {"absent": "absent", "regular": "regular", "irregular": "irregular"},
    "pigmentation": {
        "absent": "absent",
        "diffuse regular": "regular",
        "localized regular": "regular",
        "diffuse irregular": "irregular",
        "localized irregular": "irregular",
    },
    "regression_structures": {
        "absent": "absent",
        "blue areas": "present",
        "white areas": "present",
        "combinations": "present",
    },
    "dots_and_globules": {"absent": "absent", "regular": "regular", "irregular": "irregular"},
    "blue_whitish_veil": {"absent": "absent", "present": "present"},
    "vascular_structures": {
        "absent": "absent",
        "arborizing": "regular",
        "comma": "regular",
        "hairpin": "regular",
        "within regression": "regular",
        "wreath": "regular",
        "dotted": "irregular",
        "linear irregular": "irregular",
    },
}
"""The category of `taxonomy.CHECKLIST` of each level of each item, as the authors group them."""
STRUCTURE_OF: Mapping[str, str] = {
    "pigment_network": "pigment_network",
    "streaks": "streaks",
    "dots_and_globules": "globules",
}
"""Items that say whether a structure of the taxonomy is present."""
T = TypeVar("T")
COLUMNS = ("case_num", "diagnosis", *CATEGORY_OF, "sex", "location", "clinic", "derm")


@dataclass(frozen=True, slots=True)
class _Case:
    """A row of `meta.csv` with its group and the authors' split."""

    row: Row
    group: str
    split: SplitName | None


def seven_point_levels(record: Record) -> dict[str, str]:
    """The level of each item of the checklist; empty for a record without them."""
    levels = {}
    for name, present in record.structures.items():
        item, mark, level = name.partition(": ")
        if mark and present:
            levels[item] = level
    return levels


def seven_point_score(record: Record) -> int:
    """The checklist's sum, 0 to 10; 3 and above is suspicious. 0 for a record without levels."""
    return points({item: categories[0] for item, categories in record.checklist.items()})


def read(folder: Path) -> list[Record]:
    """A dermoscopic and a clinical record a case; a file of several cases is given once."""
    rows = _rows(folder)
    splits = _splits(folder, len(rows))
    group_of = joined(
        (f"derm7pt_{row['case_num']}", f"file {row[column]}") for row in rows for column in ("clinic", "derm")
    )
    cases_of: dict[str, list[_Case]] = {}
    for index, row in enumerate(rows):
        case = _Case(row, group_of[f"derm7pt_{row['case_num']}"], splits.get(index))
        for file in dict.fromkeys((row["derm"], row["clinic"])):
            cases_of.setdefault(file, []).append(case)
    return [_record(folder, file, cases) for file, cases in cases_of.items()]


def inspect(folder: Path) -> list[Finding]:
    """Files that are listed as both modalities, and files of several cases."""
    rows = _rows(folder)
    both = sorted({row["clinic"] for row in rows} & {row["derm"] for row in rows})
    times = Counter(name for row in rows for name in {row["clinic"], row["derm"]})
    shared = sorted(name for name, count in times.items() if count > 1)
    possible = [
        Finding(
            kind="listed_as_both",
            level="problem",
            what="files are listed as clinical and as dermoscopic",
            remedy="read as dermoscopic only; look at each, and correct clinic or derm in meta.csv",
            where=tuple(both),
        ),
        Finding(
            kind="shared_file",
            level="note",
            what="files are listed in several cases",
            remedy=(
                "nothing: these cases are one group, and no fold tears them apart; such a file has the label "
                "that all its cases say, or none"
            ),
            where=tuple(shared),
        ),
    ]
    return [finding for finding in possible if finding.where]


def _rows(folder: Path) -> list[Row]:
    table = first_of(folder, "meta/meta.csv")
    rows = read_table(table, COLUMNS)
    check_words(table, rows, "case_num", "diagnosis", MEANING_OF)
    return rows


def _splits(folder: Path, count: int) -> dict[int, SplitName]:
    splits: dict[int, SplitName] = {}
    for split, name in SPLITS.items():
        table = folder / "meta" / f"{name}_indexes.csv"
        for row in read_table(table, ("indexes",)):
            index = whole_of(row["indexes"], str(table))
            if index is None or not 0 <= index < count:
                raise InvalidDataset(
                    f"{table}: {row['indexes']!r} is no row of meta.csv, which has {count}; "
                    "take both from one release"
                )
            splits[index] = split
    return splits


def _record(folder: Path, file: str, cases: Sequence[_Case]) -> Record:
    dermoscopic = [case.row for case in cases if case.row["derm"] == file]
    diagnoses = list(dict.fromkeys(case.row["diagnosis"].strip().lower() for case in cases))
    meaning = _same(MEANING_OF[diagnosis] for diagnosis in diagnoses) or CONTRADICTORY
    levels = _same(_levels(row, folder) for row in dermoscopic)
    image = f"images/{file}"
    group = cases[0].group
    return Record(
        folder=folder,
        image=image,
        dataset="derm7pt",
        group=group,
        fold=fold_of(group),
        # One that is tested on in any of its cases is a test image.
        split=max((case.split for case in cases), key=(None, *SPLITS).index),
        aspect=aspect_of(folder / image),
        label=meaning.label,
        modality="dermoscopic" if dermoscopic else "clinical",
        malignant=meaning.malignant,
        unlabelled=meaning.unlabelled,
        diagnosis=" or ".join(diagnoses),
        sex=_same(sex_of(case.row["sex"]) for case in cases),
        site=_same(site_of(case.row["location"]) for case in cases),
        structures=_structures(levels) if levels else {},
        checklist=_checklist(levels) if levels else {},
    )


def _same(values: Iterable[T]) -> T | None:
    """What all say; None where they differ, or there is none."""
    said = list(values)
    return said[0] if said and all(value == said[0] for value in said) else None


def _levels(row: Row, folder: Path) -> dict[str, str]:
    found = {}
    for item, levels in CATEGORY_OF.items():
        found[item] = row[item].strip()
        if found[item] not in levels:
            raise InvalidDataset(
                f"{folder / 'meta/meta.csv'}: case {row['case_num']}: {item} is {found[item]!r}, none of "
                f"{', '.join(levels)}; download the table anew"
            )
    return found


def _structures(levels: Mapping[str, str]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for item, level in levels.items():
        if item in STRUCTURE_OF:
            found[STRUCTURE_OF[item]] = level != "absent"
        found |= {f"{item}: {name}": name == level for name in CATEGORY_OF[item]}
    return found


def _checklist(levels: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {item: (CATEGORY_OF[item][level],) for item, level in levels.items()}


DATASET = Dataset(
    name="derm7pt",
    title="Derm7pt (seven-point checklist), release_v0",
    citation="Kawahara, Daneshvar, Argenziano, Hamarneh, IEEE JBHI 2019;23:538",
    licence="on request, non-commercial research (Interactive Atlas of Dermoscopy); never redistribute",
    modality="dermoscopic and clinical",
    images=None,
    gives="the diagnosis, the seven items of the checklist, sex, site; the authors' split",
    layout=(
        "meta/meta.csv, meta/train_indexes.csv, meta/valid_indexes.csv, meta/test_indexes.csv",
        "images/ with the paths of the columns clinic and derm",
    ),
    traps=(
        "some files are listed as clinical and as dermoscopic: read as dermoscopic, named by the check",
        "a file of several cases is one image; where their diagnoses mean different things it has none",
        "images have a dark frame",
        "the structures are those of the dermoscopic image: clinical records have none",
        "lentigo, melanosis and miscellaneous have no class",
    ),
    read=read,
    counts={
        "meta/meta.csv": 1011,
        "meta/train_indexes.csv": 413,
        "meta/valid_indexes.csv": 203,
        "meta/test_indexes.csv": 395,
    },
    inspect=inspect,
)
