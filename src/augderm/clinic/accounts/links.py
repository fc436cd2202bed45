"""Links that work once, instead of default passwords: for a first start, a new user, a forgotten password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from augderm.clinic.accounts.attempts import attempt_key, note_attempt, refuse_too_many
from augderm.clinic.errors import NotFound
from augderm.clinic.platform import Platform
from augderm.store.models import OneTimeLinkRow

Purpose = Literal["first", "password", "sign_in", "provider", "choice", "confirm"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
LIFE = timedelta(days=3)
MOST_FROM_ADDRESS = 40
"""Links that cannot be used, tried from one address within `attempts.WINDOW`."""


def token_hash(token: str, *bound_to: str) -> str:
    """What is kept of a token of 256 random bits: who reads the database can use none.

    Args:
        bound_to: without which the token cannot be used, such as the secret of a browser's cookie.
    """
    digests = [
        hashlib.sha256(each.encode("utf-8", "backslashreplace")).hexdigest() for each in (token, *bound_to)
    ]
    return digests[0] if not bound_to else hashlib.sha256("".join(digests).encode()).hexdigest()


def make_link(
    session: Session,
    purpose: Purpose,
    user_id: str | None,
    now: datetime,
    life: timedelta = LIFE,
    bound_to: tuple[str, ...] = (),
) -> str:
    """A new token; earlier unused ones for the same user and purpose end.

    Args:
        bound_to: as of `token_hash`.

    Returns:
        the token, which is kept nowhere.
    """
    end_links(session, user_id, now, purpose)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLinkRow(
            user_id=user_id,
            purpose=purpose,
            token_sha256=token_hash(token, *bound_to),
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


def check_link(platform: Platform, token: str, purpose: Purpose, address: str) -> None:
    """Whether a link can be used, without using it; before anything that costs more than a look.

    Args:
        address: where it comes from; failures are counted for it.

    Raises:
        NotFound: it cannot.
        TooMany: this address tried too many that cannot.
    """
    key = attempt_key("link", address)
    try:
        with platform.database.reading() as session:
            refuse_too_many(session, platform, key, MOST_FROM_ADDRESS)
            find_link(session, token, purpose, platform.now())
    except NotFound:
        with platform.database.writing() as session:
            note_attempt(session, platform, key)
        raise


def find_link(
    session: Session, token: str, purpose: Purpose, now: datetime, bound_to: tuple[str, ...] = ()
) -> OneTimeLinkRow:
    """A link that can still be used.

    Raises:
        NotFound: it is unknown, used, too old, or bound to something else.
    """
    kept = token_hash(token, *bound_to)
    row = session.scalar(select(OneTimeLinkRow).where(OneTimeLinkRow.token_sha256 == kept))
    if row is None or row.purpose != purpose or row.used_at is not None or row.expires_at <= now:
        raise NotFound(
            "This link was used already, is too old, or is incomplete. "
            "Ask for a new one: your administrator can make it, or whoever starts the server."
        )
    return row
