"""One labelled image, the same whatever dataset it comes from, and how records are split."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import FOLDS, share_of
from augderm.domain.taxonomy import CODES, DIAGNOSES

Modality = Literal["dermoscopic", "clinical"]
SplitName = Literal["train", "validation", "test"]
ISIC_ID = re.compile(r"ISIC_\d{7}")
"""Names one image wherever it is published."""
WhyUnlabelled = Literal["indeterminate", "contradictory"]
"""The dataset says that it is neither malignant nor benign; or it says two things that exclude each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One image with whatever labels its dataset gives; what it does not give is None or absent.

    Attributes:
        folder: the dataset's folder; `image` and `mask` are relative to it.
        image: the file; for an image inside an HDF5 file, "file.hdf5#key".
        dataset: the dataset's name in the registry; for `index.csv`, the name in its column.
        group: patient, lesion or set of near-duplicates: never torn apart by a split.
        fold: 0 to 4.
        split: the official split, where the dataset has one.
        diagnosis: as the dataset says it, for a person.
        label: index into `taxonomy.CODES`; None where unlabelled or outside of the taxonomy.
        malignant: None where unknown or indeterminate.
        target: what the dataset's own challenge scores as positive (ISIC 2020: melanoma, 2024: malignant),
            stated also where `malignant` is not: an atypical proliferation is a negative case there. None
            where there is no such challenge.
        unlabelled: why there is neither `label` nor `malignant`, where more is known than that both are not.
        aspect: width / height of the scene before any squashing.
        mask: the lesion, 0 and 255 (or 0 and 1).
        structure_masks: by a name in `taxonomy.STRUCTURES`, likewise, or empty: it is not there.
        age_years, sex ("male", "female"): as given.
        site, confirmed_by: in the words of `datasets.words`.
        skin_type: Fitzpatrick 1 to 6, or the two of which one is the true one.
        structures: presence by a name in `taxonomy.STRUCTURES` (or a dataset's own names).
        artefacts: presence by a name in `taxonomy.ARTEFACTS`.
        checklist: by a criterion of `taxonomy.CHECKLIST` the categories of which one is the true one: a
            single one where the dataset says it, several where it says less ("present" alone).
        archive_id: its name in the ISIC Archive, where the dataset tells it apart from the file's.
        weight: how often it is drawn in training, against 1 for others: its source's, by the config.
    """

    folder: Path
    image: str
    dataset: str
    group: str
    fold: int
    aspect: float
    label: int | None
    modality: Modality = "dermoscopic"
    split: SplitName | None = None
    diagnosis: str = ""
    malignant: bool | None = None
    target: bool | None = None
    unlabelled: WhyUnlabelled | None = None
    mask: str | None = None
    structure_masks: Mapping[str, str] = field(default_factory=dict)
    age_years: float | None = None
    sex: str | None = None
    site: str | None = None
    confirmed_by: str | None = None
    skin_type: int | tuple[int, int] | None = None
    structures: Mapping[str, bool] = field(default_factory=dict)
    artefacts: Mapping[str, bool] = field(default_factory=dict)
    checklist: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    archive_id: str | None = None
    weight: float = 1.0

    @property
    def path(self) -> Path:
        """The image's file."""
        return self.folder / self.image

    @property
    def isic_id(self) -> str | None:
        """The image's name in the ISIC Archive, where the dataset or the file's name tells it."""
        found = ISIC_ID.findall(self.archive_id or self.image)
        return found[-1] if found else None

    @property
    def kin(self) -> frozenset[str]:
        """Names that it shares with what must not be parted from it: its group's, and its ISIC id."""
        return frozenset(name for name in (self.group, self.isic_id) if name)


@dataclass(frozen=True, slots=True)
class Split:
    """Three sets of records that share no group (patient, lesion or near-duplicate) and no image."""

    train: list[Record]
    calibration: list[Record]
    validation: list[Record]

    @property
    def images(self) -> int:
        """Of all three."""
        return len(self.train) + len(self.calibration) + len(self.validation)


def behaves_malignant(label: int) -> bool | None:
    """Whether a class of the taxonomy is malignant; None where it is indeterminate."""
    behaviour = DIAGNOSES[label].behaviour
    return None if behaviour == "indeterminate" else behaviour == "malignant"


def label_of(code: str) -> int | None:
    """Index of a class code, None where the taxonomy does not have it."""
    return CODES.index(code) if code in CODES else None


def check_groups(records: Sequence[Record]) -> None:
    """Refuse records whose group stands in two folds.

    Raises:
        InvalidDataset: with the group and its folds.
    """
    folds: dict[str, int] = {}
    for record in records:
        if folds.setdefault(record.group, record.fold) != record.fold:
            raise InvalidDataset(
                f"{record.folder}: group {record.group} is in folds {folds[record.group]} and "
                f"{record.fold}; a split that tears a lesion apart measures memory: give each group one fold"
            )


def split_records(
    records: Sequence[Record],
    *,
    validation_fold: int,
    calibration_fold: int,
    calibration_share: Mapping[str, float],
    official: Collection[str] = (),
) -> Split:
    """Split by fold, and take a fixed share of one fold's groups for calibration.

    A group's place follows from a hash of its name, so it stays the same when images are added. What is in an
    official test set is never learned from, nor is anything of its group, nor the same image of the ISIC
    Archive in another dataset: all of these that are not validated on are left out.

    Args:
        records: of any datasets.
        validation_fold, calibration_fold: 0 to 4, different.
        calibration_share: 0..1 by modality; a modality that it does not name gives none. A group of several
            modalities goes by the largest of their shares, whole.
        official: datasets whose own split is kept instead: trained on its training images, calibrated on all
            its validation images, its test images held back.

    Raises:
        InvalidDataset: a dataset has no official split to keep; a fold is none of these; or a group, or an
            image of the archive that several datasets hold, stands in several parts.
    """
    tested = {name for record in records if record.split == "test" for name in record.kin}
    own = _official_split([record for record in records if record.dataset in official], tested)
    others = [record for record in records if record.dataset not in official]
    if beyond := [record for record in others if not 0 <= record.fold < FOLDS]:
        raise InvalidDataset(
            f"{beyond[0].path}: fold {beyond[0].fold} is none of 0 to {FOLDS - 1}, and would be trained on; "
            f"so would {len(beyond) - 1} others. Give their groups one of these, or leave their dataset out"
        )
    shares: dict[str, float] = {}
    for record in others:
        if record.fold == calibration_fold:
            share = calibration_share.get(record.modality, 0.0)
            shares[record.group] = max(share, shares.get(record.group, 0.0))

    def calibrates(record: Record) -> bool:
        return record.fold == calibration_fold and share_of(record.group) < shares[record.group]

    rest = [r for r in others if r.fold != validation_fold and tested.isdisjoint(r.kin)]
    split = Split(
        train=own.train + [record for record in rest if not calibrates(record)],
        calibration=own.calibration + [record for record in rest if calibrates(record)],
        validation=own.validation + [record for record in others if record.fold == validation_fold],
    )
    _check_apart(split)
    return split


def _official_split(records: Sequence[Record], tested: Collection[str]) -> Split:
    """The datasets' own split. The test images stay whole, so that figures compare with published ones; where
    the authors tear a group, or one dataset's test holds images of another's training, what stands in an
    earlier part is left out.
    """
    if without := sorted({record.dataset for record in records if record.split is None}):
        raise InvalidDataset(
            f"{', '.join(without)}: not every image has an official split; take it out of official_splits, "
            "and it is split by folds"
        )
    held_back = set(tested)
    calibration = [r for r in records if r.split == "validation" and held_back.isdisjoint(r.kin)]
    held_back.update(name for record in calibration for name in record.kin)
    train = [r for r in records if r.split == "train" and held_back.isdisjoint(r.kin)]
    return Split(train=train, calibration=calibration, validation=[r for r in records if r.split == "test"])


def _check_apart(split: Split) -> None:
    """Refuse a split in which one group, or one image under two names, stands in several parts."""
    first: dict[str, tuple[str, Record]] = {}
    torn = []
    for part in ("validation", "calibration", "train"):
        for record in getattr(split, part):
            for name in record.kin:
                other_part, other = first.setdefault(name, (part, record))
                if other_part != part:
                    torn.append((name, other_part, other, part, record))
    if torn:
        name, other_part, other, part, record = torn[0]
        raise InvalidDataset(
            f"{name} is in the part for {other_part} ({other.dataset}, {other.path}) and in that for {part} "
            f"({record.dataset}, {record.path}), and so are {len(torn) - 1} others; where datasets overlap, "
            "keep one of them, or name all of them in official_splits, or none"
        )


def records_hash(records: Sequence[Record]) -> str:
    """SHA-256 of what records say: names, labels, groups, folds and official splits. No byte of an image is
    in it; `images_hash.images_sha256` has those.
    """
    said = [
        (
            *(r.dataset, r.image, r.group, r.fold, r.label, r.malignant, r.modality, r.mask),
            tuple(sorted(r.structures.items())),
            tuple(sorted(r.artefacts.items())),
            # Nothing where there is none: hashes of other data stay what they were.
            *([tuple(sorted(r.checklist.items()))] if r.checklist else []),
            *([r.split] if r.split else []),
        )
        for r in records
    ]
    return hashlib.sha256("\n".join(sorted(map(repr, said))).encode()).hexdigest()
