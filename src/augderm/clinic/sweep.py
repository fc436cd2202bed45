"""Blobs that no row names: what a kill in the middle of an intake or of an erasure leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from augderm.clinic.platform import Platform
from augderm.store.models import ErasedBlobRow, ImageRow, PictureRow

KEEP = timedelta(days=1)
"""An intake that is under way has written its blobs, and not yet its row."""

CHUNK = 400
"""Blobs that are looked up together."""
NAMING = (ImageRow.sha256, ImageRow.preview_sha256, PictureRow.sha256)
"""Columns that name blobs; each is indexed."""


def sweep(platform: Platform) -> int:
    """Finish erasures that were cut off, and delete blobs that were put before `KEEP` and that nothing names.

    An intake may name one of them meanwhile. So they go the way of an erasure's: onto its list, under the
    writer's lock, where they are looked up once more; whoever names one later takes it off by `claim`.

    Returns:
        how many blobs were deleted.
    """
    platform.blobs.delete_partials(platform.now() - KEEP)
    old = platform.blobs.older_than(platform.now() - KEEP)
    while blobs := list(islice(old, CHUNK)):
        with platform.database.reading() as session:
            unnamed = _unnamed(session, blobs)
        if unnamed:
            with platform.database.writing() as session:
                for sha256 in _unnamed(session, unnamed):
                    session.merge(ErasedBlobRow(sha256=sha256, erased_at=platform.now()))
    return finish_erasures(platform)


def claim(platform: Platform, session: Session, data: bytes) -> None:
    """Put a blob again within the transaction that names it.

    An erasure of the same file, or the sweep, may have given it up since it was first put: it is taken off
    that list, under the writer's lock, so that it is either not deleted any more or here anew.
    """
    sha256 = platform.blobs.put(data)
    session.execute(delete(ErasedBlobRow).where(ErasedBlobRow.sha256 == sha256))


def finish_erasures(platform: Platform) -> int:
    """Delete the blobs that erasures and the sweep gave up and that no row names.

    Returns:
        how many were deleted.
    """
    with platform.database.reading() as session:
        if session.scalar(select(ErasedBlobRow.sha256).limit(1)) is None:
            return 0
    deleted = 0
    with platform.database.writing() as session:
        for row in session.scalars(select(ErasedBlobRow)).all():
            if _unnamed(session, [row.sha256]):
                platform.blobs.delete(row.sha256)
                deleted += 1
            session.delete(row)
    return deleted


def _unnamed(session: Session, blobs: Sequence[str]) -> list[str]:
    named: set[str] = set()
    for column in NAMING:
        named.update(session.scalars(select(column).where(column.in_(blobs))))
    return [sha256 for sha256 in blobs if sha256 not in named]
