"""Who acts at the console: whoever can read the files needs no password, but does act as somebody."""

from __future__ import annotations

from sqlalchemy import select

from augderm.clinic.accounts.sessions import person_from
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.domain.errors import InvalidConfig
from augderm.store.models import ClinicRow, UserRow


def person_at_console(platform: Platform, login: str) -> Person:
    """The user in whose name a command acts; roles are checked, and the log tells, as in the browser.

    Raises:
        InvalidConfig: there is no such user, or the account is closed.
    """
    with platform.database.reading() as session:
        user = session.scalar(select(UserRow).where(UserRow.login == login))
        if user is None or not user.active:
            raise InvalidConfig(f"no open account has the sign-in name {login!r}; give an administrator's")
        return person_from(user, session.get_one(ClinicRow, user.clinic_id))
