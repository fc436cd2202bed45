"""What an addendum that decides anew does to the control that was planned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from augderm.clinic.audit import append
from augderm.clinic.person import Person
from augderm.clinic.recalls import day_asked_for, open_recall, recall_after_signing
from augderm.clinic.standing import standing_of
from augderm.store.models import CaseRow


def recall_after_addendum(
    session: Session, now: datetime, person: Person, case: CaseRow, reason: str
) -> None:
    """Plan, move or cancel the control of a case by what its readers' decisions ask for now.

    The earliest day that any of them asks for counts, so that an addendum puts off nobody else's caution. A
    day that a person moved is put off and cancelled by persons alone.

    Args:
        session: a writing transaction, in which the addendum stands already.
        reason: of the addendum: why the day was moved, or the recall cancelled.
    """
    bands = [each.management for each in standing_of(session, [case.id])[case.id]]
    asked = [(day, band) for band in bands if (day := day_asked_for(session, case, band))]
    row = open_recall(session, case)
    if row is None:
        if asked:
            recall_after_signing(session, now, case, min(asked)[1], person.user_id)
        return
    moved_by_person = row.due_on != row.planned_on
    was = row.due_on
    if asked:
        row.planned_on = min(asked)[0]
        row.due_on = min(row.due_on, row.planned_on) if moved_by_person else row.planned_on
    elif not moved_by_person:
        row.cancelled_at, row.closing, row.closed_by = now, reason, person.user_id
    if row.due_on != was:
        row.reason = reason
    row.version += 1
    append(
        session, now, person, "recall.change", "recall", row.id,
        was=was.isoformat(), due_on=row.due_on.isoformat(), cancelled=row.cancelled_at is not None,
    )  # fmt: skip
