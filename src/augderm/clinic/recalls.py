"""Recalls: a signed decision that asks for a control leaves a day on which the lesion is seen again.

None is ever silently dropped: a visit of the lesion closes it, or a person does, with a reason. A day that is
moved keeps the one that the band gave beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound, stale
from augderm.clinic.finding import find_lesion
from augderm.clinic.lesions import Lesion, lesion_of
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.standing import STANDING_MANAGEMENT
from augderm.domain.advice import BANDS
from augderm.domain.recall import recall_date
from augderm.evidence.advice.default import default_policy
from augderm.store.models import CaseRow, ClinicRow, LesionRow, PatientRow, ReadRow, RecallRow, VisitRow

PAGE = 50
LAST_DAYS = 3660
"""A recall lies at most ten years ahead: later days are slips of the keyboard."""
Closing = Literal["done", "cancelled"]
CLOSINGS: tuple[Closing, ...] = get_args(Closing)
Which = Literal["overdue", "week", "month", "all", "closed"]
FILTERS: tuple[Which, ...] = get_args(Which)
"""Before today; within 7 and 31 days (with what is overdue); every open one; those closed, latest first."""


@dataclass(frozen=True, slots=True)
class RecallEntry:
    """A recall of a lesion.

    Attributes:
        due_on, planned_on: the day that counts, and the one that the band gave; None where a person chose.
        state: open, done or cancelled.
        reason: why the day was chosen or moved; `closing`: why it was closed, "" where a visit did.
        overdue: open, and before today in the clinic's time zone.
    """

    id: str
    patient_id: str
    lesion_id: str | None
    case_id: str | None
    due_on: date
    planned_on: date | None
    state: str
    reason: str
    closing: str
    closed_at: datetime | None
    overdue: bool
    version: int


@dataclass(frozen=True, slots=True)
class RecallLine:
    """A recall with whom it is about; `lesion` is None for a recall of the whole patient."""

    recall: RecallEntry
    patient: Patient
    lesion: Lesion | None


@dataclass(frozen=True, slots=True)
class RecallList:
    """A page of recalls. `after`: the key that the next page begins after; None on the last."""

    lines: tuple[RecallLine, ...]
    after: str | None


def recall_after_signing(
    session: Session, now: datetime, case: CaseRow, band: str, signed_by: str
) -> RecallRow | None:
    """Plan the control that a signed decision asks for; to be called in the transaction that signs.

    Where a second reader signs beside the first, the earlier of both days counts: nobody's caution is undone
    by a colleague's signature. Counted from the day of the visit, in the clinic's time zone.

    Args:
        band: signed, of `domain.advice.BANDS`.
        signed_by: the reader's key.

    Returns:
        the open recall of the case; None where nobody's decision asks for a control.
    """
    row = open_recall(session, case)
    day = day_asked_for(session, case, band)
    if day is None:
        return row
    if row is None:
        row = RecallRow(
            clinic_id=case.clinic_id,
            patient_id=case.patient_id,
            lesion_id=case.lesion_id,
            case_id=case.id,
            due_on=day,
            planned_on=day,
            reason="",
            created_at=now,
            created_by=signed_by,
            closing="",
        )
        session.add(row)
    elif row.planned_on is None or day < row.planned_on:
        # A day that a person moved to before this one stays.
        row.planned_on, row.due_on = day, min(row.due_on, day)
        row.version += 1
    session.flush()
    return row


def open_recall(session: Session, case: CaseRow) -> RecallRow | None:
    """The open recall that follows from a case."""
    return session.scalar(select(RecallRow).where(RecallRow.case_id == case.id, _OPEN))


def day_asked_for(session: Session, case: CaseRow, band: str) -> date | None:
    """The day of the control that a band asks for, counted from the day of the visit; None for no control."""
    interval = default_policy().bands[BANDS[BANDS.index(band)]].recall
    if interval is None:
        return None
    zone = ZoneInfo(session.get_one(ClinicRow, case.clinic_id).timezone)
    visited = session.get_one(VisitRow, case.visit_id).at.astimezone(zone).date()
    due = recall_date(visited.isoformat(), interval)
    return date.fromisoformat(due) if due else date.max


def close_by_visit(session: Session, case: CaseRow, now: datetime) -> None:
    """A visit of the lesion does what its open recalls asked for; called when its case is opened.

    Only those of earlier visits, and those that a person planned before it: a forgotten photograph that is
    added to an earlier visit controls nothing that was asked for later.
    """
    at = session.get_one(VisitRow, case.visit_id).at
    rows = session.scalars(
        select(RecallRow)
        .outerjoin(CaseRow, CaseRow.id == RecallRow.case_id)
        .outerjoin(VisitRow, VisitRow.id == CaseRow.visit_id)
        .where(
            RecallRow.lesion_id == case.lesion_id,
            func.coalesce(VisitRow.at, RecallRow.created_at) < at,
            _OPEN,
        )
    )
    for row in rows:
        row.done_at, row.version = now, row.version + 1


def catch_up(platform: Platform) -> int:
    """Plan what signed cases ask for and nobody planned: run when the server starts, so that no way of
    signing can lose a patient. A lesion that was seen after that case is left alone.

    Returns:
        how many recalls were made.
    """
    bands = default_policy().bands
    later, its_visit = aliased(CaseRow), aliased(VisitRow)
    missing = (
        select(CaseRow, STANDING_MANAGEMENT, ReadRow.reader_id)
        .join(ReadRow, ReadRow.case_id == CaseRow.id)
        .join(VisitRow, VisitRow.id == CaseRow.visit_id)
        .where(
            CaseRow.state == "signed",
            ReadRow.signed_at.is_not(None),
            # Others ask for no control, and would be found, and loaded, at every start.
            STANDING_MANAGEMENT.in_([band for band in BANDS if bands[band].recall is not None]),
            ~exists().where(RecallRow.case_id == CaseRow.id),
            ~exists().where(
                later.lesion_id == CaseRow.lesion_id,
                its_visit.id == later.visit_id,
                its_visit.at > VisitRow.at,
            ),
        )
        .order_by(ReadRow.signed_at.desc())
    )
    with platform.database.reading() as session:
        # It goes through all that was ever signed: not under the writer's lock, where nothing lacks.
        if session.execute(missing.limit(1)).first() is None:
            return 0
    made = 0
    with platform.database.writing() as session:
        for case, band, reader in session.execute(missing).all():
            if band and recall_after_signing(session, platform.now(), case, band, reader) is not None:
                append(session, platform.now(), None, "recall.caught_up", "case", case.id)
                made += 1
    return made


@use_case("recall.list")
def list_recalls(platform: Platform, person: Person, which: Which = "month", after: str = "") -> RecallList:
    """The clinic's recalls, the earliest first.

    Args:
        after: the key that the page before gave.

    Raises:
        InvalidEntry: the filter or the key is none.
    """
    entries.choice("recalls", which, FILTERS)
    today = _today(platform, person)
    query = _lines().where(RecallRow.clinic_id == person.clinic_id)
    if which == "closed":
        query = query.where(~_OPEN).order_by(RecallRow.due_on.desc(), RecallRow.id.desc())
    else:
        query = query.where(_OPEN).order_by(RecallRow.due_on, RecallRow.id)
    limits = {
        "overdue": today - timedelta(days=1),
        "week": today + timedelta(7),
        "month": today + timedelta(31),
    }
    if which in limits:
        query = query.where(RecallRow.due_on <= limits[which])
    if after:
        query = query.where(_beyond(after, which == "closed"))
    with platform.database.reading() as session:
        rows = session.execute(query.limit(PAGE + 1)).all()
    shown = [row.id for row, _, _ in rows[:PAGE]]
    seen(platform, person, "recall.list", "clinic", person.clinic_id, shown=shown)
    lines = tuple(
        RecallLine(_entry(row, today), patient_of(patient), lesion_of(lesion) if lesion else None)
        for row, patient, lesion in rows[:PAGE]
    )
    last = lines[-1].recall if len(rows) > PAGE else None
    return RecallList(lines, f"{last.due_on.isoformat()}_{last.id}" if last else None)


@use_case("recall.list")
def recalls_of(platform: Platform, person: Person, lesion_id: str) -> list[RecallEntry]:
    """All recalls of a lesion, the latest first."""
    today = _today(platform, person)
    with platform.database.reading() as session:
        find_lesion(session, person, lesion_id)
        rows = session.scalars(
            select(RecallRow)
            .where(RecallRow.lesion_id == lesion_id)
            .order_by(RecallRow.due_on.desc(), RecallRow.id)
        )
        found = [_entry(row, today) for row in rows]
    seen(platform, person, "recall.list", "lesion", lesion_id)
    return found


@use_case("recall.change")
def plan_recall(platform: Platform, person: Person, lesion_id: str, due_on: str, reason: str) -> RecallEntry:
    """Plan a recall that no band asked for.

    Sent once more, since the answer to it was lost, it is there once.

    Args:
        due_on: YYYY-MM-DD, from today on.

    Raises:
        InvalidEntry: the day is none, in the past or too far; or there is no reason.
    """
    today = _today(platform, person)
    with platform.database.writing() as session:
        lesion, patient = find_lesion(session, person, lesion_id)
        now = platform.now()
        day, why = _day(due_on, today), _said("recall_reason", reason)
        same = (RecallRow.lesion_id == lesion.id, RecallRow.due_on == day, RecallRow.reason == why, _OPEN)
        if (sent := session.scalar(select(RecallRow).where(*same).limit(1))) is not None:
            return _entry(sent, today)
        row = RecallRow(
            clinic_id=person.clinic_id,
            patient_id=patient.id,
            lesion_id=lesion.id,
            due_on=day,
            reason=why,
            created_at=now,
            created_by=person.user_id,
            closing="",
        )
        session.add(row)
        session.flush()
        append(session, now, person, "recall.change", "recall", row.id, due_on=row.due_on.isoformat())
        return _entry(row, today)


@use_case("recall.change")
def move_recall(
    platform: Platform, person: Person, recall_id: str, due_on: str, reason: str, version: int
) -> RecallEntry:
    """Move an open recall to another day; the log keeps the day that it had.

    Raises:
        InvalidEntry: as `plan_recall`.
        Conflict: it is closed, or was changed in the meantime.
    """
    today = _today(platform, person)
    with platform.database.writing() as session:
        row = _open(session, person, recall_id, version)
        was, row.due_on = row.due_on, _day(due_on, today)
        row.reason = _said("recall_reason", reason)
        row.version += 1
        append(
            session, platform.now(), person, "recall.change", "recall", row.id,
            was=was.isoformat(), due_on=row.due_on.isoformat(),
        )  # fmt: skip
        return _entry(row, today)


@use_case("recall.change")
def close_recall(
    platform: Platform, person: Person, recall_id: str, closing: str, reason: str, version: int
) -> RecallEntry:
    """Call a recall done or cancelled.

    Args:
        closing: of `CLOSINGS`.

    Raises:
        InvalidEntry: there is no reason.
        Conflict: as `move_recall`.
    """
    with platform.database.writing() as session:
        row = _open(session, person, recall_id, version)
        now = platform.now()
        if entries.choice("closing", closing, CLOSINGS) == "done":
            row.done_at = now
        else:
            row.cancelled_at = now
        row.closing, row.closed_by = _said("closing_reason", reason), person.user_id
        row.version += 1
        append(session, now, person, "recall.change", "recall", row.id, closing=closing)
        return _entry(row, _today(platform, person))


_OPEN = and_(RecallRow.done_at.is_(None), RecallRow.cancelled_at.is_(None))


def _lines() -> Select[RecallRow, PatientRow, LesionRow]:
    return (
        select(RecallRow, PatientRow, LesionRow)
        .join(PatientRow, PatientRow.id == RecallRow.patient_id)
        .outerjoin(LesionRow, LesionRow.id == RecallRow.lesion_id)
    )


def _beyond(after: str, downwards: bool) -> ColumnElement[bool]:
    day, _, key = after.partition("_")
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise InvalidEntry("recalls", "This page of the list is none; begin with the first.") from None
    if downwards:
        return or_(RecallRow.due_on < last, and_(RecallRow.due_on == last, RecallRow.id < key))
    return or_(RecallRow.due_on > last, and_(RecallRow.due_on == last, RecallRow.id > key))


def _open(session: Session, person: Person, recall_id: str, version: int) -> RecallRow:
    row = session.get(RecallRow, recall_id)
    if row is None or row.clinic_id != person.clinic_id:
        raise NotFound("There is no such recall in your clinic. Open the list of recalls.")
    if row.version != version:
        raise stale()
    if row.done_at is not None or row.cancelled_at is not None:
        raise Conflict("This recall is closed already. Plan a new one on the lesion's page.")
    return row


def _entry(row: RecallRow, today: date) -> RecallEntry:
    state = "done" if row.done_at else "cancelled" if row.cancelled_at else "open"
    return RecallEntry(
        row.id,
        row.patient_id,
        row.lesion_id,
        row.case_id,
        row.due_on,
        row.planned_on,
        state,
        row.reason,
        row.closing,
        row.done_at or row.cancelled_at,
        state == "open" and row.due_on < today,
        row.version,
    )


def _today(platform: Platform, person: Person) -> date:
    return platform.now().astimezone(ZoneInfo(person.clinic.timezone)).date()


def _day(given: str, today: date) -> date:
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise InvalidEntry(
            "due_on", "This is no day of the calendar; give year, month and day as in 1961-04-23."
        ) from None
    if not today <= day <= today + timedelta(days=LAST_DAYS):
        raise InvalidEntry("due_on", "A recall lies between today and ten years ahead; give such a day.")
    return day


def _said(field: str, given: str) -> str:
    said = entries.text(field, given)
    if not said:
        raise InvalidEntry(field, "This is empty; fill it in.")
    return said
