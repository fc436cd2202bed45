"""The audit log: every view and change, each entry chained to the one before by its hash.

Who can write to the database could still rewrite the whole chain, or cut its end: so note `AuditHead`
elsewhere from time to time; a later log that does not contain that hash at that place was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.database import Database
from augderm.store.models import AuditRow

START = "0" * 64
"""What the first entry follows."""
ONCE_IN = timedelta(minutes=10)
"""What a page loads by itself is logged once in this time for each person: see `seen_once`."""

Detail = str | int | float | bool | list[str] | None
"""Of an entry: a key, a code, a number, or a list of keys. Never a name, an identifier or a text."""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The state of a log: number of entries, hash of the last, and the first broken entry, None for none."""

    entries: int
    hash: str
    broken_at: int | None


def append(
    session: Session,
    at: datetime,
    person: Person | None,
    action: str,
    subject_kind: str,
    subject_id: str,
    *,
    log_of: str | None = None,
    **details: Detail,
) -> None:
    """Add an entry within a writing transaction: it stands if and only if the change stands.

    There is one writer at a time (`store.database`), so no two entries follow the same one.

    Args:
        person: None for what the system or an unknown person did.
        action: an action of `PERMISSIONS`, or what else was done, such as "login.failed".
        subject_kind, subject_id: "patient" and its key, and so on.
        log_of: key of the clinic in whose log it stands; None for the person's own, or for no clinic's.
        details: see `Detail`.
    """
    last = session.execute(select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)).first()
    row = AuditRow(
        seq=1 if last is None else last.seq + 1,
        at=at,
        clinic_id=log_of or (person.clinic_id if person else None),
        user_id=person.user_id if person else None,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        details=dict(details),
        previous_hash=START if last is None else last.hash,
    )
    row.hash = _hash(row)
    session.add(row)
    session.flush()


def seen(
    platform: Platform, person: Person, action: str, subject_kind: str, subject_id: str, **details: Detail
) -> None:
    """Log that somebody looks at something. Before it is shown: what cannot be logged is not shown.

    Args:
        details: of a list, `shown`: the keys of those on it.
    """
    with platform.database.writing() as session:
        append(session, platform.now(), person, action, subject_kind, subject_id, log_of=None, **details)


def seen_once(
    platform: Platform,
    person: Person,
    action: str,
    subject_kind: str,
    subject_id: str,
    *,
    logs_of: Sequence[str] = (),
    **details: Detail,
) -> None:
    """Likewise, for what a page loads by itself, or saves: pictures, layers, fragments, drafts.

    There is one entry for the same look of the same person within `ONCE_IN`: an entry for each of the dozens
    of requests of a page would say no more, and cost a sync to disk each. Looked up by the subject, which has
    an index, without the writer's lock: two at the same moment may both write.

    Args:
        logs_of: keys of the clinics in whose logs it stands; none for the person's own.
    """
    logs = list(dict.fromkeys(logs_of)) or [person.clinic_id]
    since = platform.now() - ONCE_IN
    with platform.database.reading() as session:
        rows = session.execute(
            select(AuditRow.clinic_id, AuditRow.details).where(
                AuditRow.subject_id == subject_id,
                AuditRow.user_id == person.user_id,
                AuditRow.action == action,
                AuditRow.at > since,
            )
        ).all()
    missing = [log for log in logs if (log, details) not in [(row.clinic_id, row.details) for row in rows]]
    if missing:
        with platform.database.writing() as session:
            for log in missing:
                append(
                    session, platform.now(), person, action, subject_kind, subject_id, log_of=log, **details
                )


def verify(platform: Platform) -> AuditHead:
    """Follow the whole chain, of all clinics."""
    return verify_database(platform.database)


def verify_database(database: Database) -> AuditHead:
    """Likewise, where there is a database alone."""
    previous, count, broken = START, 0, None
    with database.reading() as session:
        for row in session.scalars(select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=1000)):
            count += 1
            fits = row.seq == count and row.previous_hash == previous and row.hash == _hash(row)
            if not fits and broken is None:
                broken = row.seq
            previous = row.hash
    return AuditHead(count, previous, broken)


def _hash(row: AuditRow) -> str:
    content: list[Any] = [
        row.seq,
        row.at.isoformat(timespec="microseconds"),
        row.clinic_id,
        row.user_id,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.details,
        row.previous_hash,
    ]
    written = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()
