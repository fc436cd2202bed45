"""Outcomes: what histology, or time, said of a lesion later. A correction keeps the earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.audit import append, seen
from augderm.clinic.contradicting import reopen_if_contradicted
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound, stale
from augderm.clinic.finding import find_case, find_lesion
from augderm.clinic.known_cases import known_changed
from augderm.clinic.lesions import Lesion, lesion_of
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.standing import STANDING_DIAGNOSIS, STANDING_MANAGEMENT
from augderm.domain.outcome import BEHAVIOURS, CONFIRMATIONS, OUTCOMES, behaviours_of
from augderm.domain.taxonomy import CODES, DIAGNOSES
from augderm.store.models import CaseRow, LesionRow, OutcomeRow, PatientRow, ReadRow, VisitRow

PAGE = 50
MALIGNANT = (*(code for code in CODES if DIAGNOSES[CODES.index(code)].behaviour != "benign"), "scc")
"""Signed diagnoses that wait for an outcome: also actinic keratosis or Bowen's disease, which may be one."""
FIRST_DAY = date(1950, 1, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome; `replaced` where a correction counts instead, `correction` why it corrects."""

    id: str
    lesion_id: str
    case_id: str | None
    confirmed_by: str
    diagnosis: str
    diagnosis_text: str
    behaviour: str
    taken_on: date | None
    entered_at: datetime
    replaced: bool
    correction: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEntry:
    """What is typed of an outcome, not checked yet.

    Attributes:
        confirmed_by, diagnosis, behaviour: of `domain.outcome`; a behaviour may be left out where the
            diagnosis has only one.
        diagnosis_text: in the pathologist's words.
        taken_on: day of the excision or of the last photograph, YYYY-MM-DD, or "".
    """

    confirmed_by: str
    diagnosis: str
    behaviour: str = ""
    diagnosis_text: str = ""
    taken_on: str = ""


@dataclass(frozen=True, slots=True)
class AnswerableCase:
    """A case of a lesion, that an outcome may answer: when its visit was, and whether it is signed."""

    case_id: str
    visit_at: datetime
    signed: bool


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """A case signed as malignant, or to be excised, whose outcome nobody has entered, with what stands."""

    case_id: str
    patient: Patient
    lesion: Lesion
    diagnosis: str
    management: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingList:
    """A page of them, the longest waiting first; `after` is the key of the next page, None on the last."""

    cases: tuple[WaitingCase, ...]
    after: str | None


@use_case("outcome.view")
def outcomes_of(platform: Platform, person: Person, lesion_id: str) -> list[Outcome]:
    """All outcomes of a lesion, the latest entry first; those that were corrected too."""
    with platform.database.reading() as session:
        find_lesion(session, person, lesion_id)
        rows = session.scalars(
            select(OutcomeRow)
            .where(OutcomeRow.lesion_id == lesion_id)
            .order_by(OutcomeRow.entered_at.desc(), OutcomeRow.id)
        )
        found = [_outcome(row) for row in rows]
    seen(platform, person, "outcome.view", "lesion", lesion_id)
    return found


@use_case("outcome.view")
def answerable_cases(platform: Platform, person: Person, lesion_id: str) -> list[AnswerableCase]:
    """The cases of a lesion, the latest visit first, for the form of an outcome."""
    with platform.database.reading() as session:
        find_lesion(session, person, lesion_id)
        found = [
            AnswerableCase(case.id, at, case.state == "signed") for case, at in _cases(session, lesion_id)
        ]
    seen(platform, person, "outcome.view", "lesion", lesion_id)
    return found


@use_case("outcome.enter")
def enter_outcome(
    platform: Platform, person: Person, lesion_id: str, entry: OutcomeEntry, case_id: str = ""
) -> Outcome:
    """Enter an outcome. A signed case that it contradicts is unread again.

    Args:
        case_id: the case that it answers; "" for the last signed one of the lesion whose visit was not after
            the day of the outcome, the first where all were, else the latest that is not signed.

    Raises:
        InvalidEntry: an entry is missing, wrong, or contradicts another.
        Conflict: the case has an outcome: that one is to be corrected.
        NotFound: the case is another lesion's.
    """
    with platform.database.writing() as session:
        lesion, _ = find_lesion(session, person, lesion_id)
        if case_id:
            case: CaseRow | None = _case_of(session, person, lesion.id, case_id)
        else:
            case = _answered(session, person, lesion.id, _day(platform, person, entry.taken_on))
        _refuse_second(session, lesion.id, case)
        row = OutcomeRow(
            lesion_id=lesion.id, case_id=case.id if case else None, entered_at=platform.now(),
            entered_by=person.user_id, correction="",
        )  # fmt: skip
        _fill(platform, person, row, entry)
        session.add(row)
        session.flush()
        known_changed(session, person.clinic_id)
        append(session, platform.now(), person, "outcome.enter", "outcome", row.id)
        if case is not None:
            reopen_if_contradicted(session, platform.now(), case, row)
        return _outcome(row)


@use_case("outcome.enter")
def correct_outcome(
    platform: Platform,
    person: Person,
    outcome_id: str,
    entry: OutcomeEntry,
    correction: str,
    version: int,
    case_id: str = "",
) -> Outcome:
    """Correct an outcome: a new one that counts instead; the earlier one stays as it was. A signed case that
    it contradicts is unread again.

    Args:
        correction: why.
        case_id: the case that it answers; "" for the one that the earlier answered.

    Raises:
        InvalidEntry: as `enter_outcome`, or no reason is given.
        Conflict: it was corrected in the meantime, or the case has another outcome.
        NotFound: the case is another lesion's.
    """
    with platform.database.writing() as session:
        old = session.get(OutcomeRow, outcome_id)
        if old is None:
            raise NotFound("There is no such outcome in your clinic. Open it from its lesion's page.")
        find_lesion(session, person, old.lesion_id)
        if old.version != version or old.replaced_by is not None:
            raise stale()
        why = entries.text("correction", correction)
        if not why:
            raise InvalidEntry("correction", "This is empty; fill it in.")
        answered = case_id or old.case_id
        case = _case_of(session, person, old.lesion_id, answered) if answered else None
        if answered != old.case_id:
            _refuse_second(session, old.lesion_id, case)
        row = OutcomeRow(
            lesion_id=old.lesion_id, case_id=answered, entered_at=platform.now(),
            entered_by=person.user_id, correction=why,
        )  # fmt: skip
        _fill(platform, person, row, entry)
        session.add(row)
        session.flush()
        old.replaced_by, old.version = row.id, old.version + 1
        known_changed(session, person.clinic_id)
        append(session, platform.now(), person, "outcome.enter", "outcome", row.id, corrects=old.id)
        if case is not None:
            reopen_if_contradicted(session, platform.now(), case, row)
        return _outcome(row)


@use_case("outcome.view")
def waiting_for_outcome(platform: Platform, person: Person, after: str = "") -> WaitingList:
    """Cases signed as malignant, or urgent, that have no outcome, the longest waiting first. An addendum that
    calls it benign since ends no waiting, and one that calls it malignant begins it; each tells what stands.

    Args:
        after: the key that the page before gave.
    """
    query = (
        select(CaseRow, ReadRow, PatientRow, LesionRow, STANDING_DIAGNOSIS, STANDING_MANAGEMENT)
        .join(ReadRow, ReadRow.case_id == CaseRow.id)
        .join(PatientRow, PatientRow.id == CaseRow.patient_id)
        .join(LesionRow, LesionRow.id == CaseRow.lesion_id)
        .where(
            CaseRow.clinic_id == person.clinic_id,
            CaseRow.state == "signed",
            ReadRow.signed_at.is_not(None),
            or_(
                ReadRow.final_diagnosis.in_(MALIGNANT),
                ReadRow.final_management == "urgent",
                STANDING_DIAGNOSIS.in_(MALIGNANT),
                STANDING_MANAGEMENT == "urgent",
            ),
            ~exists().where(OutcomeRow.case_id == CaseRow.id),
        )
        .order_by(ReadRow.signed_at, ReadRow.id)
        .limit(PAGE + 1)
    )
    if after:
        moment, _, key = after.partition("_")
        try:
            last = datetime.fromisoformat(moment)
        except ValueError:
            last = None
        if last is None or last.tzinfo is None:
            raise InvalidEntry("outcomes", "This page of the list is none; begin with the first.")
        query = query.where(or_(ReadRow.signed_at > last, and_(ReadRow.signed_at == last, ReadRow.id > key)))
    with platform.database.reading() as session:
        rows = session.execute(query).all()
    shown = [row[0].id for row in rows[:PAGE]]
    seen(platform, person, "outcome.view", "clinic", person.clinic_id, shown=shown)
    found = tuple(
        WaitingCase(
            case.id,
            patient_of(patient),
            lesion_of(lesion),
            diagnosis or "other",
            management or "urgent",
            read.signed_at,
        )
        for case, read, patient, lesion, diagnosis, management in rows[:PAGE]
        if read.signed_at is not None
    )
    if len(rows) <= PAGE:
        return WaitingList(found, None)
    return WaitingList(found, f"{found[-1].signed_at.isoformat()}_{rows[PAGE - 1][1].id}")


def _cases(session: Session, lesion_id: str) -> list[tuple[CaseRow, datetime]]:
    """The cases of a lesion with the moment of their visit, the latest first."""
    rows = session.execute(
        select(CaseRow, VisitRow.at)
        .join(VisitRow, VisitRow.id == CaseRow.visit_id)
        .where(CaseRow.lesion_id == lesion_id)
        .order_by(VisitRow.at.desc(), CaseRow.opened_at.desc(), CaseRow.id)
    )
    return [(case, at) for case, at in rows]


def _case_of(session: Session, person: Person, lesion_id: str, case_id: str) -> CaseRow:
    case = find_case(session, person, case_id)
    if case.lesion_id != lesion_id:
        raise NotFound("This case is of another lesion. Open it from its patient's page.")
    return case


def _answered(session: Session, person: Person, lesion_id: str, day: date | None) -> CaseRow | None:
    """The case that an outcome of this day answers: what was cut out had been seen before."""
    found = _cases(session, lesion_id)
    signed = [(case, at) for case, at in found if case.state == "signed"]
    zone = ZoneInfo(person.clinic.timezone)
    before = [case for case, at in signed if day is None or at.astimezone(zone).date() <= day]
    if before:
        return before[0]
    return signed[-1][0] if signed else found[0][0] if found else None


def _refuse_second(session: Session, lesion_id: str, case: CaseRow | None) -> None:
    current = OutcomeRow.replaced_by.is_(None)
    of_case = OutcomeRow.case_id == case.id if case else OutcomeRow.case_id.is_(None)
    if session.scalar(
        select(OutcomeRow.id).where(OutcomeRow.lesion_id == lesion_id, of_case, current).limit(1)
    ):
        raise Conflict("This case has an outcome already. Correct that one; it stays readable.")


def _fill(platform: Platform, person: Person, row: OutcomeRow, entry: OutcomeEntry) -> None:
    row.confirmed_by = entries.choice("confirmed_by", entry.confirmed_by, CONFIRMATIONS)
    row.diagnosis = entries.choice("diagnosis", entry.diagnosis, OUTCOMES)
    row.diagnosis_text = entries.text("diagnosis_text", entry.diagnosis_text)
    row.taken_on = _day(platform, person, entry.taken_on)
    possible = behaviours_of(row.diagnosis)
    given = entries.optional_choice("behaviour", entry.behaviour, BEHAVIOURS)
    if given is None and len(possible) > 1:
        raise InvalidEntry("behaviour", "With this diagnosis it may be either; choose what it was.")
    if given is not None and given not in possible:
        raise InvalidEntry("behaviour", "This contradicts the diagnosis. Correct one of the two.")
    if row.diagnosis == "other" and not row.diagnosis_text:
        raise InvalidEntry("diagnosis_text", "The list does not have this diagnosis: write it down.")
    row.behaviour = given or possible[0]


def _day(platform: Platform, person: Person, given: str) -> date | None:
    if not given.strip():
        return None
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        raise InvalidEntry(
            "taken_on", "This is no day of the calendar; give year, month and day as in 1961-04-23."
        ) from None
    today = platform.now().astimezone(ZoneInfo(person.clinic.timezone)).date()
    if not FIRST_DAY <= day < today + timedelta(days=1):
        raise InvalidEntry(
            "taken_on", "An outcome is not of the future, nor from before 1950; correct the day."
        )
    return day


def _outcome(row: OutcomeRow) -> Outcome:
    return Outcome(
        row.id,
        row.lesion_id,
        row.case_id,
        row.confirmed_by,
        row.diagnosis,
        row.diagnosis_text,
        row.behaviour,
        row.taken_on,
        row.entered_at,
        row.replaced_by is not None,
        row.correction,
        row.version,
    )
