"""Second opinions as the asked reader has them: a case of another clinic, seen as far as the question goes.

Everything here goes through `finding.find_asked`, which ends with the answer or a withdrawal; and every look
stands in the logs of both clinics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.assessments import MachineRead
from augderm.clinic.audit import Detail, seen, seen_once
from augderm.clinic.errors import InvalidEntry, NotFound, stale
from augderm.clinic.finding import find_asked
from augderm.clinic.images import ImageFile
from augderm.clinic.machine_reads import counting_reads, latest_answers
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reads import IMPRESSIONS, MANAGEMENTS, Read, begin_read, own_row, read_of
from augderm.clinic.referrals import PAGE, WAITING, State, log_in_both, state_of
from augderm.domain.anamnesis import QUESTIONS
from augderm.formats.stripped import without_metadata
from augderm.store.models import (
    CaseRow,
    ClinicRow,
    ImageRow,
    LesionRow,
    PatientRow,
    ReferralRow,
    UserRow,
)

SHOWN_BY_BROWSERS = ("image/jpeg", "image/png")
OLDEST_TOLD = 90
"""Years above which an age may tell who it is; without identity, older ones are told as this."""
SHOWN_WITHOUT_IDENTITY = frozenset(
    {
        "schema", "model", "status", "reason", "notes", "views", "runtime", "modality", "novelty", "quality",
        "border", "measures", "diagnosis", "malignancy", "structures", "findings", "artefacts", "checklist",
        "scores", "advice",
    }
)  # fmt: skip
"""Parts of an assessment that tell nothing of who it is: not names, nor what the camera wrote, nor what the
patient told, which is shown beside it as far as it may be."""
TELLING = frozenset({"age_years"})
"""Answers that are left out without identity, beside all free text and the day: the age is shown apart."""


@dataclass(frozen=True, slots=True)
class Question:
    """A second opinion as the asked reader sees it.

    Attributes:
        question: "" once it was withdrawn.
        impression, management, answer: the own answer, which stays with whoever gave it; where it was
            declined, `answer` is why.
    """

    id: str
    asked_by_name: str
    from_clinic: str
    with_identity: bool
    question: str
    asked_at: datetime
    state: State
    impression: str | None
    management: str | None
    answer: str
    answered_at: datetime | None
    withdrawn_at: datetime | None
    declined_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the patient is; shown only where the asking reader chose so."""

    identifier: str
    family_name: str
    given_name: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class AskedImage:
    """A photograph of the case, without its name and what the camera wrote.

    Attributes:
        mm_per_px: of its own pixels; None where no scale is known. A scale is no opinion.
        mm_per_px_uncertainty: None where nobody stated one.
    """

    id: str
    width_px: int
    height_px: int
    mm_per_px: float | None
    mm_per_px_uncertainty: float | None


@dataclass(frozen=True, slots=True)
class AskedCase:
    """What the question allows to be seen, and nothing else of the patient.

    Attributes:
        identity: None without identity.
        age_years: on this day; without identity at most `OLDEST_TOLD`.
        anamnesis: the latest answers (`augderm.anamnesis/1`), None where nobody asked.
        read: the own impression, None before it is committed.
        blind: whether an own impression is needed before the machine's read is shown.
    """

    question: Question
    identity: Identity | None
    age_years: int
    sex: str | None
    lesion: str
    site: str | None
    laterality: str | None
    images: tuple[AskedImage, ...]
    anamnesis: dict[str, Any] | None
    read: Read | None
    blind: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person: questions to answer, and answers not seen yet."""

    to_answer: int
    new_answers: int


@use_case("referral.answer")
def waiting(platform: Platform, person: Person) -> Waiting:
    """How much waits; numbers only, and so not logged."""
    to_answer = select(func.count()).where(ReferralRow.asked_of == person.user_id, WAITING)
    new = select(func.count()).where(
        ReferralRow.asked_by == person.user_id,
        ReferralRow.answered_at.is_not(None) | ReferralRow.declined_at.is_not(None),
        ReferralRow.seen_at.is_(None),
    )
    with platform.database.reading() as session:
        return Waiting(session.scalar(to_answer) or 0, session.scalar(new) or 0)


@use_case("referral.answer")
def asked_of_me(platform: Platform, person: Person, after: str = "", done: bool = False) -> list[Question]:
    """Questions asked of this person.

    Args:
        after: key of the last one of the page before; "" for the first page. One more than `PAGE` is
            returned where there is a next page.
        done: those that wait no more, the latest first; else those that wait, the oldest first.
    """
    place = tuple_(ReferralRow.asked_at, ReferralRow.id)
    query = _questions().where(ReferralRow.asked_of == person.user_id, ~WAITING if done else WAITING)
    order = (ReferralRow.asked_at, ReferralRow.id)
    query = query.order_by(*(each.desc() for each in order) if done else order).limit(PAGE + 1)
    with platform.database.reading() as session:
        last = session.get(ReferralRow, after) if after else None
        if last is not None and last.asked_of == person.user_id:
            here = (last.asked_at, last.id)
            query = query.where(place < here if done else place > here)
        found = [_question_of(*row) for row in session.execute(query)]
    seen(platform, person, "referral.list", "user", person.user_id, shown=[each.id for each in found])
    return found


@use_case("referral.answer")
def see_question(platform: Platform, person: Person, referral_id: str) -> Question:
    """One question asked of this person, also after it was answered; without anything of the patient.

    Raises:
        NotFound: it is not asked of this person.
    """
    with platform.database.reading() as session:
        found = _question(session, person, referral_id)
        row = session.get_one(ReferralRow, referral_id)
        case = session.get_one(CaseRow, row.case_id)
    _seen_in_both(platform, person, "referral.view", row, case)
    return found


@use_case("referral.answer")
def see_asked_case(platform: Platform, person: Person, referral_id: str) -> AskedCase:
    """The case, as far as the question goes.

    Raises:
        NotFound, Conflict: as `finding.find_asked`.
    """
    with platform.database.writing() as session:
        row, case = find_asked(session, person, referral_id)
        patient = session.get_one(PatientRow, case.patient_id)
        lesion = session.get_one(LesionRow, case.lesion_id)
        images = session.scalars(
            select(ImageRow).where(ImageRow.case_id == case.id).order_by(ImageRow.uploaded_at, ImageRow.id)
        )
        answers = latest_answers(session, case.id)
        read = own_row(session, person, case.id)
        age = _age(patient.birth_date, platform.now().date())
        named = row.with_identity
        found = AskedCase(
            question=_question(session, person, row.id),
            identity=Identity(patient.identifier, patient.family_name, patient.given_name, patient.birth_date)
            if named
            else None,
            age_years=age if named else min(age, OLDEST_TOLD),
            sex=patient.sex,
            lesion=lesion.label,
            site=lesion.site,
            laterality=lesion.laterality,
            images=tuple(_asked_image(session, each) for each in images),
            anamnesis=None if answers is None else _answers(answers.answers, named),
            read=None if read is None else read_of(read),
            blind=person.clinic.blind_first and read is None,
        )
        log_in_both(session, platform, person, "referral.open", row, case.clinic_id)
        return found


@use_case("referral.answer")
def see_asked_image(platform: Platform, person: Person, referral_id: str, image_id: str) -> ImageFile:
    """A photograph of the case as a browser shows it: a JPEG without anything that the camera wrote.

    Raises:
        NotFound: it is of another case.
    """
    with platform.database.reading() as session:
        row, case = find_asked(session, person, referral_id)
        image = _image(session, case, image_id)
    _seen_in_both(platform, person, "image.view", row, case, image=image.id)
    return ImageFile(platform.blobs.get(image.preview_sha256), "image/jpeg", "photograph.jpg")


@use_case("referral.answer")
def see_asked_original(platform: Platform, person: Person, referral_id: str, image_id: str) -> ImageFile:
    """The same at full size, pixel for pixel as it came: JPEG or PNG without anything else of the file, with
    identity or without. The preview where that is not possible.

    Raises:
        NotFound: it is of another case.
    """
    with platform.database.reading() as session:
        row, case = find_asked(session, person, referral_id)
        image = _image(session, case, image_id)
    _seen_in_both(platform, person, "image.view", row, case, image=image.id, full=True)
    pixels = None
    if image.content_type in SHOWN_BY_BROWSERS:
        pixels = without_metadata(platform.blobs.get(image.sha256))
    if pixels is None:
        return ImageFile(platform.blobs.get(image.preview_sha256), "image/jpeg", "photograph.jpg")
    name = "photograph.png" if image.content_type == "image/png" else "photograph.jpg"
    return ImageFile(pixels, image.content_type, name)


@use_case("referral.answer")
def see_asked_assessment(platform: Platform, person: Person, referral_id: str, image_id: str) -> MachineRead:
    """The machine's read of a photograph of the case; after an own impression where this reader's clinic
    reads blind first. Without identity it has the parts of `SHOWN_WITHOUT_IDENTITY` alone.

    Raises:
        NotFound: the photograph is of another case.
    """
    with platform.database.writing() as session:
        row, case = find_asked(session, person, referral_id)
        counting = counting_reads(session, [_image(session, case, image_id).id]).get(image_id)
        if counting is None:
            return MachineRead(False, None)
        assessment = counting.row
        read = own_row(session, person, case.id)
        if read is None and person.clinic.blind_first:
            return MachineRead(True, None)
        if read is not None and read.revealed_at is None:
            read.revealed_at = platform.now()
        log_in_both(
            session, platform, person, "assessment.view", row, case.clinic_id, assessment=assessment.id
        )
        content = assessment.content
        if not row.with_identity:
            content = {name: part for name, part in content.items() if name in SHOWN_WITHOUT_IDENTITY}
        return MachineRead(False, content, counting.current)


@use_case("referral.answer")
def commit_asked(
    platform: Platform, person: Person, referral_id: str, impression: str, management: str
) -> Read:
    """Commit the own impression, before the machine's read is shown. It is a read as anybody's of the case.

    Raises:
        InvalidEntry: one is missing.
        Conflict: this reader has committed one.
    """
    with platform.database.writing() as session:
        row, case = find_asked(session, person, referral_id)
        read = begin_read(platform, session, person, case, impression, management)
        log_in_both(session, platform, person, "read.commit", row, case.clinic_id)
        return read_of(read)


@use_case("referral.answer")
def answer(
    platform: Platform,
    person: Person,
    referral_id: str,
    impression: str,
    management: str,
    text: str,
    version: int,
) -> Question:
    """Answer. The answer goes back into the case, and this reader's access to it ends.

    Raises:
        InvalidEntry: impression or management is missing, or the text too long.
        Conflict: it was answered or withdrawn, or changed in the meantime.
    """
    with platform.database.writing() as session:
        row, case = find_asked(session, person, referral_id)
        if row.version != version:
            raise stale()
        row.impression = entries.choice("impression", impression, IMPRESSIONS)
        row.management = entries.choice("management", management, MANAGEMENTS)
        row.answer = entries.text("answer", text)
        row.answered_at, row.version = platform.now(), row.version + 1
        session.flush()
        log_in_both(session, platform, person, "referral.answer", row, case.clinic_id)
        return _question(session, person, row.id)


@use_case("referral.answer")
def decline(platform: Platform, person: Person, referral_id: str, reason: str, version: int) -> Question:
    """Decline a question. Whoever asked is told, with the reason; this reader's access to the case ends.

    Raises:
        InvalidEntry: no reason, or one that is too long.
        Conflict: it was answered, declined or withdrawn, or changed in the meantime.
    """
    with platform.database.writing() as session:
        row, case = find_asked(session, person, referral_id)
        if row.version != version:
            raise stale()
        text = entries.text("reason", reason)
        if not text:
            raise InvalidEntry("reason", "This is empty; fill it in.")
        row.answer, row.declined_at, row.version = text, platform.now(), row.version + 1
        session.flush()
        log_in_both(session, platform, person, "referral.decline", row, case.clinic_id)
        return _question(session, person, row.id)


def _questions() -> Select[ReferralRow, str, str]:
    return (
        select(ReferralRow, UserRow.name, ClinicRow.name)
        .join(UserRow, UserRow.id == ReferralRow.asked_by)
        .join(ClinicRow, ClinicRow.id == UserRow.clinic_id)
    )


def _question(session: Session, person: Person, key: str) -> Question:
    found = session.execute(
        _questions().where(ReferralRow.id == key, ReferralRow.asked_of == person.user_id)
    ).first()
    if found is None:
        raise NotFound("There is no such second opinion for you. Open it from the list of second opinions.")
    return _question_of(*found)


def _question_of(row: ReferralRow, asked_by_name: str, clinic: str) -> Question:
    return Question(
        id=row.id,
        asked_by_name=asked_by_name,
        from_clinic=clinic,
        with_identity=row.with_identity,
        question="" if row.withdrawn_at else row.question,
        asked_at=row.asked_at,
        state=state_of(row),
        impression=row.impression,
        management=row.management,
        answer=row.answer,
        answered_at=row.answered_at,
        withdrawn_at=row.withdrawn_at,
        declined_at=row.declined_at,
        version=row.version,
    )


def _seen_in_both(
    platform: Platform, person: Person, action: str, row: ReferralRow, case: CaseRow, **details: Detail
) -> None:
    seen_once(
        platform,
        person,
        action,
        "case",
        case.id,
        logs_of=(person.clinic_id, case.clinic_id),
        referral=row.id,
        by_clinic=person.clinic_id,
        **details,
    )


def _asked_image(session: Session, row: ImageRow) -> AskedImage:
    read = counting_reads(session, [row.id]).get(row.id) if row.mm_per_px is None else None
    measures = (read.row.content["measures"] if read else None) or {}
    return AskedImage(
        row.id,
        row.width_px,
        row.height_px,
        row.mm_per_px or measures.get("mm_per_px"),
        measures.get("mm_per_px_uncertainty"),
    )


def _image(session: Session, case: CaseRow, key: str) -> ImageRow:
    row = session.get(ImageRow, key)
    if row is None or row.case_id != case.id:
        raise NotFound("There is no such image in this case. Open it from the question's page.")
    return row


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _answers(told: dict[str, Any], named: bool) -> dict[str, Any]:
    if named:
        return told
    return {
        part: {
            name: answer
            for name, answer in (told.get(part) or {}).items()
            if name not in TELLING and name in QUESTIONS and QUESTIONS[name].kind != "text"
        }
        for part in ("person", "lesion")
    }
