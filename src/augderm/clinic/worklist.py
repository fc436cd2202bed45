"""The worklist: cases that nobody has signed, the most urgent first, and why.

The order is that of `evidence.priority`, from what is stored with each case. Of a case whose read
by the machine this reader was not shown, a blind-first clinic shows the place, whether it is overdue, and
nothing else: band and probability are that read, and the due day beside the visit's day would tell the band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, cast, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import seen
from augderm.clinic.finding import find_case
from augderm.clinic.patients import Patient, named, patient_of
from augderm.clinic.permissions import may, use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reopening import Again, why_again
from augderm.domain.advice import BANDS, Band
from augderm.store.models import CaseRow, LesionRow, PatientRow, ReadRow, RecallRow, UserRow

PAGE = 50
"""Cases on one page of the list."""
Show = Literal["unread", "overdue", "recalled"]
SHOWS: tuple[Show, ...] = get_args(Show)
MINE, UNASSIGNED = "mine", "unassigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the worklist is wanted: as text, not checked yet.

    Attributes:
        show: of `SHOWS`; "recalled" are cases of a lesion or patient that was called back before.
        reader: "mine", "unassigned", a user's key, or "" for all.
        band: of `BANDS`, or "" for all; finds only cases whose band this person may see.
        words: as `clinic.patients.find_patients` takes them.
        after: key of the last case of the page before; "" for the first page.
    """

    show: str = "unread"
    reader: str = ""
    band: str = ""
    words: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a case stands where it does.

    Attributes:
        band: "soon" also where the machine has not read it, or could not.
        probability: of malignancy, 0..1; None where it is not known, which counts as 1 within the band.
        waiting_days: whole days since the case was opened, and since the referral before that.
    """

    band: Band
    probability: float | None
    waiting_days: int


@dataclass(frozen=True, slots=True)
class WorklistCase:
    """A line of the worklist.

    Attributes:
        label, site, laterality: of the lesion.
        due_on: the day by which somebody should have looked, in the clinic's time zone; None where `why` is.
        overdue: that day has passed; told to everybody, since the patient must not wait.
        reader_id, reader_name: whom it is assigned to; None for nobody.
        begun: this person has committed an impression of it.
        why: None where the machine's read must not be shown to this person (yet).
        signed_before: it was signed, and is here again.
        again: why it is; None where it was not signed before. Where the machine's read must not be shown,
            only what is none: that no photograph came since would tell that the machine is graver.
        version: goes back with a change.
    """

    id: str
    visit_id: str
    lesion_id: str
    patient: Patient
    label: str
    site: str | None
    laterality: str | None
    due_on: date | None
    overdue: bool
    reader_id: str | None
    reader_name: str | None
    begun: bool
    why: Why | None
    signed_before: bool
    again: Again | None
    version: int


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of the worklist.

    Attributes:
        cases: `PAGE` at most.
        more: whether there is a next page.
        unread, overdue: of the whole clinic, whatever was wanted.
    """

    cases: tuple[WorklistCase, ...]
    more: bool
    unread: int
    overdue: int


@use_case("worklist.view")
def see_worklist(platform: Platform, person: Person, wanted: Wanted) -> Worklist:
    """A page of the cases that wait to be read, the most urgent first.

    Raises:
        InvalidEntry: a filter is none of the choices.
        NotFound: the page is to follow a case that is not there.
    """
    today = Today.of(platform, person)
    with platform.database.reading() as session:
        query = lines(person).where(*_filters(person, wanted, today))
        if wanted.after:
            query = query.where(_follows(find_case(session, person, wanted.after)))
        rows = session.execute(query.order_by(*ORDER).limit(PAGE + 1)).all()
        unread, overdue = session.execute(
            select(func.count(), func.count(case((CaseRow.due_at < today.began, 1)))).where(
                CaseRow.clinic_id == person.clinic_id, CaseRow.state == "unread"
            )
        ).one()
        found = Worklist(
            tuple(lines_of(session, person, today, rows[:PAGE])), len(rows) > PAGE, unread, overdue
        )
    # Not the words, which may be a name.
    shown = [line.id for line in found.cases]
    seen(platform, person, "worklist.view", "clinic", person.clinic_id, shown=shown)
    return found


@use_case("worklist.view")
def see_line(platform: Platform, person: Person, case_id: str) -> WorklistCase:
    """One case as its line of the worklist, whatever its state."""
    today = Today.of(platform, person)
    with platform.database.reading() as session:
        find_case(session, person, case_id)
        found = line_of(session, person, today, case_id)
    seen(platform, person, "worklist.view", "case", case_id)
    return found


@dataclass(frozen=True, slots=True)
class Today:
    """The day at the clinic: when it is, and the moment that it began."""

    now: datetime
    began: datetime
    zone: ZoneInfo

    @staticmethod
    def of(platform: Platform, person: Person) -> Today:
        """Of the person's clinic, now."""
        zone = ZoneInfo(person.clinic.timezone)
        now = platform.now()
        return Today(now, datetime.combine(now.astimezone(zone).date(), time.min, zone), zone)


_RANK = case({band: rank for rank, band in enumerate(BANDS)}, value=CaseRow.band, else_=len(BANDS))
ORDER: tuple[ColumnElement[Any], ...] = (
    cast("ColumnElement[Any]", CaseRow.due_at),
    _RANK,
    func.coalesce(-CaseRow.probability, -1.0),
    cast("ColumnElement[Any]", CaseRow.opened_at),
    cast("ColumnElement[Any]", CaseRow.id),
)
"""As `evidence.priority.worklist` sorts; the index on the due date gives all but the few that are due at the
very same moment."""


def lines(person: Person) -> Select[CaseRow, PatientRow, LesionRow, str, bool, bool]:
    """Cases with all that a line shows, in one query."""
    own = exists().where(ReadRow.case_id == CaseRow.id, ReadRow.reader_id == person.user_id)
    return (
        select(
            CaseRow,
            PatientRow,
            LesionRow,
            UserRow.name.label("reader"),
            own.label("begun"),
            own.where(ReadRow.revealed_at.is_not(None)).label("revealed"),
        )
        .join(PatientRow, PatientRow.id == CaseRow.patient_id)
        .join(LesionRow, LesionRow.id == CaseRow.lesion_id)
        .outerjoin(UserRow, UserRow.id == CaseRow.assigned_to)
        .where(CaseRow.clinic_id == person.clinic_id)
    )


def line_of(session: Session, person: Person, today: Today, case_id: str) -> WorklistCase:
    """The line of a case that was found, as this person may see it."""
    row = session.execute(lines(person).where(CaseRow.id == case_id)).one()
    return lines_of(session, person, today, [row])[0]


def lines_of(
    session: Session,
    person: Person,
    today: Today,
    rows: Sequence[Row[CaseRow, PatientRow, LesionRow, str, bool, bool]],
) -> list[WorklistCase]:
    """Rows of `lines` as this person may see them."""
    again = why_again(session, [row.CaseRow for row in rows])
    return [_line(person, today, row, again.get(row.CaseRow.id)) for row in rows]


def _line(
    person: Person,
    today: Today,
    row: Row[CaseRow, PatientRow, LesionRow, str, bool, bool],
    again: Again | None,
) -> WorklistCase:
    found: CaseRow = row.CaseRow
    lesion: LesionRow = row.LesionRow
    # Never missing: a case is ordered in the transaction that opens it.
    due = cast("datetime", found.due_at)
    why = None
    if may(person, "assessment.view") and (row.revealed or not person.clinic.blind_first):
        unread_days = (today.now - found.opened_at).total_seconds() / 86_400
        why = Why(cast("Band", found.band), found.probability, int(max(0.0, unread_days) + found.waited_days))
    return WorklistCase(
        found.id,
        found.visit_id,
        found.lesion_id,
        patient_of(row.PatientRow),
        lesion.label,
        lesion.site,
        lesion.laterality,
        due.astimezone(today.zone).date() if why else None,
        due < today.began,
        found.assigned_to,
        row.reader,
        row.begun,
        why,
        again is not None,
        again if again is None or why else again.without_the_machine(),
        found.version,
    )


def _filters(person: Person, wanted: Wanted, today: Today) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [CaseRow.state == "unread"]
    show = entries.choice("show", wanted.show, SHOWS)
    if show == "overdue":
        found.append(CaseRow.due_at < today.began)
    elif show == "recalled":
        found.append(_recalled())
    if wanted.reader == UNASSIGNED:
        found.append(CaseRow.assigned_to.is_(None))
    elif wanted.reader:
        found.append(CaseRow.assigned_to == (person.user_id if wanted.reader == MINE else wanted.reader))
    if wanted.band:
        # Who may see no band may not find it out by asking either.
        bands = BANDS if may(person, "assessment.view") else ()
        found += [CaseRow.band == entries.choice("band", wanted.band, bands), _seen_by(person)]
    return found + named(wanted.words)


def _seen_by(person: Person) -> ColumnElement[bool]:
    if not person.clinic.blind_first:
        return true()
    return exists().where(
        ReadRow.case_id == CaseRow.id,
        ReadRow.reader_id == person.user_id,
        ReadRow.revealed_at.is_not(None),
    )


def _recalled() -> ColumnElement[bool]:
    """It was opened after its lesion, or its patient as a whole, was called back."""
    return exists().where(
        RecallRow.clinic_id == CaseRow.clinic_id,
        RecallRow.cancelled_at.is_(None),
        RecallRow.created_at < CaseRow.opened_at,
        or_(
            RecallRow.lesion_id == CaseRow.lesion_id,
            and_(RecallRow.lesion_id.is_(None), RecallRow.patient_id == CaseRow.patient_id),
        ),
    )


def _follows(last: CaseRow) -> ColumnElement[bool]:
    """After this case in `ORDER`. The due date stands alone once more, where an index can use it."""
    place = (
        last.due_at,
        BANDS.index(cast("Band", last.band)),
        -1.0 if last.probability is None else -last.probability,
        last.opened_at,
        last.id,
    )
    types = [each.type for each in ORDER]
    values = [literal(value, kind) for value, kind in zip(place, types, strict=True)]
    return and_(CaseRow.due_at >= last.due_at, tuple_(*ORDER) > tuple_(*values))


def most_urgent_unassigned(session: Session, person: Person) -> CaseRow | None:
    """The first unread case of the clinic that nobody has."""
    return session.scalar(
        select(CaseRow)
        .where(
            CaseRow.clinic_id == person.clinic_id, CaseRow.state == "unread", CaseRow.assigned_to.is_(None)
        )
        .order_by(*ORDER)
        .limit(1)
    )
