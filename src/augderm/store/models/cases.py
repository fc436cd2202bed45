"""Visits, the cases that they open, and what the patient told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Key, Text, Word, reference


class VisitRow(Base):
    """A patient's visit."""

    __tablename__ = "visits"
    id: Mapped[Key]
    patient_id: Mapped[str] = reference("patients")
    at: Mapped[datetime]
    note: Mapped[Text]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)


class CaseRow(Base):
    """One lesion at one visit: what a reader reads and signs. Opened with its first image.

    `clinic_id` and `patient_id` are repeated here for the worklist, which would join 100,000 lesions
    for them. `band`, `probability` and `due_at` are the most severe of its images' assessments, kept in step
    by `clinic.cases`: a case is due at a moment that does not move while it waits.

    Attributes:
        state: unread, or signed.
        waited_days: that the patient had waited before, since the referral.
        probability: of malignancy, 0..1.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("visit_id", "lesion_id"),
        Index("ix_cases_clinic_id_state_due_at", "clinic_id", "state", "due_at"),
        # Of users first: it serves their key too.
        Index("ix_cases_assigned_to", "assigned_to", "clinic_id", "state", "due_at"),
    )
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics", index=False)
    patient_id: Mapped[str] = reference("patients")
    visit_id: Mapped[str] = reference("visits", index=False)
    lesion_id: Mapped[str] = reference("lesions")
    state: Mapped[Word]
    opened_at: Mapped[datetime]
    waited_days: Mapped[float]
    band: Mapped[Word | None]
    probability: Mapped[float | None]
    due_at: Mapped[datetime | None]
    assigned_to: Mapped[str | None] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)


class AnamnesisRow(Base):
    """Answers as given (`augderm.anamnesis/1`). Never changed: new ones are a new row, the latest counts."""

    __tablename__ = "anamneses"
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases")
    answers: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = reference("users", index=False)
