"""Whether an impression is committed blind: nothing that the machine or a colleague said was shown before.

The ways to a machine's read, and what closes or keeps each:

- The reading page, its layers and checklist, the read of an image, comparisons, timeline, ugly ducklings, and
  why a case stands where it does in the worklist wait for the impression, as long as the clinic reads blind
  first. Where it did not at any time since the case was opened, all of them stood open: `blind_since`.
- A report, and the decisions of colleagues, are of cases that somebody signed.
- A copy of the patient's data, and what was shown of the case elsewhere, leave entries in the log. The log
  itself keeps alerts and bands from readers who are blind to their case (`clinic.auditing`).
- The same file in another case has the same read there.

What nobody can check: free text, such as the question of a second opinion; backups and training sets, which
administrators take out of the clinic; who looks over whose shoulder. Answers to second opinions wait for the
impression.
"""

from __future__ import annotations

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from augderm.clinic.person import Person
from augderm.store.models import AuditRow, CaseRow, ClinicRow, ImageRow, ReadRow

TELLING = ("assessment.view", "comparison.view", "patient.export", "report.view")
"""Actions whose entry says that what the machine said of their subject was, or may have been, shown."""


def reads_blind(session: Session, person: Person, case: CaseRow) -> bool:
    """Whether this person, who is about to commit an impression of the case, was told nothing of it.

    Args:
        person: also of another clinic, who was asked for a second opinion: the own clinic's setting counts.
    """
    if not person.clinic.blind_first:
        return False
    if session.get_one(ClinicRow, person.clinic_id).blind_since > case.opened_at:
        return False
    return not (_signed(session, case) or _logged(session, person, case) or _same_file(session, person, case))


def _signed(session: Session, case: CaseRow) -> bool:
    """A signature is shown to everybody who may read the case, also where that is unread again."""
    signature = select(ReadRow.id).where(ReadRow.case_id == case.id, ReadRow.signed_at.is_not(None))
    return session.scalar(signature.limit(1)) is not None


def _logged(session: Session, person: Person, case: CaseRow) -> bool:
    """One look at the index of subjects."""
    images = session.scalars(select(ImageRow.id).where(ImageRow.case_id == case.id))
    subjects = [case.id, case.patient_id, *images]
    entries = session.execute(
        select(AuditRow.action, AuditRow.details).where(
            AuditRow.subject_id.in_(subjects),
            AuditRow.user_id == person.user_id,
            AuditRow.action.in_((*TELLING, "case.read")),
        )
    )
    return any(action in TELLING or details.get("machine_shown") for action, details in entries)


def _same_file(session: Session, person: Person, case: CaseRow) -> bool:
    """Whether a photograph of the case lies in another one whose machine read was shown to this person."""
    own, other = aliased(ImageRow), aliased(ImageRow)
    return bool(
        session.scalar(
            select(
                exists()
                .where(own.case_id == case.id)
                .where(and_(other.sha256 == own.sha256, other.case_id != own.case_id))
                .where(
                    ReadRow.case_id == other.case_id,
                    ReadRow.reader_id == person.user_id,
                    or_(ReadRow.revealed_at.is_not(None), ReadRow.blind.is_(False)),
                )
            )
        )
    )
