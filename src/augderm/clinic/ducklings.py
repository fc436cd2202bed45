"""Ugly ducklings among a patient's lesions, from the reads that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.audit import seen
from augderm.clinic.finding import find_patient
from augderm.clinic.machine_reads import counting_reads
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.revealed import revealed_cases
from augderm.domain.duckling import Appearance
from augderm.evidence.duckling import LIMIT, NO_PICTURE, compare_appearances
from augderm.store.models import AssessmentRow, ImageRow, LesionRow


@dataclass(frozen=True, slots=True)
class LesionMark:
    """How unlike the others one lesion is.

    Attributes:
        label: of the lesion, as on every page.
        distance: over that of the others; None where it was not compared.
        unlike: beyond the limit; None likewise.
        blind: compared, but this person has not been shown the machine's read of it; both are then None.
    """

    lesion_id: str
    label: str
    distance: float | None
    unlike: bool | None
    blind: bool


@dataclass(frozen=True, slots=True)
class PatientMarks:
    """All lesions of a patient; `reason` says why none was compared, in English, "" where some were."""

    lesions: tuple[LesionMark, ...]
    compared: int
    limit: float
    reason: str


@use_case("duckling.view")
def see_ducklings(platform: Platform, person: Person, patient_id: str) -> PatientMarks:
    """Each lesion against the patient's others, by the latest photograph that the present bundle read, and of
    its reads by the one with the newest answers. Other bundles' reads are left out: their numbers mean other
    things.

    The comparison takes in all lesions; its mark is shown for those whose machine read this person has been
    shown.
    """
    with platform.database.reading() as session:
        find_patient(session, person, patient_id)
        rows = session.execute(
            select(LesionRow.id, LesionRow.label)
            .where(LesionRow.patient_id == patient_id)
            .order_by(LesionRow.created_at, LesionRow.id)
        )
        labels = {lesion: label for lesion, label in rows}  # noqa: C416  (rows are no pairs to mypy)
        latest = _latest_reads(session, patient_id, platform.model_sha256)
        shown = revealed_cases(session, person, {case for _, case in latest.values() if case})
    found = compare_appearances(
        [_appearance(lesion, latest[lesion][0] if lesion in latest else None) for lesion in labels]
    )
    marks = []
    for (lesion, label), told in zip(labels.items(), found.lesions, strict=True):
        blind = told.distance is not None and latest[lesion][1] not in shown
        marks.append(
            LesionMark(
                lesion,
                label,
                None if blind else told.distance,
                None if blind else told.unlike,
                blind,
            )
        )
    seen(platform, person, "duckling.view", "patient", patient_id)
    return PatientMarks(tuple(marks), found.compared, LIMIT, found.reason)


def _latest_reads(
    session: Session, patient_id: str, model_sha256: str
) -> Mapping[str, tuple[AssessmentRow, str | None]]:
    """By lesion: the read of its latest photograph that has a diagnosis, and the photograph's case."""
    images = session.execute(
        select(LesionRow.id, ImageRow.id, ImageRow.case_id)
        .join(ImageRow, ImageRow.lesion_id == LesionRow.id)
        .where(LesionRow.patient_id == patient_id)
        .order_by(ImageRow.uploaded_at, ImageRow.id)
    ).all()
    reads = counting_reads(session, [image for _, image, _ in images], model_sha256=model_sha256)
    found: dict[str, tuple[AssessmentRow, str | None]] = {}
    for lesion, image, case in images:
        read = reads[image].row if image in reads else None
        if read is not None and read.status == "ok" and read.embedding is not None:
            found[lesion] = read, case
    return found


def _appearance(lesion_id: str, read: AssessmentRow | None) -> Appearance:
    if read is None or read.embedding is None:
        return Appearance(lesion_id, NO_PICTURE)
    measures: dict[str, Any] = read.content.get("measures") or {}
    modality: dict[str, Any] = read.content.get("modality") or {}
    asymmetry: dict[str, float] | None = measures.get("shape_asymmetry")
    return Appearance(
        lesion_id,
        modality=modality.get("name"),
        embedding=np.frombuffer(read.embedding, dtype=np.dtype("<f4")),
        long_axis_mm=measures.get("long_axis_mm"),
        lab_mean=measures.get("lab_mean"),
        shape_asymmetry=None if asymmetry is None else tuple(asymmetry.values()),
        circularity=measures.get("circularity"),
    )
