"""A signed case is unread again where the machine then says something graver than all that was signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.machine_reads import counting_reads
from augderm.domain.advice import BANDS
from augderm.store.models import AddendumRow, AssessmentRow, CaseRow, ReadRow


def graver(band: str | None, managements: list[str]) -> bool:
    """Whether a band is more severe than each of the managements that were signed; False for none of both."""
    return band in BANDS and bool(managements) and BANDS.index(band) < min(map(BANDS.index, managements))


def reopen_if_graver(session: Session, now: datetime, case: CaseRow, row: AssessmentRow) -> None:
    """Hold a signed case for unread and log it, where a read that was stored just now is graver.

    What was as grave of the same image before the last signature or addendum was known to who wrote it: it
    asks for no second look.

    Args:
        session: the writing transaction that the read was stored in.
    """
    if case.state != "signed" or row.band not in BANDS:
        return
    signed = session.execute(
        select(ReadRow.final_management, ReadRow.signed_at).where(
            ReadRow.case_id == case.id, ReadRow.signed_at.is_not(None)
        )
    ).all()
    if not graver(row.band, [management for management, _ in signed if management]):
        return
    if counting_reads(session, [row.image_id])[row.image_id].row.id != row.id:
        return  # it lacks answers that an earlier one knew
    added = session.scalar(
        select(func.max(AddendumRow.added_at))
        .join(ReadRow, ReadRow.id == AddendumRow.read_id)
        .where(ReadRow.case_id == case.id)
    )
    last_word = max(at for at in (added, *(at for _, at in signed)) if at is not None)
    known = session.scalars(
        select(AssessmentRow.band).where(
            AssessmentRow.image_id == row.image_id,
            AssessmentRow.id != row.id,
            AssessmentRow.created_at <= last_word,
            AssessmentRow.band.in_(BANDS[: BANDS.index(row.band) + 1]),
        )
    ).first()
    if known is not None:
        return
    case.state = "unread"
    case.version += 1
    append(
        session, now, None, "case.reopened", "case", case.id,
        log_of=case.clinic_id, assessment=row.id, band=row.band,
    )  # fmt: skip
