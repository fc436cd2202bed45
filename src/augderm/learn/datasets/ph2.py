"""PH2: 200 melanocytic lesions of one clinic, with masks and dermoscopic criteria.

`PH2_dataset.txt` is a table drawn with bars: name, histology, clinical diagnosis (0 common naevus, 1
atypical naevus, 2 melanoma), the criteria asymmetry | pigment network | dots/globules | streaks |
regression areas | blue-whitish veil, and colours, the four parts separated by double bars. A is absent,
P present, T typical, AT atypical. The Excel file beside it says the same and is not read.

Five of the six are criteria of the 7-point checklist (`Record.checklist`): typical and atypical globules are
regular and irregular ones; streaks that are present are one or the other. Asymmetry is none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.meaning import CLASS, Meaning
from augderm.learn.datasets.tables import stated
from augderm.learn.records import Record

TABLE = "PH2_dataset.txt"
IMAGES = "PH2 Dataset images"
CRITERIA = ("asymmetry", "pigment_network", "globules", "streaks", "regression_areas", "blue_whitish_veil")
DIAGNOSES: Mapping[str, tuple[str, Meaning]] = {
    "0": ("common nevus", CLASS["nv"]),
    "1": ("atypical nevus", CLASS["nv"]),
    "2": ("melanoma", CLASS["mel"]),
}
LEVELS = frozenset({"A", "P", "T", "AT"})
CATEGORIES_OF: Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {
    "pigment_network": (
        "pigment_network",
        {"A": ("absent",), "T": ("typical",), "AT": ("atypical",), "P": ("typical", "atypical")},
    ),
    "globules": (
        "dots_and_globules",
        {"A": ("absent",), "T": ("regular",), "AT": ("irregular",), "P": ("regular", "irregular")},
    ),
    "streaks": ("streaks", {"A": ("absent",), "P": ("regular", "irregular")}),
    "regression_areas": ("regression_structures", {"A": ("absent",), "P": ("present",)}),
    "blue_whitish_veil": ("blue_whitish_veil", {"A": ("absent",), "P": ("present",)}),
}
"""By our name of a column: the criterion of `taxonomy.CHECKLIST`, and what each level says of it."""


def read(folder: Path) -> list[Record]:
    """The 200 records.

    Raises:
        InvalidDataset: no table, or a row of it is not of the form above.
    """
    table = folder / TABLE
    if not table.is_file():
        raise InvalidDataset(
            f"{table}: no such file; give the folder that holds it. The Excel file beside it is not read"
        )
    images = ImageFiles(folder, IMAGES)
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    records = [_record(folder, line, images) for line in lines if line.startswith("|| IMD")]
    if not records:
        raise InvalidDataset(f"{table}: no row begins with '|| IMD'; take the table as it was published")
    return records


def _record(folder: Path, line: str, images: ImageFiles) -> Record:
    cells = [cell.strip() for cell in line.split("||")]
    criteria = [cell.strip() for cell in cells[4].split("|")] if len(cells) > 4 else []
    if len(criteria) != len(CRITERIA) or cells[3] not in DIAGNOSES or set(criteria[1:]) - LEVELS:
        raise InvalidDataset(
            f"{folder / TABLE}: the row {line.strip()[:60]!r} is not name, histology, diagnosis 0 to 2, "
            "six criteria and colours; take the table as it was published"
        )
    name = cells[1]
    diagnosis, meaning = DIAGNOSES[cells[3]]
    levels = dict(zip(CRITERIA[1:], criteria[1:], strict=True))
    image = images.get(name) or f"{IMAGES}/{name}/{name}_Dermoscopic_Image/{name}.bmp"
    return Record(
        folder=folder,
        image=image,
        dataset="ph2",
        group=f"ph2_{name}",
        fold=fold_of(f"ph2_{name}"),
        aspect=aspect_of(folder / image),
        label=meaning.label,
        malignant=meaning.malignant,
        diagnosis=diagnosis,
        mask=images.get(f"{name}_lesion"),
        confirmed_by="histopathology" if stated(cells[2]) else None,
        structures=_structures(levels),
        checklist=_checklist(levels),
    )


def _structures(levels: Mapping[str, str]) -> dict[str, bool]:
    found = {name: level != "A" for name, level in levels.items()}
    for name in ("pigment_network", "globules"):
        found[f"{name}: atypical"] = levels[name] == "AT"
    return found


def _checklist(levels: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What the levels say of the checklist; a level that a column does not have says nothing."""
    said = {criterion: table.get(levels[column]) for column, (criterion, table) in CATEGORIES_OF.items()}
    return {criterion: categories for criterion, categories in said.items() if categories}


DATASET = Dataset(
    name="ph2",
    title="PH2",
    citation="Mendonca et al., IEEE EMBC 2013, 5437-5440",
    licence="on request, research and education only; never redistribute",
    modality="dermoscopic",
    images=200,
    gives="nevus or melanoma, lesion mask, pigment network, globules, streaks, regression, blue-whitish veil",
    layout=(
        "PH2_dataset.txt",
        "PH2 Dataset images/IMD*/IMD*_Dermoscopic_Image/IMD*.bmp and IMD*_lesion/IMD*_lesion.bmp",
    ),
    traps=(
        "naevi and melanomas only; 80 of 160 naevi are atypical",
        "no patient is given",
        "200 images of one device: for testing, too few to train on",
        "streaks: present or absent; pigment network: never absent; pigmentation, vessels: not told",
    ),
    read=read,
)
