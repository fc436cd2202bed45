"""The clinic's own cases as a training set, in this project's format and without identity.

What leaves: the pixels (coded anew, so nothing that a camera wrote), the border and the modality that the
machine told, the diagnosis, age in whole years (90 for older), sex, site, how it was confirmed. Groups and
names are random, drawn anew for each export, and order the rows: neither says when.
The diagnosis is never the machine's. `label_from` says whose it is: "outcome", what became known later; or,
where that was asked for, "signature", what stands of its readers' decisions where they agree. Those readers
had seen the machine's read: who trains on such labels teaches a model what its forerunner said.
Nothing here can see what stands in the pixels themselves, such as a name on a label or a tattoo.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.machine_reads import counting_reads
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.standing import standing_of
from augderm.domain.errors import InvalidConfig
from augderm.domain.folds import fold_of
from augderm.formats.stored_read import kind_in_doubt
from augderm.store.models import AssessmentRow, CaseRow, ImageRow, LesionRow, OutcomeRow, PatientRow, VisitRow

INDEX = "index.csv"
COLUMNS = (
    "image", "mask", "dataset", "group_id", "fold", "diagnosis", "modality", "width", "height", "age", "sex",
    "site", "confirmed_by", "label_from",
)  # fmt: skip
DATASET = "clinic"
OLDEST = 90
"""Older ages are rare enough to name a person."""
KEY_BYTES = 8
OTHER = "other"
LabelFrom = Literal["outcome", "signature"]
BY_SIGNATURE = "single contributor clinical assessment"
"""How a signature confirms, in ISIC's words: also of two readers, since the second saw the first's."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what was not: photographs by reason, in English."""

    images: int
    patients: int
    by_diagnosis: Mapping[str, int]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Photograph:
    image: ImageRow
    patient: PatientRow
    lesion: LesionRow
    visited: date
    diagnosis: str | None
    confirmed_by: str
    label_from: LabelFrom
    read: AssessmentRow | None


@use_case("training.export")
def export_training_set(
    platform: Platform, person: Person, folder: Path, *, signed_too: bool = False
) -> Exported:
    """Write every photograph whose case has an outcome.

    Args:
        signed_too: also those of signed cases without an outcome whose readers agree on the diagnosis.
        folder: where to; made, and must be empty: two exports in one would join random groups that are one
            patient.

    Raises:
        InvalidConfig: the folder is not empty, or cannot be written.
        BlobDamaged: an image of the store is missing or was changed.
    """
    _empty(folder)
    groups: dict[str, str] = defaultdict(lambda: secrets.token_hex(KEY_BYTES))
    left_out: Counter[str] = Counter()
    rows: list[dict[str, str | int]] = []
    for each in _photographs(platform, person, signed_too):
        if each.diagnosis is None:
            left_out["its readers signed different diagnoses"] += 1
        elif each.diagnosis == OTHER:
            left_out["the diagnosis is none of the format's"] += 1
        elif each.read is None or not (each.read.content.get("modality") or {}).get("name"):
            left_out["the machine has not read it, so its modality is not known"] += 1
        elif kind_in_doubt(each.read.content):
            left_out["the machine is in doubt of its modality"] += 1
        else:
            rows.append(_write(platform, folder, each, groups[each.patient.id]))
    rows.sort(key=lambda row: str(row["image"]))
    with (folder / INDEX).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with platform.database.writing() as session:
        append(
            session, platform.now(), person, "training.export", "clinic", person.clinic_id, images=len(rows),
            signed_too=signed_too,
        )  # fmt: skip
    return Exported(
        len(rows), len({row["group_id"] for row in rows}), Counter(str(row["diagnosis"]) for row in rows),
        dict(left_out),
    )  # fmt: skip


def _photographs(platform: Platform, person: Person, signed_too: bool) -> Iterator[_Photograph]:
    with platform.database.reading() as session:
        rows = session.execute(
            select(ImageRow, PatientRow, LesionRow, VisitRow.at, OutcomeRow)
            .join(CaseRow, CaseRow.id == ImageRow.case_id)
            .outerjoin(OutcomeRow, (OutcomeRow.case_id == CaseRow.id) & OutcomeRow.replaced_by.is_(None))
            .join(PatientRow, PatientRow.id == CaseRow.patient_id)
            .join(LesionRow, LesionRow.id == CaseRow.lesion_id)
            .join(VisitRow, VisitRow.id == CaseRow.visit_id)
            .where(
                CaseRow.clinic_id == person.clinic_id,
                OutcomeRow.id.is_not(None) | ((CaseRow.state == "signed") & signed_too),
            )
            .order_by(ImageRow.id)
            .execution_options(yield_per=200)
        )
        for image, patient, lesion, at, outcome in rows:
            label = _label(session, image.case_id or "", outcome)
            read = _read(platform, session, image.id)
            yield _Photograph(image, patient, lesion, at.date(), *label, read)


def _label(session: Session, case_id: str, outcome: OutcomeRow | None) -> tuple[str | None, str, LabelFrom]:
    """Diagnosis, how it was confirmed, and where it comes from; no diagnosis where readers do not agree."""
    if outcome is not None:
        return outcome.diagnosis, outcome.confirmed_by, "outcome"
    diagnoses = {each.diagnosis for each in standing_of(session, [case_id]).get(case_id, [])}
    return diagnoses.pop() if len(diagnoses) == 1 else None, BY_SIGNATURE, "signature"


def _read(platform: Platform, session: Session, image_id: str) -> AssessmentRow | None:
    """The present bundle's read with the newest answers; where it has not read it, another bundle's."""
    for bundle in (platform.model_sha256, None):
        found = counting_reads(session, [image_id], model_sha256=bundle)
        if found:
            return found[image_id].row
    return None


def _write(platform: Platform, folder: Path, each: _Photograph, group: str) -> dict[str, str | int]:
    assert each.read is not None and each.diagnosis is not None  # noqa: PT018  (the caller has asked)
    name = secrets.token_hex(KEY_BYTES)
    image, mask = f"images/{name}.png", f"masks/{name}.png"
    with Image.open(io.BytesIO(platform.blobs.get(each.image.preview_sha256))) as preview:
        # Pixels alone go into a new picture: whatever else the file holds stays behind.
        pixels = Image.frombytes("RGB", preview.size, preview.convert("RGB").tobytes())
    pixels.save(folder / image)
    border = each.read.pictures.get("border")
    if border:
        (folder / mask).write_bytes(platform.blobs.get(border))
    age = _years(each.patient.birth_date, each.visited)
    return {
        "image": image,
        "mask": mask if border else "",
        "dataset": DATASET,
        "group_id": group,
        "fold": fold_of(group),
        "diagnosis": each.diagnosis,
        "modality": str(each.read.content["modality"]["name"]),
        "width": pixels.width,
        "height": pixels.height,
        "age": min(age, OLDEST),
        "sex": each.patient.sex if each.patient.sex in ("female", "male") else "",
        "site": each.lesion.site or "",
        "confirmed_by": each.confirmed_by,
        "label_from": each.label_from,
    }


def _years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidConfig(f"{folder} is not empty; give a new folder for each export")
        for part in ("images", "masks"):
            (folder / part).mkdir()
    except OSError as error:
        raise InvalidConfig(
            f"{folder} cannot be written ({error.strerror}); give a folder that can be"
        ) from None
