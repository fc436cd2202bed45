"""Miniatures of Derm7pt and PH2, large enough to train on: every category of the checklist in turn."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image

from augderm.analysis.phantom import Phantom
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.derm7pt import CATEGORY_OF
from augderm.learn.datasets.ph2 import CATEGORIES_OF
from support.dataset import phantom_of
from support.miniatures.files import write_table

DERM7PT_DIAGNOSES = ("clark nevus", "melanoma (in situ)", "blue nevus", "basal cell carcinoma")
DERM7PT_CODES = ("nv", "mel", "nv", "bcc")
PH2_CODES = ("nv", "nv", "mel")
NOT_IN_PH2 = {("pigment_network", "A"), ("pigment_network", "P"), ("globules", "P")}
"""Levels that PH2 gives to none of its images."""


DRAWN = 24
"""Pictures of each class; cases share them, since drawing takes longer than all else."""


def write_derm7pt(folder: Path, *, train: int, validation: int, test: int) -> None:
    """So many cases of each official split, one after the other; every third has a clinical photograph."""
    rows = []
    for case in range(train + validation + test):
        levels = [
            list(table)[case // (item + 1) % len(table)] for item, table in enumerate(CATEGORY_OF.values())
        ]
        derm, kind = f"A/d{case}.jpg", case % len(DERM7PT_CODES)
        clinic = derm if case % 3 else f"A/c{case}.jpg"
        _draw(folder / "images" / derm, DERM7PT_CODES[kind], case)
        if clinic != derm:
            _draw(folder / "images" / clinic, DERM7PT_CODES[kind], case, swapped=True)
        rows.append((case + 1, DERM7PT_DIAGNOSES[kind], *levels, "female", "back", clinic, derm))
    columns = ("case_num", "diagnosis", *CATEGORY_OF, "sex", "location", "clinic", "derm")
    write_table(folder / "meta/meta.csv", columns, rows)
    ends = (0, train, train + validation, train + validation + test)
    for part, name in enumerate(("train", "valid", "test")):
        indexes = [(index,) for index in range(ends[part], ends[part + 1])]
        write_table(folder / f"meta/{name}_indexes.csv", ("indexes",), indexes)


def write_ph2(folder: Path, *, images: int) -> None:
    """So many images, each a lesion of its own."""
    lines = []
    for index in range(images):
        name, kind = f"IMD{index:03d}", index % len(PH2_CODES)
        levels = []
        for turn, (column, (_, table)) in enumerate(CATEGORIES_OF.items(), 1):
            known = [level for level in table if (column, level) not in NOT_IN_PH2]
            levels.append(known[index // turn % len(known)])
        lines.append(f"|| {name} || || {kind} || 0 | {' | '.join(levels)} || 3 4 ||")
        place = folder / "PH2 Dataset images" / name
        _draw(place / f"{name}_Dermoscopic_Image" / f"{name}.bmp", PH2_CODES[kind], index)
        mask = place / f"{name}_lesion" / f"{name}_lesion.bmp"
        mask.parent.mkdir(parents=True)
        Image.fromarray(_drawn(PH2_CODES[kind], index % DRAWN).mask).save(mask)
    (folder / "PH2_dataset.txt").write_text("\n".join(lines), encoding="utf-8")


def _draw(path: Path, code: str, case: int, *, swapped: bool = False) -> None:
    """A phantom in the colour of its class; `swapped`: red for blue, unlike all the others."""
    pixels = _drawn(code, case % DRAWN).pixels
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels[..., ::-1].copy() if swapped else pixels).save(path, quality=95)


@cache
def _drawn(code: str, index: int) -> Phantom:
    return phantom_of(CODES.index(code), 1000 + index)
