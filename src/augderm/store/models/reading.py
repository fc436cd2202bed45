"""What people say of a case: reads, second opinions, recalls, and what histology said later."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Key, Line, Text, Word, reference


class ReadRow(Base):
    """One reader's read of one case.

    Attributes:
        impression, management: committed blind, before the machine's read; codes of `domain.taxonomy` or
            "other", and bands of `domain.advice`.
        revealed_at: when the machine's read was shown to this reader.
        final_diagnosis, final_management: what is signed; `reason` where it departs from both.
        version: raised by each change; a change of an older one is refused.
    """

    __tablename__ = "reads"
    __table_args__ = (UniqueConstraint("case_id", "reader_id"),)
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases", index=False)
    reader_id: Mapped[str] = reference("users")
    impression: Mapped[Word]
    management: Mapped[Word]
    committed_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    final_diagnosis: Mapped[Word | None]
    final_management: Mapped[Word | None]
    reason: Mapped[Text]
    signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ReferralRow(Base):
    """A second opinion that one reader asks of another, who may belong to another clinic."""

    __tablename__ = "referrals"
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases")
    asked_by: Mapped[str] = reference("users")
    asked_of: Mapped[str] = reference("users")
    with_identity: Mapped[bool]
    question: Mapped[Text]
    asked_at: Mapped[datetime]
    impression: Mapped[Word | None]
    management: Mapped[Word | None]
    answer: Mapped[Text]
    answered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class RecallRow(Base):
    """A day on which a patient, or one lesion, is to be seen again.

    Attributes:
        case_id: the signed case that it follows from; None for one that a person planned.
        planned_on: the day that the band gave; `due_on` may have been moved since, for `reason`.
        closing: why it was called done or cancelled; "" where a visit closed it.
        closed_by: who closed it.
    """

    __tablename__ = "recalls"
    __table_args__ = (Index("ix_recalls_clinic_id_due_on", "clinic_id", "due_on", "id"),)
    id: Mapped[Key]
    clinic_id: Mapped[str] = reference("clinics", index=False)
    patient_id: Mapped[str] = reference("patients")
    lesion_id: Mapped[str | None] = reference("lesions")
    case_id: Mapped[str | None] = reference("cases")
    due_on: Mapped[date]
    planned_on: Mapped[date | None]
    reason: Mapped[Text]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = reference("users", index=False)
    done_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    closing: Mapped[Text] = mapped_column(default="")
    closed_by: Mapped[str | None] = reference("users", index=False)
    version: Mapped[int] = mapped_column(default=1)


class OutcomeRow(Base):
    """What became known of a lesion later.

    Attributes:
        confirmed_by: ISIC's diagnosis_confirm_type.
        diagnosis: a code of `domain.taxonomy`, or "other"; `diagnosis_text` in the pathologist's words.
        behaviour: benign, malignant or indeterminate.
        replaced_by: the correction that counts instead; None for what counts. `correction`: why it corrects.
    """

    __tablename__ = "outcomes"
    id: Mapped[Key]
    lesion_id: Mapped[str] = reference("lesions")
    case_id: Mapped[str | None] = reference("cases")
    confirmed_by: Mapped[Line]
    diagnosis: Mapped[Word]
    diagnosis_text: Mapped[Text]
    behaviour: Mapped[Word]
    taken_on: Mapped[date | None]
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = reference("users", index=False)
    replaced_by: Mapped[str | None] = reference("outcomes", index=False)
    correction: Mapped[Text] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
