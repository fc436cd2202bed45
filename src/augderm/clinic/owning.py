"""Whose images they are: a mark in the store, by which a database knows whether it may sweep there.

The mark is an entry of the log: its number and hash, which no other database has, and no older copy of the
same one. A database without that entry (a restored dump, a copy for tests, another clinic's) does not know
all images that were taken in, and would take the newer ones for left over.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select

from augderm.clinic.platform import Platform
from augderm.store.models import AuditRow

CONTESTED = "contested"
"""Instead of a hash once two databases met: then neither sweeps until somebody says which one may."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An entry of the log."""

    seq: int
    hash: str


def owns(platform: Platform) -> bool:
    """Whether the store is this database's: its mark is in the log, or there is none yet.

    Where it is not, the mark is replaced by one that fits no database: a copy that had come first would
    otherwise go on to sweep what is taken in here.
    """
    data = platform.blobs.mark()
    if data is None:
        # Nobody has worked here yet: a database that was mistyped, and nothing to sweep.
        return _last(platform) is not None
    mark = _read(data)
    with platform.database.reading() as session:
        found = session.scalar(select(AuditRow.hash).where(AuditRow.seq == mark.seq))
    if found == mark.hash:
        return True
    if mark.hash != CONTESTED:
        _write(platform, Mark(0, CONTESTED))
    return False


def own(platform: Platform) -> None:
    """Mark the store with the log's last entry."""
    last = _last(platform)
    if last is not None:
        _write(platform, last)


def _last(platform: Platform) -> Mark | None:
    with platform.database.reading() as session:
        row = session.execute(
            select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
        ).first()
    return None if row is None else Mark(row.seq, row.hash)


def _read(data: bytes) -> Mark:
    try:
        return Mark(**json.loads(data))
    except (ValueError, TypeError):
        return Mark(0, CONTESTED)  # whoever wrote that, it was not we


def _write(platform: Platform, mark: Mark) -> None:
    platform.blobs.set_mark(json.dumps(asdict(mark)).encode())
