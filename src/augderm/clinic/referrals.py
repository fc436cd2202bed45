"""Second opinions as the asking clinic has them: asked, withdrawn, and the answer back in the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Row, Select, select, tuple_
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_case, find_referral
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import own_row
from augderm.store.models import CaseRow, ClinicRow, LesionRow, PatientRow, ReferralRow, UserRow

State = Literal["waiting", "answered", "declined", "withdrawn"]
PAGE = 50
"""Second opinions on one page of a list."""
MAX_COLLEAGUES = 500
"""Readers of a list to choose from."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A reader who can be asked. `own_clinic`: who may see the case anyway."""

    id: str
    name: str
    clinic: str
    own_clinic: bool


@dataclass(frozen=True, slots=True)
class Referral:
    """A second opinion as the asking clinic sees it.

    Attributes:
        hidden: there is an answer, or a reason to decline, which this person sees after an own impression: it
            may name the machine's.
        new: it was answered or declined, which the asking reader has not seen before.
        impression, management, answer: None, None and "" before an answer, or where it is hidden; where it
            was declined, `answer` is why.
    """

    id: str
    case_id: str
    asked_by: str
    asked_by_name: str
    asked_of: str
    asked_of_name: str
    asked_of_clinic: str
    with_identity: bool
    question: str
    asked_at: datetime
    state: State
    hidden: bool
    new: bool
    impression: str | None
    management: str | None
    answer: str
    answered_at: datetime | None
    withdrawn_at: datetime | None
    declined_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class CaseReferrals:
    """The second opinions of a case, with what a page about it shows on top."""

    case_id: str
    visit_id: str
    patient: Patient
    lesion: str
    referrals: tuple[Referral, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of the list of what this person asked of others: the case, without the answer."""

    id: str
    case_id: str
    family_name: str
    given_name: str
    lesion: str
    asked_of_name: str
    asked_of_clinic: str
    asked_at: datetime
    state: State
    new: bool


WAITING: ColumnElement[bool] = (
    ReferralRow.answered_at.is_(None) & ReferralRow.declined_at.is_(None) & ReferralRow.withdrawn_at.is_(None)
)
"""Questions that nobody has answered, declined or taken back."""


def state_of(row: ReferralRow) -> State:
    """How far it is."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.declined_at is not None:
        return "declined"
    return "waiting" if row.answered_at is None else "answered"


@use_case("referral.ask")
def colleagues(platform: Platform, person: Person) -> list[Colleague]:
    """Readers who can be asked: of the own clinic first, then of the others on this server, by name.

    At most `MAX_COLLEAGUES`. Names of colleagues are no secret between the clinics of one server; nothing
    else of them is shown.
    """
    query = (
        select(UserRow.id, UserRow.name, ClinicRow.id.label("clinic_id"), ClinicRow.name.label("clinic"))
        .join(ClinicRow, ClinicRow.id == UserRow.clinic_id)
        .where(_is_reader(), UserRow.id != person.user_id)
        .order_by(ClinicRow.id != person.clinic_id, ClinicRow.name, UserRow.name, UserRow.id)
        .limit(MAX_COLLEAGUES)
    )
    with platform.database.reading() as session:
        return [
            Colleague(row.id, row.name, row.clinic, row.clinic_id == person.clinic_id)
            for row in session.execute(query)
        ]


@use_case("referral.ask")
def ask(
    platform: Platform, person: Person, case_id: str, asked_of: str, with_identity: bool, question: str
) -> Referral:
    """Ask a reader for a second opinion of a case.

    Args:
        asked_of: key of the reader.
        with_identity: whether that reader sees who the patient is.
        question: what is asked; without identity it should name nobody, which nobody can check.

    Raises:
        InvalidEntry: no question, no such reader, or oneself.
        Conflict: the same question waits with this reader.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        text = entries.text("question", question)
        if not text:
            raise InvalidEntry("question", "This is empty; fill it in.")
        other = session.scalar(select(UserRow).where(UserRow.id == asked_of, _is_reader()))
        if other is None or other.id == person.user_id:
            raise InvalidEntry("asked_of", "This is none of the choices; choose one of the list.")
        waiting = select(ReferralRow.id).where(
            ReferralRow.case_id == case.id, ReferralRow.asked_of == other.id, WAITING
        )
        if session.scalar(waiting) is not None:
            raise Conflict("This reader has been asked about this case and has not answered yet.")
        row = ReferralRow(
            case_id=case.id,
            asked_by=person.user_id,
            asked_of=other.id,
            with_identity=with_identity,
            question=text,
            asked_at=platform.now(),
            answer="",
        )
        session.add(row)
        session.flush()
        log_in_both(session, platform, person, "referral.ask", row, other.clinic_id, identity=with_identity)
        return _referral_of(_named(session, row.id), person, may_see=True)


@use_case("referral.ask")
def referrals_of(platform: Platform, person: Person, case_id: str) -> CaseReferrals:
    """The second opinions of a case, the latest first. The asking reader has then seen the answers.

    Where the clinic reads blind first, answers are hidden until this reader has committed an impression.
    """
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        may_see = not person.clinic.blind_first or own_row(session, person, case.id) is not None
        rows = session.execute(
            _with_names()
            .where(ReferralRow.case_id == case.id)
            .order_by(ReferralRow.asked_at.desc(), ReferralRow.id)
        ).all()
        found = [_referral_of(row, person, may_see) for row in rows]
        for row, told in zip(rows, found, strict=True):
            if told.new and (told.state == "declined" or not told.hidden):
                row.ReferralRow.seen_at = platform.now()
        append(session, platform.now(), person, "referral.view", "case", case.id)
        return CaseReferrals(
            case.id,
            case.visit_id,
            patient_of(session.get_one(PatientRow, case.patient_id)),
            session.get_one(LesionRow, case.lesion_id).label,
            tuple(found),
        )


@use_case("referral.ask")
def withdraw(platform: Platform, person: Person, referral_id: str, version: int) -> Referral:
    """Take a question back, by any reader of the clinic. The asked reader's access ends.

    Raises:
        Conflict: it was answered, declined or withdrawn, or changed in the meantime.
    """
    with platform.database.writing() as session:
        row, _ = find_referral(session, person, referral_id)
        if row.answered_at is not None:
            raise Conflict("This question has been answered; open its case to read the answer.")
        if row.version != version or row.withdrawn_at is not None or row.declined_at is not None:
            raise stale()
        row.withdrawn_at, row.version = platform.now(), row.version + 1
        session.flush()
        other = session.get_one(UserRow, row.asked_of)
        log_in_both(session, platform, person, "referral.withdraw", row, other.clinic_id)
        return _referral_of(_named(session, row.id), person, may_see=True)


@use_case("referral.ask")
def asked_by_me(platform: Platform, person: Person, after: str = "") -> list[Asked]:
    """What this person asked of others, the latest first.

    Args:
        after: key of the last one of the page before; "" for the first page. One more than `PAGE` is
            returned where there is a next page.
    """
    asked, clinic = UserRow.__table__.alias("asked"), ClinicRow.__table__.alias("asked_clinic")
    query = (
        select(
            ReferralRow,
            PatientRow.family_name,
            PatientRow.given_name,
            LesionRow.label,
            asked.c.name,
            clinic.c.name.label("clinic"),
        )
        .join(CaseRow, CaseRow.id == ReferralRow.case_id)
        .join(PatientRow, PatientRow.id == CaseRow.patient_id)
        .join(LesionRow, LesionRow.id == CaseRow.lesion_id)
        .join(asked, asked.c.id == ReferralRow.asked_of)
        .join(clinic, clinic.c.id == asked.c.clinic_id)
        .where(ReferralRow.asked_by == person.user_id, CaseRow.clinic_id == person.clinic_id)
        .order_by(ReferralRow.asked_at.desc(), ReferralRow.id.desc())
        .limit(PAGE + 1)
    )
    with platform.database.reading() as session:
        last = session.get(ReferralRow, after) if after else None
        if last is not None and last.asked_by == person.user_id:
            query = query.where(tuple_(ReferralRow.asked_at, ReferralRow.id) < (last.asked_at, last.id))
        found = [
            Asked(
                row.ReferralRow.id,
                row.ReferralRow.case_id,
                row.family_name,
                row.given_name,
                row.label,
                row.name,
                row.clinic,
                row.ReferralRow.asked_at,
                state_of(row.ReferralRow),
                _is_new(row.ReferralRow, person),
            )
            for row in session.execute(query)
        ]
    seen(platform, person, "referral.list", "user", person.user_id, shown=[each.case_id for each in found])
    return found


def log_in_both(
    session: Session,
    platform: Platform,
    person: Person,
    action: str,
    row: ReferralRow,
    other_clinic_id: str,
    **details: str | int | bool | None,
) -> None:
    """Log in both clinics, in one transaction: each auditor sees who of the other did what."""
    for log_of in dict.fromkeys((person.clinic_id, other_clinic_id)):
        append(
            session,
            platform.now(),
            person,
            action,
            "case",
            row.case_id,
            log_of=log_of,
            referral=row.id,
            by_clinic=person.clinic_id,
            **details,
        )


def _is_reader() -> ColumnElement[bool]:
    # Roles are parted by commas, and none is part of another's name.
    return UserRow.active.is_(True) & UserRow.roles.contains("reader")


def _is_new(row: ReferralRow, person: Person) -> bool:
    told = row.answered_at is not None or row.declined_at is not None
    return told and row.seen_at is None and row.asked_by == person.user_id


def _with_names() -> Select[ReferralRow, str, str, str]:
    by, of = UserRow.__table__.alias("by"), UserRow.__table__.alias("of")
    return (
        select(
            ReferralRow,
            by.c.name.label("by_name"),
            of.c.name.label("of_name"),
            ClinicRow.name.label("clinic"),
        )
        .join(by, by.c.id == ReferralRow.asked_by)
        .join(of, of.c.id == ReferralRow.asked_of)
        .join(ClinicRow, ClinicRow.id == of.c.clinic_id)
    )


def _named(session: Session, key: str) -> Row[ReferralRow, str, str, str]:
    return session.execute(_with_names().where(ReferralRow.id == key)).one()


def _referral_of(found: Row[ReferralRow, str, str, str], person: Person, may_see: bool) -> Referral:
    row, by_name, of_name, clinic = found
    hidden = (row.answered_at is not None or row.declined_at is not None) and not may_see
    return Referral(
        id=row.id,
        case_id=row.case_id,
        asked_by=row.asked_by,
        asked_by_name=by_name,
        asked_of=row.asked_of,
        asked_of_name=of_name,
        asked_of_clinic=clinic,
        with_identity=row.with_identity,
        question=row.question,
        asked_at=row.asked_at,
        state=state_of(row),
        hidden=hidden,
        new=_is_new(row, person),
        impression=None if hidden else row.impression,
        management=None if hidden else row.management,
        answer="" if hidden else row.answer,
        answered_at=row.answered_at,
        withdrawn_at=row.withdrawn_at,
        declined_at=row.declined_at,
        version=row.version,
    )
