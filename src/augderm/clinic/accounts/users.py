"""Users of a clinic, kept by its administrators; and what all may change of their own account."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.accounts.attempts import attempt_key, forget_attempts, note_attempt, refuse_too_many
from augderm.clinic.accounts.links import PURPOSES, end_links, make_link
from augderm.clinic.accounts.login import MOST_FOR_PAIR
from augderm.clinic.accounts.passwords import hashed, matches
from augderm.clinic.accounts.sessions import revoke
from augderm.clinic.accounts.start import new_user
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_user
from augderm.clinic.permissions import use_case
from augderm.clinic.person import ROLES, Person, Role
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, UserRow


@dataclass(frozen=True, slots=True)
class User:
    """A user as an administrator sees one. `can_sign_in`: active, and a password is set.

    `provider_subject`: at the sign-in provider, "" for none.
    """

    id: str
    login: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    can_sign_in: bool
    version: int
    provider_subject: str = ""


@dataclass(frozen=True, slots=True)
class Invited:
    """A user, and the token of the one-time link to hand over."""

    user: User
    token: str


def user_of(row: UserRow) -> User:
    """The row as others see it."""
    given = row.roles.split(",")
    return User(
        row.id,
        row.login,
        row.name,
        tuple(role for role in ROLES if role in given),
        row.active,
        row.active and row.password_hash is not None,
        row.version,
        (row.provider_subject or "").partition(" ")[2],
    )


@use_case("user.list")
def list_users(platform: Platform, person: Person) -> list[User]:
    """All users of the clinic by name."""
    with platform.database.reading() as session:
        rows = session.scalars(
            select(UserRow).where(UserRow.clinic_id == person.clinic_id).order_by(UserRow.name, UserRow.id)
        )
        return [user_of(row) for row in rows]


@use_case("user.create")
def create_user(platform: Platform, person: Person, login: str, name: str, roles: Collection[str]) -> Invited:
    """A new user, who sets an own password by a one-time link.

    Raises:
        InvalidEntry: an entry is wrong, or the login is taken.
    """
    with platform.database.writing() as session:
        clinic = session.get_one(ClinicRow, person.clinic_id)
        row = new_user(session, platform, clinic, login, name, _roles(roles), None)
        append(session, platform.now(), person, "user.create", "user", row.id, roles=row.roles)
        return Invited(user_of(row), make_link(session, "password", row.id, platform.now()))


@use_case("user.change")
def change_user(
    platform: Platform, person: Person, user_id: str, roles: Collection[str], active: bool, version: int
) -> User:
    """Set roles, close or open an account. All of its sessions end.

    Raises:
        Conflict: changed in the meantime, or nobody would be left to administer the clinic.
        InvalidEntry: no role, or an unknown one.
    """
    with platform.database.writing() as session:
        row = find_user(session, person, user_id)
        if row.version != version:
            raise stale()
        row.roles, row.active, row.version = _roles(roles), active, row.version + 1
        session.flush()
        _refuse_without_administrator(session, person)
        revoke(session, platform, row.id)
        if not active:
            # A link that was made before must not open it again, nor wait for the day it is opened.
            end_links(session, row.id, platform.now(), *PURPOSES)
        append(session, platform.now(), person, "user.change", "user", row.id, roles=row.roles, active=active)
        return user_of(row)


@use_case("user.change")
def new_password_link(platform: Platform, person: Person, user_id: str) -> Invited:
    """A one-time link for a user who forgot the password. The old one works until the link is used.

    Raises:
        Conflict: the account is closed.
    """
    with platform.database.writing() as session:
        row = find_user(session, person, user_id)
        if not row.active:
            raise Conflict("This account is closed. Open it first.")
        append(session, platform.now(), person, "user.link", "user", row.id)
        return Invited(user_of(row), make_link(session, "password", row.id, platform.now()))


@use_case("account.own")
def change_password(platform: Platform, person: Person, old: str, new: str) -> None:
    """Change the own password; all other sessions end, and links to set it that were not used.

    Raises:
        InvalidEntry: the old one is wrong, or the new one too short or too long.
        TooMany: the old one was wrong too often: who finds a screen open does not find the password out.
    """
    key = attempt_key("own", person.user_id)
    with platform.database.writing() as session:
        refuse_too_many(session, platform, key, MOST_FOR_PAIR)
        note_attempt(session, platform, key)
        kept = find_user(session, person, person.user_id).password_hash
    if not matches(kept, old):
        raise InvalidEntry("old_password", "This is not your password; type it again.")
    password_hash = hashed("password", new)
    with platform.database.writing() as session:
        row = find_user(session, person, person.user_id)
        row.password_hash, row.version = password_hash, row.version + 1
        revoke(session, platform, row.id, keep=person.session_id)
        end_links(session, row.id, platform.now(), "password")
        forget_attempts(session, key)
        append(session, platform.now(), person, "password.change", "user", row.id)


@use_case("account.own")
def choose_locale(platform: Platform, person: Person, locale: str, known: Collection[str]) -> None:
    """Choose the language of all pages; "" for the browser's."""
    with platform.database.writing() as session:
        row = find_user(session, person, person.user_id)
        row.locale = entries.optional_choice("locale", locale, known)
        append(session, platform.now(), person, "account.locale", "user", row.id)


def _roles(roles: Collection[str]) -> str:
    if not roles:
        raise InvalidEntry("roles", "This is empty; fill it in.")
    for role in roles:
        entries.choice("roles", role, ROLES)
    return ",".join(role for role in ROLES if role in roles)


def _refuse_without_administrator(session: Session, person: Person) -> None:
    rows = session.scalars(
        select(UserRow).where(UserRow.clinic_id == person.clinic_id, UserRow.active.is_(True))
    )
    if not any("administrator" in user_of(row).roles for row in rows):
        raise Conflict("The clinic would have no administrator. Make another user one first.")
