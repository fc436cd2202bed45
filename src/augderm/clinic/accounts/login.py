"""Signing in by name and password, and by a link; failed attempts are limited, in the database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.accounts.attempts import (
    address_hash,
    attempt_key,
    forget_attempts,
    note_attempt,
    refuse_too_many,
    take_back,
)
from augderm.clinic.accounts.links import check_link, end_links, find_link
from augderm.clinic.accounts.passwords import hashed, matches, outdated
from augderm.clinic.accounts.sessions import new_session, person_from, revoke
from augderm.clinic.audit import append
from augderm.clinic.entries import folded
from augderm.clinic.errors import ClinicError, NotFound
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, OneTimeLinkRow, SessionRow, UserRow

MOST_FOR_PAIR = 8
"""Failed attempts at one name from one address within `attempts.WINDOW`."""
MOST_FROM_ADDRESS = 40
"""Failed attempts from one address, which a whole clinic may share."""
MOST_FOR_NAME = 60
"""Failed attempts at one name from everywhere. Neither this nor `MOST_FROM_ADDRESS` stops a name at an
address that it signed in from before: so nobody who knows a name, or shares an address, keeps others out of
the clinic.
"""
KNOWN_FOR = timedelta(days=90)
"""How long an address stays known to a name."""


class WrongLogin(ClinicError):
    """Name or password are wrong: which of both is not said."""


def sign_in(platform: Platform, login: str, password: str, address: str) -> str:
    """Open a session.

    Args:
        address: where the attempt comes from; only its hash is kept.

    Returns:
        the session's token.

    Raises:
        WrongLogin: name or password are wrong, or the account is closed.
        TooMany: too many failed attempts lately.
    """
    name = folded(login.strip())
    by_name, by_address = attempt_key("login", name), address_hash(address)
    by_pair = attempt_key("pair", f"{by_name}{by_address}")
    with platform.database.writing() as session:
        # Counted before the password is looked at: attempts at the same time must not slip through.
        user = session.scalar(select(UserRow).where(UserRow.login == name))
        refuse_too_many(session, platform, by_pair, MOST_FOR_PAIR)
        if user is None or not _is_known(session, platform, user, by_address):
            refuse_too_many(session, platform, by_address, MOST_FROM_ADDRESS)
            refuse_too_many(session, platform, by_name, MOST_FOR_NAME)
        noted = note_attempt(session, platform, by_pair, by_address, by_name)
    if not matches(user.password_hash if user else None, password) or user is None or not user.active:
        with platform.database.writing() as session:
            key, clinic = (user.id, user.clinic_id) if user else ("", None)
            append(session, platform.now(), None, "sign_in.failed", "user", key, log_of=clinic)
        raise WrongLogin("This name and password do not belong together. Try again, or ask for a new link.")
    with platform.database.writing() as session:
        user = session.get_one(UserRow, user.id)
        take_back(session, noted)
        forget_attempts(session, by_pair)
        if user.password_hash and outdated(user.password_hash):
            user.password_hash = hashed("password", password)
        return signed_in(session, platform, user, "sign_in", by_address)


def sign_in_by_link(platform: Platform, token: str, address: str = "") -> str:
    """Open a session by a one-time link of a demonstration.

    Raises:
        NotFound: the link cannot be used.
        TooMany: this address tried too many that cannot.
    """
    check_link(platform, token, "sign_in", address)
    with platform.database.writing() as session:
        link = find_link(session, token, "sign_in", platform.now())
        link.used_at = platform.now()
        return signed_in(session, platform, open_user(session, link), "sign_in.link")


def set_password_by_link(platform: Platform, token: str, password: str, address: str = "") -> str:
    """Set the password of a new user, or of one who forgot it, and open a session; all others of theirs end.

    Raises:
        NotFound: the link cannot be used.
        TooMany: as `sign_in_by_link`.
        InvalidEntry: the password is too short or too long.
    """
    # Before the hash, which takes its time and memory on purpose: a stranger must not have it made.
    check_link(platform, token, "password", address)
    password_hash = hashed("password", password)
    with platform.database.writing() as session:
        link = find_link(session, token, "password", platform.now())
        user = open_user(session, link)
        end_links(session, user.id, platform.now(), "password")
        user.password_hash, user.version = password_hash, user.version + 1
        # Whoever held the old password, perhaps a thief, is out.
        revoke(session, platform, user.id)
        return signed_in(session, platform, user, "password.set")


def open_user(session: Session, link: OneTimeLinkRow) -> UserRow:
    """Whose link it is.

    Raises:
        NotFound: the account is closed.
    """
    user = session.get_one(UserRow, link.user_id)
    if not user.active:
        raise NotFound("This account is closed. Ask an administrator of your clinic.")
    return user


def signed_in(
    session: Session, platform: Platform, user: UserRow, action: str, address_sha256: str | None = None
) -> str:
    """Open a session within a transaction, and log how it came to be.

    Returns:
        the session's token.
    """
    token = new_session(session, platform, user, address_sha256)
    person = person_from(user, session.get_one(ClinicRow, user.clinic_id))
    append(session, platform.now(), person, action, "user", user.id)
    return token


def _is_known(session: Session, platform: Platform, user: UserRow, address_sha256: str) -> bool:
    query = select(SessionRow.id).where(
        SessionRow.user_id == user.id,
        SessionRow.address_sha256 == address_sha256,
        SessionRow.created_at > platform.now() - KNOWN_FOR,
    )
    return session.scalar(query.limit(1)) is not None
