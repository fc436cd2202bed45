"""The log as an auditor sees it: a page at a time, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import Session

from augderm.clinic.audit import AuditHead, append, seen, verify
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.finding import find_case
from augderm.clinic.permissions import may, use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.revealed import revealed_cases
from augderm.store.models import AuditRow, ImageRow, UserRow
from augderm.store.models.base import KEY_LETTERS

PAGE = 50
TELLING = ("alert.shown", "case.reopened")
"""Actions whose details tell what the machine said of a case."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry. `user_name` is None for what the system or an unknown person did."""

    seq: int
    at: datetime
    user_id: str | None
    user_name: str | None
    action: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage:
    """Entries, the latest first. `next_before` goes back for the next page, None on the last."""

    entries: tuple[LogEntry, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What is looked for; "" for everything. `day` is YYYY-MM-DD in the clinic's time zone.

    `subject_id`: the entries about it; with a day, also the lists on which it stood, which no index finds.
    """

    user_id: str = ""
    subject_id: str = ""
    action: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A user by name, to choose from."""

    id: str
    name: str


@use_case("audit.verify")
def verify_log(platform: Platform, person: Person) -> AuditHead:
    """Follow the whole chain, and log that this was done."""
    found = verify(platform)
    with platform.database.writing() as session:
        append(session, platform.now(), person, "audit.verify", "audit", str(found.entries))
    return found


@use_case("audit.view")
def see_log(
    platform: Platform, person: Person, wanted: LogFilter = LogFilter(), before: int | None = None
) -> LogPage:
    """A page of the clinic's log.

    Args:
        before: only entries with a smaller number.

    Raises:
        InvalidEntry: the day is none.
    """
    conditions: list[ColumnElement[bool]] = []
    for column, value in ((AuditRow.user_id, wanted.user_id), (AuditRow.action, wanted.action)):
        if value:
            conditions.append(column == value)
    if wanted.subject_id:
        conditions.append(_about(wanted.subject_id, within_a_day=bool(wanted.day)))
    if wanted.day:
        begin, end = _day(wanted.day, person.clinic.timezone)
        conditions += [AuditRow.at >= begin, AuditRow.at < end]
    seen(platform, person, "audit.view", "clinic", person.clinic_id)
    with platform.database.reading() as session:
        return _page(session, person, conditions, before)


@use_case("audit.view")
def see_log_of_case(platform: Platform, person: Person, case_id: str, before: int | None = None) -> LogPage:
    """A page of the entries about one case: itself, its visit, its lesion and its images."""
    with platform.database.reading() as session:
        case = find_case(session, person, case_id)
        images = session.scalars(select(ImageRow.id).where(ImageRow.case_id == case.id))
        subjects = [case.id, case.visit_id, case.lesion_id, *images]
    seen(platform, person, "audit.view", "case", case_id)
    with platform.database.reading() as session:
        return _page(session, person, [AuditRow.subject_id.in_(subjects)], before)


@use_case("audit.view")
def colleagues(platform: Platform, person: Person) -> list[Colleague]:
    """Everybody of the clinic, to choose from. Roles and states of accounts are the administrator's."""
    with platform.database.reading() as session:
        rows = session.execute(
            select(UserRow.id, UserRow.name)
            .where(UserRow.clinic_id == person.clinic_id)
            .order_by(UserRow.name, UserRow.id)
        )
        return [Colleague(*row) for row in rows]


def _about(key: str, *, within_a_day: bool) -> ColumnElement[bool]:
    direct = AuditRow.subject_id == key
    if not within_a_day or len(key) != KEY_LETTERS:
        return direct
    return direct | cast(AuditRow.details, String).contains(key, autoescape=True)


def _page(
    session: Session, person: Person, conditions: list[ColumnElement[bool]], before: int | None
) -> LogPage:
    query = (
        select(AuditRow, UserRow.name)
        .outerjoin(UserRow, UserRow.id == AuditRow.user_id)
        .where(AuditRow.clinic_id == person.clinic_id, *conditions)
    )
    if before is not None:
        query = query.where(AuditRow.seq < before)
    rows = session.execute(query.order_by(AuditRow.seq.desc()).limit(PAGE + 1)).all()
    hidden = _blind_to(session, person, {row.subject_id for row, _ in rows if row.action in TELLING})
    entries = tuple(
        LogEntry(
            row.seq,
            row.at,
            row.user_id,
            name,
            row.action,
            row.subject_kind,
            row.subject_id,
            {"hidden": True} if row.action in TELLING and row.subject_id in hidden else row.details,
        )
        for row, name in rows[:PAGE]
    )
    return LogPage(entries, entries[-1].seq if len(rows) > PAGE else None)


def _blind_to(session: Session, person: Person, cases: set[str]) -> frozenset[str]:
    """Cases that this person may still read blind. Who only audits reads none, and sees all."""
    if not may(person, "read.commit"):
        return frozenset()
    return frozenset(cases) - revealed_cases(session, person, cases)


def _day(given: str, timezone: str) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(given)
        zone = ZoneInfo(timezone)
        begin = datetime.combine(day, time(), zone).astimezone(UTC)
        return begin, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidEntry(
            "day", "This is no day of the calendar; give year, month and day as in 1961-04-23."
        ) from None
