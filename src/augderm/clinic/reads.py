"""A reader's read of a case: an own impression first, before the machine's is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen_once
from augderm.clinic.blindness import reads_blind
from augderm.clinic.errors import Conflict
from augderm.clinic.finding import find_case
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.sittings import forget_draft
from augderm.domain.advice import BANDS
from augderm.domain.taxonomy import CODES
from augderm.store.models import CaseRow, ReadRow

IMPRESSIONS = (*CODES, "other")
"""What a reader may think that it is."""
MANAGEMENTS: tuple[str, ...] = BANDS
"""What a reader may want to do; the bands of the advice."""


@dataclass(frozen=True, slots=True)
class Read:
    """One reader's read of one case; see `store.models.ReadRow`."""

    id: str
    case_id: str
    reader_id: str
    impression: str
    management: str
    committed_at: datetime
    blind: bool
    revealed_at: datetime | None
    alert: str | None
    final_diagnosis: str | None
    final_management: str | None
    reason: str
    signed_at: datetime | None
    version: int


def read_of(row: ReadRow) -> Read:
    """The row as others see it."""
    return Read(
        row.id,
        row.case_id,
        row.reader_id,
        row.impression,
        row.management,
        row.committed_at,
        row.blind,
        row.revealed_at,
        row.alert,
        row.final_diagnosis,
        row.final_management,
        row.reason,
        row.signed_at,
        row.version,
    )


def own_row(session: Session, person: Person, case_id: str) -> ReadRow | None:
    """The person's own read of a case; None before one is committed."""
    return session.scalar(
        select(ReadRow).where(ReadRow.case_id == case_id, ReadRow.reader_id == person.user_id)
    )


def begin_read(
    platform: Platform, session: Session, person: Person, case: CaseRow, impression: str, management: str
) -> ReadRow:
    """Commit the own impression within a writing transaction; the caller has found the case, and logs it.

    Raises:
        InvalidEntry: one is missing.
        Conflict: this reader has committed one.
    """
    if own_row(session, person, case.id) is not None:
        raise Conflict("Your impression of this case is committed already. Open the case to go on.")
    row = ReadRow(
        case_id=case.id,
        reader_id=person.user_id,
        impression=entries.choice("impression", impression, IMPRESSIONS),
        management=entries.choice("management", management, MANAGEMENTS),
        committed_at=platform.now(),
        blind=reads_blind(session, person, case),
        reason="",
    )
    session.add(row)
    session.flush()
    return row


@use_case("read.commit")
def own_read(platform: Platform, person: Person, case_id: str) -> Read | None:
    """The person's own read of the case; None before one is committed."""
    with platform.database.reading() as session:
        find_case(session, person, case_id)
        row = own_row(session, person, case_id)
        found = None if row is None else read_of(row)
    seen_once(platform, person, "read.view", "case", case_id)
    return found


@use_case("read.commit")
def commit_impression(
    platform: Platform, person: Person, case_id: str, impression: str, management: str
) -> Read:
    """Commit the own impression. It is never changed afterwards: what was thought blind stays what it was.

    Args:
        impression: of `IMPRESSIONS`.
        management: of `MANAGEMENTS`.

    Raises:
        InvalidEntry: one is missing.
        Conflict: this reader has committed one.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        row = begin_read(platform, session, person, case, impression, management)
        forget_draft(session, person, case.id, "impression", "management")
        append(session, platform.now(), person, "read.commit", "case", case.id, blind=row.blind)
        return read_of(row)
