"""Rows of the person's own clinic. Another clinic's are not found, like those that do not exist.

The one way to another clinic's case is `find_asked`: a second opinion that was asked of this very person.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.errors import Conflict, NotFound
from augderm.clinic.person import Person
from augderm.store.models import CaseRow, ImageRow, LesionRow, PatientRow, ReferralRow, UserRow, VisitRow


def find_patient(session: Session, person: Person, key: str) -> PatientRow:
    """A patient.

    Raises:
        NotFound: there is none in this clinic.
    """
    row = session.get(PatientRow, key)
    if row is None or row.clinic_id != person.clinic_id:
        raise NotFound("There is no such patient in your clinic. Look for the patient by name or identifier.")
    return row


def find_lesion(session: Session, person: Person, key: str) -> tuple[LesionRow, PatientRow]:
    """A lesion, and whose it is.

    Raises:
        NotFound: there is none in this clinic.
    """
    found = session.execute(
        select(LesionRow, PatientRow)
        .join(PatientRow, PatientRow.id == LesionRow.patient_id)
        .where(LesionRow.id == key, PatientRow.clinic_id == person.clinic_id)
    ).first()
    if found is None:
        raise NotFound("There is no such lesion in your clinic. Open it from its patient's page.")
    lesion, patient = found
    return lesion, patient


def find_visit(session: Session, person: Person, key: str) -> tuple[VisitRow, PatientRow]:
    """A visit, and whose it is.

    Raises:
        NotFound: there is none in this clinic.
    """
    found = session.execute(
        select(VisitRow, PatientRow)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .where(VisitRow.id == key, PatientRow.clinic_id == person.clinic_id)
    ).first()
    if found is None:
        raise NotFound("There is no such visit in your clinic. Open it from its patient's page.")
    visit, patient = found
    return visit, patient


def find_image(session: Session, person: Person, key: str) -> ImageRow:
    """An image.

    Raises:
        NotFound: there is none in this clinic.
    """
    row = session.scalar(
        select(ImageRow)
        .join(VisitRow, VisitRow.id == ImageRow.visit_id)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .where(ImageRow.id == key, PatientRow.clinic_id == person.clinic_id)
    )
    if row is None:
        raise NotFound("There is no such image in your clinic. Open it from its visit's page.")
    return row


def find_case(session: Session, person: Person, key: str) -> CaseRow:
    """A case.

    Raises:
        NotFound: there is none in this clinic.
    """
    row = session.get(CaseRow, key)
    if row is None or row.clinic_id != person.clinic_id:
        raise NotFound("There is no such case in your clinic. Open it from its patient's page.")
    return row


def find_user(session: Session, person: Person, key: str) -> UserRow:
    """A user.

    Raises:
        NotFound: there is none in this clinic.
    """
    row = session.get(UserRow, key)
    if row is None or row.clinic_id != person.clinic_id:
        raise NotFound("There is no such user in your clinic. Choose one from the list of users.")
    return row


def find_referral(session: Session, person: Person, key: str) -> tuple[ReferralRow, CaseRow]:
    """A second opinion that somebody of this clinic asks, and its case.

    Raises:
        NotFound: there is none in this clinic.
    """
    row = session.get(ReferralRow, key)
    if row is None:
        raise _no_referral()
    case = session.get_one(CaseRow, row.case_id)
    if case.clinic_id != person.clinic_id:
        raise _no_referral()
    return row, case


def find_asked(session: Session, person: Person, key: str) -> tuple[ReferralRow, CaseRow]:
    """A second opinion that is asked of this person, and its case, whichever clinic it belongs to.

    It opens that case alone, and only as long as the question waits: an answer, a refusal or a
    withdrawal ends it.

    Raises:
        NotFound: there is none that is asked of this person.
        Conflict: it was answered, declined or withdrawn.
    """
    row = session.get(ReferralRow, key)
    if row is None or row.asked_of != person.user_id:
        raise _no_referral()
    if row.withdrawn_at is not None:
        raise Conflict("This question was withdrawn, and its case is closed to you.")
    if row.declined_at is not None:
        raise Conflict("You have declined this question, and its case is closed to you.")
    if row.answered_at is not None:
        raise Conflict("You have answered this question, and its case is closed to you again.")
    return row, session.get_one(CaseRow, row.case_id)


def _no_referral() -> NotFound:
    return NotFound("There is no such second opinion for you. Open it from the list of second opinions.")
