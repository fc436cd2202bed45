"""What people say of a case: reads, checklists, second opinions, recalls, and what histology said later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Key, Line, Text, Word, reference


class ReadRow(Base):
    """One reader's read of one case.

    Attributes:
        impression, management: committed blind, before the machine's read; codes of `domain.taxonomy` or
            "other", and bands of `domain.advice`.
        blind: neither the machine's read nor another reader's decision was shown before it was committed, by
            any way that `clinic.blindness` knows.
        revealed_at: when the machine's read was shown to this reader.
        alert: of `clinic.alerts`, the last that was shown; None for none.
        told: what this reader was told since the last signature or addendum, each with the decision that it
            was told of; "" for nothing.
        final_diagnosis, final_management: what is signed; `reason` where it departs from both.
        version: raised by the signature; a change of an older one is refused. Triggers keep what was
            committed, revealed and signed from ever being changed.
    """

    __tablename__ = "reads"
    __table_args__ = (UniqueConstraint("case_id", "reader_id"),)
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases", index=False)
    reader_id: Mapped[str] = reference("users")
    impression: Mapped[Word]
    management: Mapped[Word]
    committed_at: Mapped[datetime]
    blind: Mapped[bool] = mapped_column(default=True)
    revealed_at: Mapped[datetime | None]
    alert: Mapped[Word | None]
    told: Mapped[Text] = mapped_column(default="")
    final_diagnosis: Mapped[Word | None]
    final_management: Mapped[Word | None]
    reason: Mapped[Text]
    signed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class AddendumRow(Base):
    """What a reader adds to a read after it was signed. Never changed: a trigger refuses.

    Attributes:
        text: what is added, and why where it changes the decision.
        diagnosis, management: what the reader decides from then on, as `ReadRow.final_diagnosis` and
            `final_management`, which stay; None where the addendum says nothing of it. See `clinic.standing`.
    """

    __tablename__ = "addenda"
    id: Mapped[Key]
    read_id: Mapped[str] = reference("reads")
    text: Mapped[Text]
    diagnosis: Mapped[Word | None]
    management: Mapped[Word | None]
    added_at: Mapped[datetime]
    added_by: Mapped[str] = reference("users", index=False)


class ChecklistRow(Base):
    """One item of a dermoscopic score, set by a reader. Never changed: the latest of each item counts.

    Attributes:
        number: counts what a reader set in a case, from 1: the order.
        item: "abcd.colours" and so on; scores of one checklist share their items.
        value: None where the reader could not tell.
        withdrawn: the reader goes back to what the machine set.
    """

    __tablename__ = "checklist_items"
    __table_args__ = (UniqueConstraint("case_id", "reader_id", "number"),)
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases", index=False)
    image_id: Mapped[str] = reference("images")
    reader_id: Mapped[str] = reference("users", index=False)
    number: Mapped[int]
    item: Mapped[Line]
    value: Mapped[int | None]
    withdrawn: Mapped[bool]
    set_at: Mapped[datetime]


class SittingRow(Base):
    """A reader who has a case open, and what that reader has typed and not committed or signed yet.

    Attributes:
        opened_at: the beginning of this sitting; seen_at: when its page was last heard of.
        draft: fields of the forms by name, as typed.
        version: raised by each change of the draft.
    """

    __tablename__ = "sittings"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)
    id: Mapped[Key]
    case_id: Mapped[str] = reference("cases", index=False)
    user_id: Mapped[str] = reference("users", index=False)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    draft: Mapped[dict[str, Any] | None]
    draft_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class ReferralRow(Base):
    """A second opinion that one reader asks of another, who may belong to another clinic.

    Here stands the answer; what the asked reader thought blind, before it, is a `ReadRow` as anybody's.

    Attributes:
        with_identity: whether the asked reader sees who the patient is.
        answer: in words; of a declined question why.
        seen_at: when the asking reader first saw the answer, or that it was declined.
    """

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
    seen_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
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
    replaced_by: Mapped[str | None] = reference("outcomes")
    correction: Mapped[Text] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
