"""How much a clinic may keep: images as uploaded, up to what its administrator set."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from augderm.clinic.errors import Conflict
from augderm.clinic.person import Person
from augderm.store.models import CaseRow, ClinicRow, ImageRow

GIGABYTE = 10**9


def used_bytes(session: Session, clinic_id: str) -> int:
    """The size of all images of a clinic as they were uploaded, in bytes.

    Overviews, which belong to no case, are few and not counted.
    """
    return int(
        session.scalar(
            select(func.coalesce(func.sum(ImageRow.size_bytes), 0))
            .join(CaseRow, CaseRow.id == ImageRow.case_id)
            .where(CaseRow.clinic_id == clinic_id)
        )
        or 0
    )


def refuse_beyond_quota(session: Session, person: Person, size_bytes: int) -> None:
    """Refuse an image for which there is no room; only a clinic with a quota is counted through.

    Raises:
        Conflict: the quota is used up.
    """
    quota = session.get_one(ClinicRow, person.clinic_id).image_quota_gb
    if quota is not None and used_bytes(session, person.clinic_id) + size_bytes > quota * GIGABYTE:
        raise Conflict(
            "The clinic's quota of %(quota)s GB for images is used up, and this one was not kept. "
            "Ask an administrator to raise it.",
            quota=quota,
        )
