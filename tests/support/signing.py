"""Signed cases for tests of what follows a signature."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import own_row
from augderm.store.models import AssessmentRow, CaseRow, ReadRow

CONTENT = {
    "schema": "augderm.assessment/1",
    "image": "secret-name.jpg",
    "capture": {"camera": "secret-camera"},
    "model": {"name": "toy", "version": "7", "sha256": "a" * 64},
    "status": "ok",
    "reason": "",
    "quality": {"verdict": "poor", "checks": {}},
    "diagnosis": {
        "probabilities": {"mel": 0.7, "nv": 0.2, "bkl": 0.06, "df": 0.04},
        "prediction_set": ["mel", "nv"],
    },
    "malignancy": {"probability": 0.71},
    "measures": {},
    "modality": {"name": "dermoscopic"},
    "scores": {},
    "anamnesis": {"answers": {"lesion": {"worry": "secret-worry"}}},
    "advice": {"band": "urgent", "rules": []},
}
"""An assessment as far as pages and reports look at it."""


def read_by_machine(platform: Platform, image_id: str, *, version: str = "7") -> None:
    """Keep an assessment of an image, without a network."""
    with platform.database.writing() as session:
        content = {**CONTENT, "model": {"name": "toy", "version": version, "sha256": "a" * 64}}
        session.add(
            AssessmentRow(
                image_id=image_id, model_sha256=version * 64, answers="", status="ok", content=content,
                band="urgent", probability=0.71, pictures={}, runtime="test", created_at=platform.now(),
            )
        )  # fmt: skip


def stored(
    platform: Platform,
    image_id: str,
    model: str = "a",
    *,
    band: str = "urgent",
    probability: float = 0.71,
    answers: str = "",
    embedding: bytes | None = None,
) -> None:
    """Keep a dermoscopic read of an image by the bundle of this letter, without a network."""
    content = {
        **CONTENT,
        "model": {"name": "toy", "version": model, "sha256": model * 64},
        "malignancy": {"probability": probability},
        "modality": {"name": "dermoscopic"},
        "measures": {},
        "structures": {},
        "findings": {},
        "scores": {},
        "advice": {"band": band, "rules": [], "unknown": []},
    }
    with platform.database.writing() as session:
        session.add(
            AssessmentRow(
                image_id=image_id, model_sha256=model * 64, answers=answers, quality="good", status="ok",
                content=content, band=band, probability=probability, pictures={}, embedding=embedding,
                runtime="test", created_at=platform.now(),
            )
        )  # fmt: skip


def sign(
    platform: Platform,
    person: Person,
    case_id: str,
    *,
    diagnosis: str = "nv",
    management: str = "monitor_3",
    reason: str = "",
) -> None:
    """Sign a case as this person, whatever the pages for it look like."""
    with platform.database.writing() as session:
        case = session.get_one(CaseRow, case_id)
        read = session.scalar(
            select(ReadRow).where(ReadRow.case_id == case_id, ReadRow.reader_id == person.user_id)
        )
        if read is None:
            read = ReadRow(
                case_id=case_id, reader_id=person.user_id, impression=diagnosis, management=management,
                committed_at=platform.now() - timedelta(minutes=1), reason="",
            )  # fmt: skip
            session.add(read)
        read.final_diagnosis, read.final_management, read.reason = diagnosis, management, reason
        read.signed_at = platform.now()
        case.state = "signed"


def reveal(platform: Platform, person: Person, case_id: str) -> None:
    """The machine's read of the case was shown to this person, who has committed."""
    with platform.database.writing() as session:
        row = own_row(session, person, case_id)
        assert row is not None
        row.revealed_at = platform.now()
