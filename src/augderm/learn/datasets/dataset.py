"""What the registry knows of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from augderm.learn.datasets.findings import Finding
from augderm.learn.records import Record


def no_findings(folder: Path) -> list[Finding]:  # noqa: ARG001
    """Most datasets have no trap that only their own tables show."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A published dataset: how it is read, and what a person must know before using it.

    Attributes:
        name: as `augderm data` and a training config call it.
        title, citation, licence: as its authors give them; the licence travels with what is trained.
        modality: "dermoscopic", "clinical", or both.
        images: number of records in the whole release, its test set included; None where it varies.
        counts: where that varies, rows of a table or images of a folder in the whole release, by path.
        gives: labels beside the image.
        layout: what the folder must contain.
        traps: what to beware of.
        read: the records of a folder; a missing image is no error here (the check names it, and training
            refuses it), a missing table is. Where images are fetched one by one from addresses that die, as
            in Fitzpatrick17k, rows without an image are left out instead, and `inspect` names them.
        inspect: findings that only the dataset's own tables show.
    """

    name: str
    title: str
    citation: str
    licence: str
    modality: str
    images: int | None
    gives: str
    layout: tuple[str, ...]
    traps: tuple[str, ...]
    read: Callable[[Path], list[Record]]
    inspect: Callable[[Path], list[Finding]] = no_findings
    counts: Mapping[str, int] = field(default_factory=dict)
