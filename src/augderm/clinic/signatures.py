"""What was signed of a case, and added to it since: only ever more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.store.models import AddendumRow, ReadRow, UserRow


@dataclass(frozen=True, slots=True)
class Signature:
    """What one reader signed."""

    reader_id: str
    reader: str
    diagnosis: str
    management: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added after a signature.

    Attributes:
        diagnosis, management: what its writer decides from then on; None where it leaves that as it was.
    """

    text: str
    by: str
    at: datetime
    diagnosis: str | None = None
    management: str | None = None


def signatures_of(session: Session, case_id: str) -> list[Signature]:
    """All that was signed of a case, the earliest first."""
    rows = session.execute(
        select(ReadRow, UserRow.name)
        .join(UserRow, UserRow.id == ReadRow.reader_id)
        .where(ReadRow.case_id == case_id, ReadRow.signed_at.is_not(None))
        .order_by(ReadRow.signed_at)
    )
    return [
        Signature(
            read.reader_id,
            name,
            read.final_diagnosis or "",
            read.final_management or "",
            read.reason,
            read.signed_at,
        )
        for read, name in rows
        if read.signed_at is not None
    ]


def addenda_of(session: Session, case_id: str) -> list[Addendum]:
    """All that was added to signed reads of a case, the earliest first."""
    rows = session.execute(
        select(
            AddendumRow.text,
            UserRow.name,
            AddendumRow.added_at,
            AddendumRow.diagnosis,
            AddendumRow.management,
        )
        .join(ReadRow, ReadRow.id == AddendumRow.read_id)
        .join(UserRow, UserRow.id == AddendumRow.added_by)
        .where(ReadRow.case_id == case_id)
        .order_by(AddendumRow.added_at, AddendumRow.id)
    )
    return [Addendum(*row) for row in rows]
