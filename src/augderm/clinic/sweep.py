"""Blobs that no row names: what a kill in the middle of an intake leaves behind."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from augderm.clinic.platform import Platform
from augderm.store.models import AssessmentRow, DerivedRow, ImageRow

KEEP = timedelta(days=1)
"""An intake that is under way has written its blobs, and not yet its row."""


def sweep(platform: Platform) -> int:
    """Delete blobs that were put before `KEEP` and that nothing names.

    Returns:
        how many.
    """
    old = list(platform.blobs.older_than(platform.now() - KEEP))
    if not old:
        return 0
    with platform.database.reading() as session:
        pictures = {
            str(sha256)
            for names in (AssessmentRow.pictures, DerivedRow.pictures)
            for row in session.scalars(select(names).execution_options(yield_per=1000))
            for sha256 in row.values()
        }
        unnamed = [
            sha256
            for sha256 in old
            if sha256 not in pictures
            and session.scalar(
                select(ImageRow.id)
                .where(or_(ImageRow.sha256 == sha256, ImageRow.preview_sha256 == sha256))
                .limit(1)
            )
            is None
        ]
    for sha256 in unnamed:
        platform.blobs.delete(sha256)
    return len(unnamed)
