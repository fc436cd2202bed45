"""Who has a case open, and what was typed there and not committed or signed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import seen_once
from augderm.clinic.errors import Conflict
from augderm.clinic.finding import find_case
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import SittingRow, UserRow

HEARD_OF = timedelta(seconds=75)
"""A reader whose page was not heard of for so long has closed it; the page tells of itself every 20 s."""
DRAFT_FIELDS = (
    "impression", "management", "final_diagnosis", "final_management", "reason",
    "addendum", "addendum_diagnosis", "addendum_management",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Present:
    """Another reader who has the case open now."""

    user_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader typed. `fields` are of `DRAFT_FIELDS`; `version` goes back with a change."""

    fields: Mapping[str, str]
    at: datetime | None
    version: int


class OtherDraft(Conflict):
    """The same reader changed the draft in another window."""

    def __init__(self, message: str, kept: Draft, given: Mapping[str, str]) -> None:
        super().__init__(message)
        self.kept = kept
        self.given = given


def sit_down(platform: Platform, session: Session, person: Person, case_id: str) -> Draft:
    """Note that a reader has the case open; within a writing transaction.

    Returns:
        the reader's draft.
    """
    now = platform.now()
    row = _row(session, person, case_id)
    if row is None:
        row = SittingRow(case_id=case_id, user_id=person.user_id, opened_at=now, seen_at=now)
        session.add(row)
    elif now - row.seen_at > HEARD_OF:
        row.opened_at = now
    row.seen_at = now
    session.flush()
    return _draft(row)


def others_here(platform: Platform, session: Session, person: Person, case_id: str) -> tuple[Present, ...]:
    """The others who have it open, the first come first."""
    rows = session.execute(
        select(UserRow.id, UserRow.name, SittingRow.opened_at)
        .join(UserRow, UserRow.id == SittingRow.user_id)
        .where(
            SittingRow.case_id == case_id,
            SittingRow.user_id != person.user_id,
            SittingRow.seen_at >= platform.now() - HEARD_OF,
        )
        .order_by(SittingRow.opened_at)
    )
    return tuple(Present(*row) for row in rows)


@use_case("case.read")
def still_here(platform: Platform, person: Person, case_id: str) -> tuple[Present, ...]:
    """The page is open still. Asked again and again by it, and so not logged.

    Returns:
        the others who have it open.
    """
    with platform.database.writing() as session:
        find_case(session, person, case_id)
        sit_down(platform, session, person, case_id)
        return others_here(platform, session, person, case_id)


@use_case("case.read")
def keep_draft(
    platform: Platform, person: Person, case_id: str, fields: Mapping[str, str], version: int
) -> Draft:
    """Keep what was typed. It is nobody else's, and counts for nothing.

    Args:
        fields: of `DRAFT_FIELDS`; others are left as they are.
        version: of the draft that the page has.

    Raises:
        OtherDraft: another window of the same reader changed it since.
        InvalidEntry: a text is too long.
    """
    with platform.database.reading() as session:
        find_case(session, person, case_id)
    seen_once(platform, person, "draft.keep", "case", case_id)
    with platform.database.writing() as session:
        find_case(session, person, case_id)
        sit_down(platform, session, person, case_id)
        row = _row(session, person, case_id)
        assert row is not None
        given = {name: entries.text(name, fields[name]) for name in DRAFT_FIELDS if name in fields}
        merged = {**(row.draft or {}), **given}
        if row.version != version:
            if merged == (row.draft or {}):
                return _draft(row)
            raise OtherDraft(
                "You changed this draft in another window, and nothing was overwritten. Keep one of the two.",
                _draft(row),
                given,
            )
        row.draft, row.draft_at = merged, platform.now()
        row.version += 1
        return _draft(row)


def forget_draft(session: Session, person: Person, case_id: str, *names: str) -> None:
    """Drop what was committed or signed from the draft."""
    row = _row(session, person, case_id)
    if row is not None and row.draft:
        row.draft = {name: text for name, text in row.draft.items() if name not in names} or None
        row.version += 1


def _row(session: Session, person: Person, case_id: str) -> SittingRow | None:
    return session.scalar(
        select(SittingRow).where(SittingRow.case_id == case_id, SittingRow.user_id == person.user_id)
    )


def _draft(row: SittingRow) -> Draft:
    return Draft(dict(row.draft or {}), row.draft_at, row.version)
