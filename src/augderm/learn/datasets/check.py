"""What stands between a dataset and training on it: labels, splits, files, duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from augderm.domain.errors import AugDermError
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.dataset import Dataset
from augderm.learn.datasets.findings import Finding
from augderm.learn.datasets.fingerprint import near_pairs
from augderm.learn.datasets.images import image_paths, unlisted
from augderm.learn.datasets.meaning import NO_DIAGNOSIS, plain
from augderm.learn.datasets.probe import Probe
from augderm.learn.datasets.tables import read_table
from augderm.learn.records import Record

CUT_OFF = "if you did not mean to take a part of it, look for a table that was cut off, and download it anew"
OUTSIDE, UNLABELLED = "outside", "unlabelled"
"""Rows of the table of counts, after the seven classes."""


def class_of(record: Record) -> str:
    """A row of the table of counts: a code, outside of the taxonomy, or unlabelled."""
    if record.label is not None:
        return CODES[record.label]
    return UNLABELLED if record.malignant is None else OUTSIDE


def sampled(records: Sequence[Record], limit: int | None) -> list[Record]:
    """At most `limit` records, spread evenly over the list; all where it is None."""
    if limit is None or limit >= len(records):
        return list(records)
    return [records[index * len(records) // limit] for index in range(limit)]


def counts(records: Sequence[Record]) -> dict[str, dict[str, int]]:
    """Number of images by class: in all, by fold, and by split, dataset and modality where they differ."""
    columns: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    datasets = {record.dataset for record in records}
    modalities = {record.modality for record in records}
    for record in records:
        row = columns[class_of(record)]
        row["all"] += 1
        row[f"fold {record.fold}"] += 1
        if record.split:
            row[record.split] += 1
        if len(datasets) > 1:
            row[record.dataset] += 1
        if len(modalities) > 1:
            row[record.modality] += 1
    order = (*CODES, OUTSIDE, UNLABELLED)
    return {name: dict(columns[name]) for name in order if name in columns}


def record_findings(records: Sequence[Record]) -> list[Finding]:
    """That there is nothing to learn from: no image at all, or none but those of the official test."""
    if any(record.split != "test" for record in records):
        return []
    if records:
        return [
            Finding(
                kind="no_training_images",
                level="note",
                what="all images are of the official test, which nothing may learn from",
                remedy="add the training part of the release; to evaluate on the test nothing is missing",
            )
        ]
    return [
        Finding(
            kind="no_images",
            level="problem",
            what="no image is left: the tables list none, or all are left out (see the traps)",
            remedy="look for a table that was cut off, and download it anew",
        )
    ]


def label_findings(dataset: Dataset, records: Sequence[Record]) -> list[Finding]:
    """Diagnoses that are not understood, those outside of the taxonomy, and another number than published."""
    foreign: dict[str, int] = defaultdict(int)
    outside: dict[str, int] = defaultdict(int)
    indeterminate: dict[str, int] = defaultdict(int)
    contradictory = []
    for record in records:
        if record.label is not None:
            continue
        if record.unlabelled == "indeterminate":
            indeterminate[record.diagnosis] += 1
        elif record.unlabelled == "contradictory":
            contradictory.append(f"{record.image}: {record.diagnosis}")
        elif record.malignant is not None:
            outside[f"{record.diagnosis} ({'malignant' if record.malignant else 'benign'})"] += 1
        elif plain(record.diagnosis) not in NO_DIAGNOSIS:
            foreign[record.diagnosis] += 1
    possible = [
        Finding(
            kind="unknown_diagnosis",
            level="problem",
            what="diagnoses are neither a class nor malignant or benign: their images teach nothing",
            remedy="correct them, or name them as the taxonomy does: " + ", ".join(CODES),
            where=_tally(foreign),
        ),
        Finding(
            kind="contradictory_diagnosis",
            level="problem",
            what=(
                "diagnoses exclude each other, or are called benign or malignant against what they are: they "
                "teach nothing"
            ),
            remedy="look at each; correct one of the two words, or drop the row",
            where=tuple(contradictory),
        ),
        Finding(
            kind="indeterminate",
            level="note",
            what="diagnoses without a class are neither malignant nor benign: they are in no such figure",
            remedy="nothing to do",
            where=_tally(indeterminate),
        ),
        Finding(
            kind="outside_taxonomy",
            level="note",
            what="diagnoses have no class of the seven; they count as malignant or benign only",
            remedy="nothing, or leave them out where a class is asked for",
            where=_tally(outside),
        ),
    ]
    findings = [finding for finding in possible if finding.where]
    if dataset.images is not None and dataset.images != len(records):
        findings.append(
            Finding(
                kind="another_count",
                level="note",
                what=f"{len(records)} images are listed, the whole release has {dataset.images}",
                remedy=CUT_OFF,
            )
        )
    return findings


def count_findings(dataset: Dataset, folder: Path) -> list[Finding]:
    """Tables and folders that are there and hold another number than the release's."""
    where = []
    for name, wanted in dataset.counts.items():
        path = folder / name
        if path.is_file():
            found = len(read_table(path, ()))
        elif path.is_dir():
            found = len(image_paths(path))
        else:
            continue
        if found != wanted:
            where.append(f"{name}: {found}, the whole release has {wanted}")
    if not where:
        return []
    return [
        Finding(
            kind="another_count",
            level="note",
            what="tables or folders of images hold another number than those of the release",
            remedy=CUT_OFF,
            where=tuple(where),
        )
    ]


def unlisted_findings(records: Sequence[Record]) -> list[Finding]:
    """Images that no record names, beside those that one does."""
    try:
        where = unlisted(records)
    except AugDermError:  # every image of that file is then broken, which the other findings say
        return []
    if not where:
        return []
    return [
        Finding(
            kind="unlisted_image",
            level="note",
            what="images lie beside the others, and no row names them, or theirs is left out (see the traps)",
            remedy=CUT_OFF,
            where=tuple(where),
        )
    ]


def split_findings(records: Sequence[Record]) -> list[Finding]:
    """Groups in several splits or folds."""
    findings = []
    for kind, name in (("split", "splits"), ("fold", "folds")):
        places: dict[str, set[str]] = defaultdict(set)
        for record in records:
            if getattr(record, kind) is not None:
                places[record.group].add(str(getattr(record, kind)))
        torn = {group: sorted(found) for group, found in places.items() if len(found) > 1}
        if torn:
            findings.append(
                Finding(
                    kind=f"torn_by_{kind}",
                    level="problem",
                    what=f"lesions or patients are in several {name}: figures would measure memory",
                    remedy=f"give each group one {kind}, or leave its images out of all but one",
                    where=tuple(f"{group}: {', '.join(found)}" for group, found in sorted(torn.items())),
                )
            )
    return findings


def file_findings(records: Sequence[Record], probes: Sequence[Probe]) -> list[Finding]:
    """Missing and broken images and masks. `probes` belong to `records` in order."""
    pairs = list(zip(records, probes, strict=True))
    broken = [f"{r.image}: {p.image}" for r, p in pairs if p.image and not p.missing]
    masks = [f"{mask}: {fault}" for _, p in pairs for mask, fault in p.masks.items()]
    kinds: tuple[tuple[str, str, str, Iterable[str]], ...] = (
        (
            "missing_image",
            "images are listed but not there",
            "unpack all archives of the dataset, or drop their rows",
            (r.image for r, p in pairs if p.missing),
        ),
        ("broken_image", "images cannot be read", "download them anew, or drop their rows", broken),
        ("broken_mask", "masks cannot be used", "unpack the masks anew, or drop these", masks),
    )
    return [
        Finding(kind=kind, level="problem", what=what, remedy=remedy, where=tuple(where))
        for kind, what, remedy, found in kinds
        if (where := tuple(found))
    ]


def duplicate_findings(records: Sequence[Record], probes: Sequence[Probe]) -> list[Finding]:
    """Images that are the same, or look the same, where that tears groups apart or contradicts labels.

    Copies within one group in one split are no finding: they are photographs of one lesion.
    """
    readable = [(r, p) for r, p in zip(records, probes, strict=True) if p.sha256]
    records, probes = [r for r, _ in readable], [p for _, p in readable]
    first: dict[str, int] = {}
    exact = [
        (first[p.sha256], index)
        for index, p in enumerate(probes)
        if first.setdefault(p.sha256, index) != index
    ]
    known = set(exact)
    near = [
        pair for pair in near_pairs([p.look for p in probes], [p.small for p in probes]) if pair not in known
    ]
    return [
        *_pair_findings(records, exact, "exact", "the same file, byte by byte"),
        *_pair_findings(records, near, "near", "pictures that look the same"),
    ]


def _pair_findings(
    records: Sequence[Record], pairs: Iterable[tuple[int, int]], kind: str, what: str
) -> list[Finding]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        a, b = records[one], records[other]
        line = f"{a.image} ({_place(a)}) and {b.image} ({_place(b)})"
        if (a.fold, a.split) != (b.fold, b.split):
            found["torn"].append(line)
        elif a.group != b.group:
            found["apart"].append(line)
        if a.label is not None and b.label is not None and a.label != b.label:
            found["contradict"].append(line)
    texts: dict[str, tuple[Any, str, str]] = {
        "torn": (
            "problem",
            f"{what} are in several folds or splits",
            "look at them; where they show one lesion, give them one group, fold and split, or drop one",
        ),
        "contradict": (
            "problem",
            f"{what} have different diagnoses",
            "look at them; correct the diagnosis or drop both",
        ),
        "apart": (
            "note",
            f"{what} are in several groups, but in one fold and split",
            "look at them; where they show one lesion, give them one group",
        ),
    }
    return [
        Finding(
            kind=f"{kind}_duplicate_{key}", level=level, what=text, remedy=remedy, where=tuple(found[key])
        )
        for key, (level, text, remedy) in texts.items()
        if key in found
    ]


def _place(record: Record) -> str:
    parts = (record.group, f"fold {record.fold}", record.split, class_of(record))
    return ", ".join(part for part in parts if part)


def _tally(names: dict[str, int]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {count} images" for name, count in sorted(names.items(), key=lambda item: -item[1])
    )
