"""Whose account a subject at the sign-in provider is: linked by who holds a one-time link, and no other way.

An administrator invites an account of the own clinic; whoever opens the link signs in at the provider, reads
which account and which sign-in would belong together, and confirms it. So no administrator can claim a
subject by typing it, and nobody gets into a clinic that did not invite. Nothing goes by name or e-mail
address, which providers let people choose. A subject may have one account in each of several clinics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic.accounts.attempts import address_hash
from augderm.clinic.accounts.links import Purpose, check_link, end_links, find_link, make_link
from augderm.clinic.accounts.login import WrongLogin, open_user, signed_in
from augderm.clinic.accounts.sessions import revoke
from augderm.clinic.accounts.users import Invited, User, user_of
from augderm.clinic.audit import append
from augderm.clinic.errors import Conflict, InvalidEntry, stale
from augderm.clinic.finding import find_user
from augderm.clinic.permissions import use_case
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import ClinicRow, UserRow

CHOICE_LIFE = timedelta(minutes=10)
"""In which somebody with accounts in several clinics chooses one, or confirms a link."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a clinic, and the token that leads to linking it, links it, or signs in to it. Works
    once.
    """

    token: str
    clinic: str
    name: str


@use_case("user.change")
def invite_to_provider(platform: Platform, person: Person, user_id: str) -> Invited:
    """A one-time link by which a user links the account to a sign-in at the provider. An earlier one stays
    linked until the new link is used.

    Raises:
        InvalidEntry: there is no provider.
        Conflict: the account is closed.
    """
    with platform.database.writing() as session:
        row = find_user(session, person, user_id)
        if platform.settings.oidc is None:
            raise InvalidEntry("provider_subject", "This server has no sign-in provider; set it up first.")
        if not row.active:
            raise Conflict("This account is closed. Open it first.")
        end_links(session, row.id, platform.now(), "confirm")
        append(session, platform.now(), person, "user.invite", "user", row.id)
        return Invited(user_of(row), make_link(session, "provider", row.id, platform.now()))


@use_case("user.change")
def unlink_provider(platform: Platform, person: Person, user_id: str, version: int) -> User:
    """Take the sign-in at the provider away; sessions of this user end, and links that were not used.

    Raises:
        Conflict: changed in the meantime.
    """
    with platform.database.writing() as session:
        row = find_user(session, person, user_id)
        if row.version != version:
            raise stale()
        row.provider_subject, row.version = None, row.version + 1
        end_links(session, row.id, platform.now(), "provider", "confirm", "choice")
        revoke(session, platform, row.id)
        append(session, platform.now(), person, "user.unlink", "user", row.id)
        return user_of(row)


def see_invitation(platform: Platform, token: str, address: str = "") -> Account:
    """Whose account a link is for, without using it.

    Raises:
        NotFound, TooMany: as `links.check_link`.
    """
    check_link(platform, token, "provider", address)
    with platform.database.reading() as session:
        return _account(session, _user_of_link(session, platform, token, "provider"), token)


def propose_link(platform: Platform, token: str, issuer: str, subject: str, browser: str) -> Account:
    """What a one-time link would link to who has just signed in at the provider, to be confirmed. Nothing is
    linked yet: on a shared computer the provider may have taken a colleague's sign-in.

    Args:
        browser: the secret of the browser's cookie, which alone may confirm it, and this subject alone.

    Returns:
        the account, with the token for `link_provider`.

    Raises:
        NotFound: the link cannot be used.
        Conflict: another account of the same clinic is linked to it.
    """
    with platform.database.writing() as session:
        user = _user_of_link(session, platform, token, "provider")
        kept = _kept(issuer, subject)
        _refuse_taken(session, user, kept)
        bound_to = (browser, kept)
        return _account(
            session, user, make_link(session, "confirm", user.id, platform.now(), CHOICE_LIFE, bound_to)
        )


def link_provider(
    platform: Platform, token: str, issuer: str, subject: str, browser: str, address: str
) -> str:
    """Link an account as proposed, and open a session; all others of the account end, and what the earlier
    subject could still choose.

    Args:
        token: of `propose_link`, and `subject` and `browser` as they were given there.

    Returns:
        the session's token.

    Raises:
        NotFound: this was not proposed to this browser, or too long ago.
        Conflict: another account of the same clinic is linked to it.
    """
    with platform.database.writing() as session:
        kept = _kept(issuer, subject)
        user = _user_of_link(session, platform, token, "confirm", (browser, kept))
        _refuse_taken(session, user, kept)
        user.provider_subject, user.version = kept, user.version + 1
        end_links(session, user.id, platform.now(), "provider", "confirm", "choice")
        revoke(session, platform, user.id)
        return signed_in(session, platform, user, "provider.link", address_hash(address))


def sign_in_by_provider(
    platform: Platform, issuer: str, subject: str, browser: str, address: str
) -> str | tuple[Account, ...]:
    """Open a session for the one account that is linked to this subject.

    Args:
        browser: the secret of the browser's cookie, which alone may choose.

    Returns:
        the session's token; or the accounts to choose from, where several clinics have linked one.

    Raises:
        WrongLogin: no open account is linked to it.
    """
    now = platform.now()
    with platform.database.writing() as session:
        linked = session.scalars(
            select(UserRow)
            .join(ClinicRow, ClinicRow.id == UserRow.clinic_id)
            .where(UserRow.provider_subject == _kept(issuer, subject))
            .order_by(ClinicRow.name, UserRow.id)
        ).all()
        users = [user for user in linked if user.active]
        if len(users) == 1:
            return signed_in(session, platform, users[0], "sign_in.provider", address_hash(address))
        if users:
            return tuple(
                _account(session, user, make_link(session, "choice", user.id, now, CHOICE_LIFE, (browser,)))
                for user in users
            )
        if not linked:
            append(session, now, None, "sign_in.failed", "user", "")
        for user in linked:
            append(session, now, None, "sign_in.failed", "user", user.id, log_of=user.clinic_id)
    raise WrongLogin(
        "You are signed in there, but no open account here is linked to it. "
        "Ask an administrator of your clinic for a link."
    )


def choose_account(platform: Platform, token: str, browser: str, address: str) -> str:
    """Open a session for one of the accounts of `sign_in_by_provider`; the others' tokens end.

    Returns:
        the session's token.

    Raises:
        NotFound: the token cannot be used any more, or not by this browser.
    """
    with platform.database.writing() as session:
        user = _user_of_link(session, platform, token, "choice", (browser,))
        same = select(UserRow.id).where(UserRow.provider_subject == user.provider_subject)
        for user_id in session.scalars(same).all():
            end_links(session, user_id, platform.now(), "choice")
        return signed_in(session, platform, user, "sign_in.provider", address_hash(address))


def _user_of_link(
    session: Session, platform: Platform, token: str, purpose: Purpose, bound_to: tuple[str, ...] = ()
) -> UserRow:
    return open_user(session, find_link(session, token, purpose, platform.now(), bound_to))


def _refuse_taken(session: Session, user: UserRow, kept: str) -> None:
    taken = select(UserRow.id).where(
        UserRow.provider_subject == kept, UserRow.clinic_id == user.clinic_id, UserRow.id != user.id
    )
    if session.scalar(taken) is not None:
        raise Conflict(
            "Another account of this clinic is linked to your sign-in. Ask an administrator there "
            "to take it away first."
        )


def _account(session: Session, user: UserRow, token: str) -> Account:
    return Account(token, session.get_one(ClinicRow, user.clinic_id).name, user.name)


def _kept(issuer: str, subject: str) -> str:
    return f"{issuer} {subject}"
