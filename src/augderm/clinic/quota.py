"""How much a clinic may keep: images as uploaded, up to what its administrator set.

The total stands with the clinic (`ClinicRow.image_bytes`) and is changed in the transaction that adds or
erases an image: to sum up all images took longer the more there were, at each upload.
"""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from augderm.clinic.errors import Conflict
from augderm.store.models import ClinicRow, ImageRow, PatientRow, VisitRow

GIGABYTE = 10**9


def take_room(session: Session, clinic_id: str, size_bytes: int) -> None:
    """Count an image that is added, within its writing transaction.

    Raises:
        Conflict: the clinic's quota is used up.
    """
    refuse_over_quota(session, clinic_id, size_bytes)
    _change(session, clinic_id, size_bytes)


def refuse_over_quota(session: Session, clinic_id: str, size_bytes: int) -> None:
    """Refuse what would not fit, before any of its bytes are kept; `take_room` looks again.

    Raises:
        Conflict: the clinic's quota is used up.
    """
    clinic = session.get_one(ClinicRow, clinic_id, populate_existing=True)
    quota = clinic.image_quota_gb
    if quota is not None and clinic.image_bytes + size_bytes > quota * GIGABYTE:
        raise Conflict(
            "The clinic's quota of %(quota)s GB for images is used up, and this one was not kept. "
            "Ask an administrator to raise it.",
            quota=quota,
        )


def give_room_back(session: Session, clinic_id: str, size_bytes: int) -> None:
    """Count images that are erased no more, within their writing transaction."""
    _change(session, clinic_id, -size_bytes)


def counted_bytes(session: Session, clinic_id: str) -> int:
    """The same, summed up from the images themselves."""
    query = (
        select(func.coalesce(func.sum(ImageRow.size_bytes), 0))
        .join(VisitRow, VisitRow.id == ImageRow.visit_id)
        .join(PatientRow, PatientRow.id == VisitRow.patient_id)
        .where(PatientRow.clinic_id == clinic_id)
    )
    return int(session.scalar(query) or 0)


def _change(session: Session, clinic_id: str, size_bytes: int) -> None:
    # In the database, so that two at once both count.
    change = update(ClinicRow).where(ClinicRow.id == clinic_id)
    session.execute(change.values(image_bytes=ClinicRow.image_bytes + size_bytes))
