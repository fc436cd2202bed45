"""The audit log: who saw or changed what, when. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from augderm.store.models.base import Base, Hash, Word


class AuditRow(Base):
    """One entry. Triggers refuse to change or delete it, and `hash` covers it and the one before.

    No foreign keys: an entry outlives what it tells of. Nothing of a patient stands here but keys.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_clinic_id_seq", "clinic_id", "seq"),
        Index("ix_audit_subject_id", "subject_id"),
    )
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
    clinic_id: Mapped[Word | None]
    user_id: Mapped[Word | None]
    action: Mapped[Word]
    subject_kind: Mapped[Word]
    subject_id: Mapped[Word]
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[Hash]
    hash: Mapped[Hash] = mapped_column(unique=True)
