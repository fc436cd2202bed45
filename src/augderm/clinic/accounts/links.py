"""Links that work once, instead of default passwords: for a first start, a new user, a forgotten password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from augderm.clinic.errors import NotFound
from augderm.store.models import OneTimeLinkRow

Purpose = Literal["first", "password", "sign_in", "provider", "choice"]
LIFE = timedelta(days=3)


def token_hash(token: str) -> str:
    """What is kept of a token of 256 random bits: who reads the database can use none."""
    return hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def make_link(
    session: Session, purpose: Purpose, user_id: str | None, now: datetime, life: timedelta = LIFE
) -> str:
    """A new token; earlier unused ones for the same user and purpose end.

    Returns:
        the token, which is kept nowhere.
    """
    end_links(session, user_id, now, purpose)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLinkRow(
            user_id=user_id,
            purpose=purpose,
            token_sha256=token_hash(token),
            created_at=now,
            expires_at=now + life,
        )
    )
    session.flush()
    return token


def end_links(session: Session, user_id: str | None, now: datetime, *purposes: Purpose) -> None:
    """End a user's unused links of these purposes."""
    session.execute(
        update(OneTimeLinkRow)
        .where(
            OneTimeLinkRow.user_id == user_id,
            OneTimeLinkRow.purpose.in_(purposes),
            OneTimeLinkRow.used_at.is_(None),
        )
        .values(used_at=now)
    )


def find_link(session: Session, token: str, purpose: Purpose, now: datetime) -> OneTimeLinkRow:
    """A link that can still be used.

    Raises:
        NotFound: it is unknown, used, or too old.
    """
    row = session.scalar(select(OneTimeLinkRow).where(OneTimeLinkRow.token_sha256 == token_hash(token)))
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= now:
        raise NotFound(
            "This link was used already, is too old, or is incomplete. "
            "Ask for a new one: your administrator can make it, or whoever starts the server."
        )
    return row
