"""Failed attempts to sign in, or with a link: counted in the database, and refused beyond a limit.

What is counted is kept as a hash: a name, an address, or both together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from augderm.clinic.errors import TooMany
from augderm.clinic.platform import Platform
from augderm.store.models import LoginAttemptRow

WINDOW = timedelta(minutes=15)
"""In which they are counted."""


def attempt_key(kind: str, value: str) -> str:
    """What is kept of a name or an address."""
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "backslashreplace")).hexdigest()


def address_hash(address: str) -> str:
    """What is kept of an address."""
    return attempt_key("address", address)


def note_attempt(session: Session, platform: Platform, *keys: str) -> list[LoginAttemptRow]:
    """Count one, within a writing transaction; those of before `WINDOW` go.

    Returns:
        what was counted, one for each key, for `take_back`.
    """
    noted = [LoginAttemptRow(key=key, at=platform.now()) for key in keys]
    session.add_all(noted)
    session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.at < platform.now() - WINDOW))
    session.flush()
    return noted


def take_back(session: Session, noted: Sequence[LoginAttemptRow]) -> None:
    """Count an attempt no more that succeeded: it was none to guess. Others' stay."""
    keys = [row.id for row in noted]
    session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.id.in_(keys)))


def forget_attempts(session: Session, key: str) -> None:
    """After one that succeeded."""
    session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.key == key))


def refuse_too_many(session: Session, platform: Platform, key: str, most: int) -> None:
    """Refuse another attempt.

    Raises:
        TooMany: there were `most` within `WINDOW`.
    """
    since = platform.now() - WINDOW
    count, first = session.execute(
        select(func.count(), func.min(LoginAttemptRow.at)).where(
            LoginAttemptRow.key == key, LoginAttemptRow.at > since
        )
    ).one()
    if count >= most:
        minutes = max(1, round((first - since).total_seconds() / 60))
        raise TooMany(
            "There were too many attempts to sign in. Try again in %(minutes)s minutes.", minutes=minutes
        )
