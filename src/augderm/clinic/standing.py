"""What stands of a case: what each reader signed, as that reader's addenda changed it since.

What was signed stays as it was, and is shown. What stands is what everything that looks ahead goes by:
recalls, reports, letters, the timeline, cases that wait for an outcome, and whether the machine is graver.
Figures do not: see `clinic.performance`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from augderm.store.models import AddendumRow, ReadRow, UserRow


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of one reader's decision.

    Attributes:
        read_id: of the `ReadRow`.
        reason: of the signature, or the text of the addendum that changed it last.
        at: when it was decided so: signed, or changed or confirmed by an addendum.
        signed_at: when it was signed, as `signed_diagnosis` and `signed_management`.
        by_addendum: an addendum has decided since the signature.
    """

    read_id: str
    reader_id: str
    reader: str
    diagnosis: str
    management: str
    reason: str
    at: datetime
    signed_at: datetime
    signed_diagnosis: str
    signed_management: str
    by_addendum: bool


def standing_of(session: Session, cases: Collection[str]) -> dict[str, list[Standing]]:
    """By case what stands of each reader's decision, the latest last; unsigned cases are left out."""
    if not cases:
        return {}
    later: dict[str, list[AddendumRow]] = defaultdict(list)
    for addendum in session.scalars(
        select(AddendumRow)
        .join(ReadRow, ReadRow.id == AddendumRow.read_id)
        .where(
            ReadRow.case_id.in_(cases),
            AddendumRow.diagnosis.is_not(None) | AddendumRow.management.is_not(None),
        )
        .order_by(AddendumRow.added_at, AddendumRow.id)
    ):
        later[addendum.read_id].append(addendum)
    found: dict[str, list[Standing]] = defaultdict(list)
    for read, name in session.execute(
        select(ReadRow, UserRow.name)
        .join(UserRow, UserRow.id == ReadRow.reader_id)
        .where(ReadRow.case_id.in_(cases), ReadRow.signed_at.is_not(None))
        .order_by(ReadRow.signed_at, ReadRow.id)
    ):
        found[read.case_id].append(_standing(read, name, later[read.id]))
    for each in found.values():
        each.sort(key=lambda standing: standing.at)
    return dict(found)


def _standing(read: ReadRow, reader: str, addenda: list[AddendumRow]) -> Standing:
    assert read.signed_at is not None
    diagnosis, management = read.final_diagnosis or "", read.final_management or ""
    reason, at = read.reason, read.signed_at
    for addendum in addenda:
        after = (addendum.diagnosis or diagnosis, addendum.management or management)
        if after != (diagnosis, management):
            reason = addendum.text
        (diagnosis, management), at = after, addendum.added_at
    return Standing(
        read.id,
        read.reader_id,
        reader,
        diagnosis,
        management,
        reason,
        at,
        read.signed_at,
        read.final_diagnosis or "",
        read.final_management or "",
        bool(addenda),
    )


def _stands(
    signed: InstrumentedAttribute[str | None], changed: InstrumentedAttribute[str | None]
) -> ColumnElement[str | None]:
    last = (
        select(changed)
        .where(AddendumRow.read_id == ReadRow.id, changed.is_not(None))
        .order_by(AddendumRow.added_at.desc(), AddendumRow.id.desc())
        .limit(1)
        .correlate(ReadRow)
        .scalar_subquery()
    )
    return func.coalesce(last, signed)


STANDING_DIAGNOSIS = _stands(ReadRow.final_diagnosis, AddendumRow.diagnosis)
STANDING_MANAGEMENT = _stands(ReadRow.final_management, AddendumRow.management)
"""The same of a `ReadRow` of a query; a few entries of an index for each."""
