"""All that the page shows on which a dermatologist reads one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic import derived
from augderm.clinic.alerts import Alert, alert_of
from augderm.clinic.audit import append
from augderm.clinic.checklists import Checklist, checklists_of
from augderm.clinic.contradicting import against, outcomes_of_case
from augderm.clinic.finding import find_case
from augderm.clinic.lesions import Lesion, lesion_of
from augderm.clinic.machine_says import MachineSays, machine_says
from augderm.clinic.patients import Patient, patient_of
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.photographs import Photograph, photographs_of
from augderm.clinic.platform import Platform
from augderm.clinic.queue import READ
from augderm.clinic.reads import Read, own_row, read_of
from augderm.clinic.reopening import graver
from augderm.clinic.shown import to_be_seen
from augderm.clinic.signatures import Addendum, Signature, addenda_of, signatures_of
from augderm.clinic.sittings import Draft, Present, others_here, sit_down
from augderm.clinic.standing import Standing, standing_of
from augderm.clinic.told_first import keep_told
from augderm.evidence.advice.default import default_policy
from augderm.store.models import (
    AddendumRow,
    CaseRow,
    ImageRow,
    JobRow,
    LesionRow,
    PatientRow,
    ReadRow,
    UserRow,
    VisitRow,
)


@dataclass(frozen=True, slots=True)
class OtherReader:
    """Another reader of the case who has committed; what was thought is hidden until one has oneself."""

    name: str
    committed_at: datetime
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A case as one reader sees it.

    Attributes:
        photographs: the case's own, the first of them the base, then earlier ones.
        blind: the machine's read is there or to come, and hidden until this reader has committed.
        read: this reader's own.
        signatures: of the other readers; shown to everybody who may read the case, as a record is.
        machine: the summary; all None while `blind`.
        standing: what stands of each reader's decision since the addenda, the latest last.
        words: how many signatures and addenda there are, see `clinic.addenda.Change`.
        shown: what else there is to be seen, see `clinic.shown`; "" while `blind`.
        alert: where the machine contradicts this reader: what stands of the own decision, before the
            signature the own impression.
        added_later: photographs that came after this reader's signature and addenda.
        outcome_against: diagnosis of an outcome that contradicts what stands; None for none.
        graver: the case is not held for signed, and the machine is graver than all that stands; False while
            `blind`.
    """

    case_id: str
    state: str
    patient: Patient
    lesion: Lesion
    visit_id: str
    visit_at: datetime
    photographs: tuple[Photograph, ...]
    blind: bool
    read: Read | None
    signatures: tuple[Signature, ...]
    addenda: tuple[Addendum, ...]
    standing: tuple[Standing, ...]
    words: int
    shown: str
    others: tuple[OtherReader, ...]
    here: tuple[Present, ...]
    draft: Draft
    machine: MachineSays
    alert: Alert | None
    checklists: tuple[Checklist, ...]
    added_later: int
    outcome_against: str | None
    graver: bool


@use_case("case.read")
def open_reading(platform: Platform, person: Person, case_id: str) -> Reading:
    """Open a case for reading.

    Notes that this reader has it open; where the machine's read is shown for the first time, keeps when;
    where an alert is, keeps that it was shown; and asks for what the page needs and nobody worked out.
    """
    with platform.database.reading() as session:
        case = find_case(session, person, case_id)
        read = own_row(session, person, case.id)
        blind = person.clinic.blind_first and read is None
        # Held here, the session knows it: nobody below has to look it up again.
        visit = session.get_one(VisitRow, case.visit_id)
        images = derived.images_shown(session, case)
        photographs = photographs_of(platform, session, person, case, images, shown=not blind)
        contents = [each.content for each in photographs if each.of_case]
        signatures = signatures_of(session, case.id)
        stands = standing_of(session, [case.id]).get(case.id, []) if signatures else []
        own = next((each for each in stands if each.reader_id == person.user_id), None)
        alert = None
        if read is not None:
            held = (own.diagnosis, own.management) if own else (read.impression, read.management)
            alert = alert_of(*held, contents, default_policy())
        patient = patient_of(session.get_one(PatientRow, case.patient_id))
        outcome = against(outcomes_of_case(session, case.id), stands)
        shown = "" if blind else to_be_seen(session, case)
        lesion = lesion_of(session.get_one(LesionRow, case.lesion_id))
        last_word = _last_word(session, read)
        addenda, others = tuple(addenda_of(session, case.id)), _others(session, person, case)
        here = others_here(platform, session, person, case.id)
        checklists: tuple[Checklist, ...] = ()
        if images:
            checklists = checklists_of(session, person, images[0][0], photographs[0].content, shown=not blind)
    # Short, since there is one writer at a time; and before anything is shown.
    with platform.database.writing() as session:
        case = find_case(session, person, case_id)
        draft = sit_down(platform, session, person, case.id)
        machine_shown = any(content is not None for content in contents)
        read = own_row(session, person, case.id)
        if read is not None and read.revealed_at is None and machine_shown:
            read.revealed_at = platform.now()
        append(session, platform.now(), person, "case.read", "case", case.id, machine_shown=machine_shown)
        if read is not None and alert is not None:
            keep_told(session, platform.now(), person, read, alert)
        if any(map(_lacks, photographs)):
            derived.ask(platform, session, case)
    says = machine_says(contents)
    return Reading(
        case_id=case.id,
        state=case.state,
        patient=patient,
        lesion=lesion,
        visit_id=visit.id,
        visit_at=visit.at,
        photographs=photographs,
        blind=blind,
        read=read_of(read) if read else None,
        signatures=tuple(each for each in signatures if each.reader_id != person.user_id),
        addenda=addenda,
        standing=tuple(stands),
        words=len(signatures) + len(addenda),
        shown=shown,
        others=others,
        here=here,
        draft=draft,
        machine=says,
        alert=alert,
        checklists=checklists,
        added_later=sum(
            each.of_case and last_word is not None and each.uploaded_at > last_word for each in photographs
        ),
        outcome_against=outcome.diagnosis if outcome else None,
        graver=case.state != "signed" and graver(says.band, [each.management for each in stands]),
    )


@use_case("case.read")
def waiting(platform: Platform, person: Person, case_id: str) -> int:
    """How many photographs of the case the machine is still to read. Asked by the page, and so not logged."""
    with platform.database.reading() as session:
        find_case(session, person, case_id)
        return (
            session.scalar(
                select(func.count(func.distinct(JobRow.image_id)))
                .join(ImageRow, ImageRow.id == JobRow.image_id)
                .where(
                    ImageRow.case_id == case_id,
                    JobRow.task == READ,
                    JobRow.state.in_(("queued", "running")),
                )
            )
            or 0
        )


def _lacks(photograph: Photograph) -> bool:
    """Whether something that the page shows of it is not there; what failed may be asked of a newer model."""
    lacking = ("waits", "failed")
    return photograph.laid in lacking or (photograph.of_case and photograph.maps in lacking)


def _last_word(session: Session, read: ReadRow | None) -> datetime | None:
    """When this reader signed, or last added to it; None before."""
    if read is None or read.signed_at is None:
        return None
    added = session.scalar(select(func.max(AddendumRow.added_at)).where(AddendumRow.read_id == read.id))
    return added or read.signed_at


def _others(session: Session, person: Person, case: CaseRow) -> tuple[OtherReader, ...]:
    rows = session.execute(
        select(UserRow.name, ReadRow.committed_at, ReadRow.signed_at)
        .join(UserRow, UserRow.id == ReadRow.reader_id)
        .where(ReadRow.case_id == case.id, ReadRow.reader_id != person.user_id)
        .order_by(ReadRow.committed_at)
    )
    return tuple(OtherReader(*row) for row in rows)
