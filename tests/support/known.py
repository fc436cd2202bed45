"""Patients with confirmed outcomes, and photographs that were placed without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import select

from augderm.clinic.outcomes import OutcomeEntry, enter_outcome
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import finish
from augderm.domain.taxonomy import CODES
from augderm.store.models import AssessmentRow, JobRow
from support.clinic import ADA, Case, open_case

SIZE = 8


def place_at(angle: float) -> list[float]:
    """A place on a circle: the cosine distance of two is 1 - cos of the angle (radians) between them."""
    return [float(np.cos(angle)), float(np.sin(angle)), *([0.0] * (SIZE - 2))]


def placed(
    platform: Platform,
    image_id: str,
    place: Sequence[float],
    *,
    likeliest: str = "nv",
    members: Sequence[str] = ("nv",),
    modality: str = "dermoscopic",
    status: str = "ok",
    model_sha256: str = "",
) -> None:
    """Keep a read of an image, by the platform's model unless another is named, and end its job."""
    content = {
        "status": status,
        "reason": "" if status == "ok" else "It is novel.",
        "modality": {"name": modality},
        "quality": {"verdict": "good", "checks": {}},
        "measures": None, "scores": {}, "findings": {}, "structures": {}, "advice": None, "malignancy": None,
        "anamnesis": None,
        "model": {"name": "toy", "version": "1.2.3", "sha256": model_sha256 or platform.model_sha256},
        "diagnosis": None if status != "ok" else {
            "probabilities": {code: 0.7 if code == likeliest else 0.05 for code in CODES},
            "prediction_set": list(members),
            "coverage": 0.95,
        },
    }  # fmt: skip
    with platform.database.writing() as session:
        session.add(
            AssessmentRow(
                image_id=image_id, model_sha256=model_sha256 or platform.model_sha256, answers="",
                status=status, content=content, band=None, probability=None, pictures={},
                embedding=np.array(place, "<f4").tobytes(), runtime="test", created_at=platform.now(),
            )
        )  # fmt: skip
        for job in session.scalars(select(JobRow).where(JobRow.image_id == image_id)):
            finish(job, platform.now())


def confirmed_case(
    platform: Platform,
    person: Person,
    number: int,
    angle: float,
    diagnosis: str = "nv",
    confirmed_by: str = "histopathology",
    **read: str,
) -> Case:
    """A patient of their own with one photograph, placed at an angle, and an outcome."""
    entry = replace(ADA, identifier=f"K-{number}", family_name=f"Knownname{number}", given_name="K")
    case = open_case(platform, person, entry, seed=100 + number)
    placed(platform, case.image.id, place_at(angle), **read)
    given = OutcomeEntry(
        confirmed_by=confirmed_by,
        diagnosis=diagnosis,
        behaviour="malignant" if diagnosis in ("akiec", "other") else "",
        diagnosis_text=f"Told of Knownname{number}",
    )
    enter_outcome(platform, person, case.lesion.id, given, str(case.image.case_id))
    return case


def confirmed_cases(platform: Platform, person: Person, diagnoses: str) -> list[Case]:
    """One for each diagnosis, farther and farther from the place at angle 0."""
    return [
        confirmed_case(platform, person, number, 0.1 * number, diagnosis)
        for number, diagnosis in enumerate(diagnoses.split(), 1)
    ]
