"""Blobs that no row names: what a kill in the middle of an intake or of an erasure leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from augderm.clinic.owning import own, owns
from augderm.clinic.platform import Platform
from augderm.store.models import ErasedBlobRow, ImageRow, PictureRow

log = logging.getLogger("augderm.clinic")
KEEP = timedelta(days=1)
"""An intake that is under way has written its blobs, and not yet its row."""

CHUNK = 400
"""Blobs that are looked up together."""
AT_ONCE = 20
"""Blobs that are deleted within one transaction."""
MOST, MOST_PERCENT, FEW = 100, 1, 10
"""Blobs that are swept unasked: at most 100, and at most 1 % of them, but 10 also of a small clinic's."""
_FOREIGN = "they are another database's, or of a newer state of this one"
_REMEDY = (
    "Look whether --database and --blobs belong together and are the latest. Only if so: "
    "`augderm clinic sweep --yes`, with the same --data, --database and --blobs, deletes what this database "
    "does not name"
)
NAMING = (ImageRow.sha256, ImageRow.preview_sha256, PictureRow.sha256)
"""Columns that name blobs; each is indexed."""


def sweep(platform: Platform, *, confirmed: bool = False) -> int | None:
    """Finish erasures that were cut off, and delete blobs that were put before `KEEP` and that nothing names.

    Left over are a few, by kills. Where they are many, or the store is another database's, it is likelier
    that this is the wrong database (an older dump, another clinic's) and that they are its images: then the
    log says so, and nothing is deleted before somebody confirms it.

    An intake may name one of them meanwhile. So they go the way of an erasure's: onto its list, under the
    writer's lock, where they are looked up once more; whoever names one later takes it off by `claim`.

    Args:
        confirmed: somebody knows that every file that this database does not name may go.

    Returns:
        how many blobs were deleted; None where it was refused.
    """
    platform.database.forget()  # where a reader was in the way of an erasure's own
    if not confirmed and not owns(platform):
        log.warning("Unused images are not swept, and erased ones may be left: %s. %s", _FOREIGN, _REMEDY)
        return None
    platform.blobs.delete_partials(platform.now() - KEEP)
    deleted = finish_erasures(platform)
    count, unnamed = _left_over(platform)
    if not confirmed and (len(unnamed) > MOST or len(unnamed) > max(FEW, count * MOST_PERCENT / 100)):
        log.warning(
            "Unused images are not swept: %s of %s files older than a day are named nowhere in the database, "
            "more than kills leave. %s",
            len(unnamed),
            count,
            _REMEDY,
        )
        return None
    own(platform)
    for start in range(0, len(unnamed), CHUNK):
        with platform.database.writing() as session:
            for sha256 in _unnamed(session, unnamed[start : start + CHUNK]):
                session.merge(ErasedBlobRow(sha256=sha256, erased_at=platform.now()))
    return deleted + finish_erasures(platform)


def _left_over(platform: Platform) -> tuple[int, list[str]]:
    """How many blobs are older than `KEEP`, and those of them that nothing names."""
    count, unnamed = 0, []
    old = platform.blobs.older_than(platform.now() - KEEP)
    while blobs := list(islice(old, CHUNK)):
        count += len(blobs)
        with platform.database.reading() as session:
            unnamed += _unnamed(session, blobs)
    return count, unnamed


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
    deleted = 0
    while _any_given_up(platform):
        # Under the writer's lock, and so a few at a time: a store that is elsewhere answers slowly.
        with platform.database.writing() as session:
            given_up = session.scalars(select(ErasedBlobRow.sha256).limit(AT_ONCE)).all()
            unnamed = _unnamed(session, given_up)
            for sha256 in unnamed:
                platform.blobs.delete(sha256)
            session.execute(delete(ErasedBlobRow).where(ErasedBlobRow.sha256.in_(given_up)))
        deleted += len(unnamed)
    return deleted


def _any_given_up(platform: Platform) -> bool:
    with platform.database.reading() as session:
        return session.scalar(select(ErasedBlobRow.sha256).limit(1)) is not None


def _unnamed(session: Session, blobs: Sequence[str]) -> list[str]:
    named: set[str] = set()
    for column in NAMING:
        named.update(session.scalars(select(column).where(column.in_(blobs))))
    return [sha256 for sha256 in blobs if sha256 not in named]
