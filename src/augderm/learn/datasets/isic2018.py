"""ISIC 2018 challenge: Tasks 1 and 2 (masks of lesion and structures) and Task 3 (diagnosis).

A structure is present where its Task 2 mask has any pixel above 0. Reading these masks takes about
a minute for the 13,000 of the training set, so they are read by several threads. The folder of the
training masks is `ISIC2018_Task2_Training_GroundTruth_v3`, of older downloads without `_v3`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import fold_of
from augderm.domain.taxonomy import STRUCTURES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.ham10000 import ZERO_WEIGHT
from augderm.learn.datasets.images import ImageFiles, aspect_of
from augderm.learn.datasets.masks import open_mask
from augderm.learn.datasets.meaning import ISIC_COLUMNS, one_hot
from augderm.learn.datasets.tables import Row, number_of, read_table
from augderm.learn.datasets.words import confirmation_of
from augderm.learn.records import Record, SplitName

PARTS: Mapping[SplitName, str] = {"train": "Training", "validation": "Validation", "test": "Test"}
CLASSES = ("MEL", "NV", "BCC", "AKIEC", "BKL", "DF", "VASC")
TABLES = (
    "ISIC2018_Task3_{0}_GroundTruth/ISIC2018_Task3_{0}_GroundTruth.csv",
    "ISIC2018_Task3_{0}_GroundTruth.csv",
)
GROUPINGS = "ISIC2018_Task3_Training_LesionGroupings.csv"


def read(folder: Path) -> list[Record]:
    """The records of the tasks and splits that are there; an image of both tasks is one record.

    Raises:
        InvalidDataset: neither the images of Tasks 1-2 nor the table of Task 3 is there.
    """
    groupings = folder / GROUPINGS
    lesions = (
        {row["image"]: row for row in read_table(groupings, ("image", "lesion_id", "diagnosis_confirm_type"))}
        if groupings.is_file()
        else {}
    )
    records: list[Record] = []
    for split, part in PARTS.items():
        diagnosed = _diagnosed(folder, split, part, lesions)
        for name, record in _outlined(folder, split, part, lesions).items():
            known = diagnosed.get(name)
            diagnosed[name] = (
                replace(
                    known,
                    mask=record.mask,
                    structures=record.structures,
                    structure_masks=record.structure_masks,
                )
                if known
                else record
            )
        records += diagnosed.values()
    if not records:
        raise InvalidDataset(
            f"{folder}: there is neither ISIC2018_Task1-2_Training_Input/ nor "
            "ISIC2018_Task3_Training_GroundTruth.csv; unpack at least one of them there"
        )
    return records


def _diagnosed(folder: Path, split: SplitName, part: str, lesions: Mapping[str, Row]) -> dict[str, Record]:
    """Records of Task 3 by image."""
    table = next((p for name in TABLES if (p := folder / name.format(part)).is_file()), None)
    if table is None:
        return {}
    images = ImageFiles(folder, f"ISIC2018_Task3_{part}_Input")
    records = {}
    for row in read_table(table, ("image", *CLASSES)):
        image_id = row["image"]
        weight = number_of(row.get("score_weight"), f"{table}: {image_id}")
        if image_id in ZERO_WEIGHT or (split == "test" and weight == 0):
            continue
        column = one_hot(row, CLASSES, f"{table}: {image_id}")
        meaning = ISIC_COLUMNS[column]
        lesion = lesions.get(image_id, {})
        records[image_id] = replace(
            _record(folder, images.find(image_id), split, lesion.get("lesion_id", image_id)),
            label=meaning.label,
            malignant=meaning.malignant,
            diagnosis=column.lower(),
            confirmed_by=confirmation_of(lesion.get("diagnosis_confirm_type")),
        )
    return records


def _outlined(folder: Path, split: SplitName, part: str, lesions: Mapping[str, Row]) -> dict[str, Record]:
    """Records of Tasks 1 and 2 by image: every image of the input folder."""
    name = f"ISIC2018_Task1-2_{part}_Input"
    if not (folder / name).is_dir():
        return {}
    images = ImageFiles(folder, name)
    masks = _files(folder, f"ISIC2018_Task1_{part}_GroundTruth")
    attributes = _files(folder, f"ISIC2018_Task2_{part}_GroundTruth_v3", f"ISIC2018_Task2_{part}_GroundTruth")

    def record_of(stem: str) -> Record:
        record = replace(
            _record(folder, images.find(stem), split, lesions.get(stem, {}).get("lesion_id", stem)),
            mask=masks.get(f"{stem}_segmentation") if masks else None,
        )
        return _with_structures(record, attributes, stem) if attributes else record

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
        return dict(zip(images.names, threads.map(record_of, images.names), strict=True))


def _files(folder: Path, *names: str) -> ImageFiles | None:
    return ImageFiles(folder, *names) if any((folder / name).is_dir() for name in names) else None


def _record(folder: Path, image: str, split: SplitName, group: str) -> Record:
    return Record(
        folder=folder,
        image=image,
        dataset="isic2018",
        group=group,
        fold=fold_of(group),
        split=split,
        aspect=aspect_of(folder / image),
        label=None,
    )


def _with_structures(record: Record, attributes: ImageFiles, stem: str) -> Record:
    """The record with the outlines of its structures, and presence by those that can be read."""
    found = {name: attributes.get(f"{stem}_attribute_{name}") for name in STRUCTURES}
    masks = {name: mask for name, mask in found.items() if mask is not None}
    structures = {}
    for name, mask in masks.items():
        with suppress(InvalidDataset):  # `check_outlines` and `augderm data check` name it
            structures[name] = open_mask(record.folder / mask).getbbox() is not None
    return replace(record, structure_masks=masks, structures=structures)


DATASET = Dataset(
    name="isic2018",
    title="ISIC 2018 challenge, Tasks 1-3",
    citation="Codella et al., arXiv 1902.03368; Tschandl et al., Sci Data 2018;5:180161",
    licence="CC-0 (images of Tasks 1-2), CC BY-NC 4.0 (labels of Tasks 1-2; Task 3)",
    modality="dermoscopic",
    images=None,
    gives="Task 3: the seven diagnoses, lesion; Tasks 1-2: lesion mask, the five structures",
    layout=(
        "ISIC2018_Task3_Training_Input/, ISIC2018_Task3_Training_GroundTruth.csv (or in a folder)",
        "ISIC2018_Task3_Training_LesionGroupings.csv (optional, needed for an honest split)",
        "ISIC2018_Task1-2_Training_Input/, ISIC2018_Task1_Training_GroundTruth/",
        "ISIC2018_Task2_Training_GroundTruth_v3/ (structures)",
        "the same with Validation and Test; any part may be absent",
    ),
    traps=(
        "without LesionGroupings.csv images of one lesion are torn apart",
        "Task 3 training is HAM10000, Tasks 1-2 hold images of ISIC 2017",
        "test image ISIC_0035068 has weight zero and is left out",
        "nearly all masks of a structure are empty: presence is any pixel above 0",
    ),
    read=read,
    counts={
        **{
            path.format(part): count
            for part, count in (("Training", 10015), ("Validation", 193), ("Test", 1512))
            for path in (*TABLES, "ISIC2018_Task3_{}_Input")
        },
        "ISIC2018_Task1-2_Training_Input": 2594,
        "ISIC2018_Task1-2_Validation_Input": 100,
        "ISIC2018_Task1-2_Test_Input": 1000,
    },
)
