"""The first start: a clinic and its first administrator, by a link that the server prints once."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import entries
from augderm.clinic.accounts.links import check_link, find_link, make_link
from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.accounts.sessions import new_session, person_from
from augderm.clinic.audit import append
from augderm.clinic.errors import InvalidEntry
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, UserRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StartEntry:
    """What is typed at the first start. `reads`: the administrator also reads and photographs."""

    clinic: str
    timezone: str
    login: str
    name: str
    password: str
    reads: bool


def first_link(platform: Platform) -> str | None:
    """The token of a new first link; None where somebody can sign in already. Earlier ones end."""
    with platform.database.writing() as session:
        if session.scalar(select(UserRow.id).limit(1)) is not None:
            return None
        return make_link(session, "first", None, platform.now())


def check_first_link(platform: Platform, token: str, address: str = "") -> None:
    """Whether the link can be used, without using it.

    Raises:
        NotFound, TooMany: as `links.check_link`.
    """
    check_link(platform, token, "first", address)


def start_clinic(platform: Platform, token: str, entry: StartEntry, address: str = "") -> str:
    """Make the clinic and its first administrator.

    Returns:
        a session's token.

    Raises:
        NotFound, TooMany: as `links.check_link`.
        InvalidEntry: an entry is missing or wrong.
    """
    check_link(platform, token, "first", address)
    password_hash = hashed("password", entry.password)
    with platform.database.writing() as session:
        link = find_link(session, token, "first", platform.now())
        link.used_at = platform.now()
        clinic = new_clinic(session, platform, entry.clinic, entry.timezone)
        roles = "reader,nurse,administrator" if entry.reads else "administrator"
        user = new_user(session, platform, clinic, entry.login, entry.name, roles, password_hash)
        append(session, platform.now(), person_from(user, clinic), "clinic.start", "clinic", clinic.id)
        return new_session(session, platform, user)


def new_clinic(
    session: Session, platform: Platform, name: str, timezone: str, *, demonstration: bool = False
) -> ClinicRow:
    """A clinic.

    Raises:
        InvalidEntry: no name, or an unknown time zone.
    """
    if timezone not in timezones():
        raise InvalidEntry("timezone", "This is none of the choices; choose one of the list.")
    now = platform.now()
    row = ClinicRow(
        name=entries.line("clinic", name),
        timezone=timezone,
        blind_first=True,
        blind_since=now,
        demonstration=demonstration,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def new_user(
    session: Session,
    platform: Platform,
    clinic: ClinicRow,
    login: str,
    name: str,
    roles: str,
    password_hash: str | None,
) -> UserRow:
    """A user.

    Raises:
        InvalidEntry: no name, or the login is taken.
    """
    folded = entries.folded(entries.line("login", login))
    if session.scalar(select(UserRow.id).where(UserRow.login == folded)) is not None:
        raise InvalidEntry("login", "Somebody has this name already; choose another one.")
    row = UserRow(
        clinic_id=clinic.id,
        login=folded,
        name=entries.line("name", name),
        roles=roles,
        password_hash=password_hash,
        active=True,
        created_at=platform.now(),
    )
    session.add(row)
    session.flush()
    return row


def timezones() -> frozenset[str]:
    """Names that can be chosen; UTC is always there."""
    return frozenset({"UTC"} | {name for name in zoneinfo.available_timezones() if len(name) <= 40})
