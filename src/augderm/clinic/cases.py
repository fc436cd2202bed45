"""Cases: one lesion at one visit, opened with its first image, due by what the machine says of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.machine_reads import latest_answers
from augderm.clinic.platform import Platform
from augderm.clinic.recalls import close_by_visit
from augderm.domain.advice import BANDS, Band
from augderm.evidence.advice.default import default_policy
from augderm.evidence.priority import Case, days_until_due
from augderm.store.models import AssessmentRow, CaseRow, ImageRow, LesionRow, PatientRow, VisitRow

UNREAD_BY_MACHINE: Band = "soon"
"""The band of a case that the machine has not read, or could not: nothing that was not seen can reassure."""


def open_case(
    platform: Platform, session: Session, patient: PatientRow, visit: VisitRow, lesion: LesionRow
) -> CaseRow:
    """The case of a lesion at a visit, for a new image; made where there is none.

    A case that was signed is unread again: nobody has looked at the new image.
    """
    found = session.scalar(
        select(CaseRow).where(CaseRow.visit_id == visit.id, CaseRow.lesion_id == lesion.id)
    )
    if found is not None:
        if found.state == "signed":
            found.state = "unread"
            found.version += 1
        return found
    row = CaseRow(
        clinic_id=patient.clinic_id,
        patient_id=patient.id,
        visit_id=visit.id,
        lesion_id=lesion.id,
        state="unread",
        opened_at=platform.now(),
        waited_days=0.0,
    )
    session.add(row)
    session.flush()
    order(session, row)
    close_by_visit(session, row, platform.now())
    return row


def order(session: Session, case: CaseRow) -> None:
    """Set band, probability and due date anew, from what the machine says of each of its images.

    The most severe band counts, and within it the highest probability. Of an image that was read with the
    latest answers that read alone counts, if it has a band. Any other counts as `UNREAD_BY_MACHINE` with a
    probability that is not known, or as its most severe read: new answers alone make no urgent case wait.
    """
    latest = latest_answers(session, case.id)
    answers = latest.id if latest else ""
    current: dict[str, tuple[Band, float | None]] = {}
    earlier: dict[str, list[tuple[Band, float | None]]] = {}
    rows = session.execute(
        select(ImageRow.id, AssessmentRow.answers, AssessmentRow.band, AssessmentRow.probability)
        .outerjoin(AssessmentRow, AssessmentRow.image_id == ImageRow.id)
        .where(ImageRow.case_id == case.id)
        .order_by(AssessmentRow.created_at)
    )
    for image_id, known, band, probability in rows:
        those = earlier.setdefault(image_id, [(UNREAD_BY_MACHINE, None)])
        if band in BANDS:
            those.append((band, probability))
        if known == answers and band in BANDS:
            # Later ones replace earlier ones: of another model.
            current[image_id] = band, probability
        elif known == answers:
            current.pop(image_id, None)
    band, probability = min(
        (
            each
            for image_id, those in earlier.items()
            for each in ([current[image_id]] if image_id in current else those)
        ),
        key=lambda each: (BANDS.index(each[0]), -1.0 if each[1] is None else -each[1]),
        default=(UNREAD_BY_MACHINE, None),
    )
    case.band, case.probability = band, probability
    case.due_at = due_at(case.opened_at, band, probability, case.waited_days)


def due_at(opened_at: datetime, band: Band, probability: float | None, waited_days: float) -> datetime:
    """When a case is due that was opened then; see `evidence.priority`."""
    case = Case(name="", band=band, probability=probability, unread_days=0.0, waited_days=waited_days)
    return opened_at + timedelta(days=days_until_due(case, default_policy().read_within_days))
