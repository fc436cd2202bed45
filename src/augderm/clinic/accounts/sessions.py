"""Sessions: rows in the database that end by themselves and can be revoked."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from augderm.clinic.accounts.links import token_hash
from augderm.clinic.audit import append
from augderm.clinic.errors import NotSignedIn
from augderm.clinic.permissions import use_case
from augderm.clinic.person import ROLES, ClinicFacts, Person
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, SessionRow, UserRow

LIFE = timedelta(hours=12)
"""A working day; then everybody signs in again."""
IDLE = timedelta(hours=1)
"""A screen that nobody used for so long shows no patient any more."""
_NOTED_AFTER = timedelta(minutes=1)
"""How exact `seen_at` is: noting every request would write to the database each time."""


def new_session(
    session: Session, platform: Platform, user: UserRow, address_sha256: str | None = None
) -> str:
    """Open a session for a user who proved to be one.

    Args:
        address_sha256: of the address, by which it is known next time.

    Returns:
        its token, for the cookie; only its hash is kept.
    """
    now = platform.now()
    token = secrets.token_urlsafe(32)
    session.add(
        SessionRow(
            user_id=user.id,
            token_sha256=token_hash(token),
            created_at=now,
            address_sha256=address_sha256,
            seen_at=now,
            expires_at=now + LIFE,
        )
    )
    session.flush()
    return token


def person_of(platform: Platform, token: str, *, used: bool = True) -> Person:
    """Who a session's token belongs to.

    Args:
        used: whether a person did something; what a page asks by itself keeps no session open.

    Raises:
        NotSignedIn: no such session, it ended or was revoked, or its user is not active any more.
    """
    now = platform.now()
    with platform.database.reading() as session:
        found = session.execute(
            select(SessionRow, UserRow, ClinicRow)
            .join(UserRow, UserRow.id == SessionRow.user_id)
            .join(ClinicRow, ClinicRow.id == UserRow.clinic_id)
            .where(SessionRow.token_sha256 == token_hash(token))
        ).first()
    if found is None:
        raise NotSignedIn("You are not signed in. Sign in to go on.")
    row, user, clinic = found
    if row.revoked_at is not None or not user.active or now >= row.expires_at or now - row.seen_at > IDLE:
        raise NotSignedIn("Your session has ended. Sign in to go on.")
    if used and now - row.seen_at > _NOTED_AFTER:
        with platform.database.writing() as session:
            session.execute(update(SessionRow).where(SessionRow.id == row.id).values(seen_at=now))
    return person_from(user, clinic, row.id)


def person_from(user: UserRow, clinic: ClinicRow, session_id: str | None = None) -> Person:
    """A user with the clinic's facts."""
    facts = ClinicFacts(clinic.id, clinic.name, clinic.timezone, clinic.blind_first, clinic.demonstration)
    given = user.roles.split(",")
    roles = frozenset(role for role in ROLES if role in given)
    return Person(user.id, user.login, user.name, roles, facts, user.locale, session_id)


def revoke(session: Session, platform: Platform, user_id: str, keep: str | None = None) -> None:
    """End all sessions of a user, but for one."""
    session.execute(
        update(SessionRow)
        .where(SessionRow.user_id == user_id, SessionRow.revoked_at.is_(None), SessionRow.id != (keep or ""))
        .values(revoked_at=platform.now())
    )


@use_case("account.own")
def sign_out(platform: Platform, person: Person) -> None:
    """End this session."""
    with platform.database.writing() as session:
        session.execute(
            update(SessionRow).where(SessionRow.id == person.session_id).values(revoked_at=platform.now())
        )
        append(session, platform.now(), person, "sign_out", "user", person.user_id)
