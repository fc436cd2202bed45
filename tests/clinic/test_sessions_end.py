"""When rights change, what was signed in with the old ones ends; and what a stranger may try is limited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from augderm.clinic.accounts import login, passwords
from augderm.clinic.accounts.attempts import WINDOW
from augderm.clinic.accounts.links import MOST_FROM_ADDRESS, make_link
from augderm.clinic.accounts.login import MOST_FOR_PAIR, set_password_by_link, sign_in_by_link
from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.accounts.sessions import new_session, person_of
from augderm.clinic.accounts.start import StartEntry, start_clinic
from augderm.clinic.accounts.users import change_password, change_user, new_password_link
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound, NotSignedIn, TooMany
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from support.clinic import Clock, somebody

OLD, NEW = "a quiet river bend", "a loud mountain top"
ENTRY = StartEntry(clinic="C", timezone="UTC", login="a", name="A", password=NEW, reads=True)


@pytest.fixture
def administrator(platform: Platform) -> Person:
    return somebody(platform, "administrator")


@pytest.fixture
def reader(platform: Platform, administrator: Person) -> Person:
    return somebody(platform, "reader", like=administrator, password_hash=hashed("password", OLD))


def _session(platform: Platform, person: Person) -> str:
    with platform.database.writing() as session:
        return new_session(session, platform, session.get_one(UserRow, person.user_id))


@pytest.mark.parametrize(("roles", "active"), [(("nurse",), True), (("reader",), False)])
def test_a_change_of_roles_or_a_closed_account_ends_all_its_sessions_at_once(
    platform: Platform, administrator: Person, reader: Person, roles: tuple[str, ...], active: bool
) -> None:
    tokens = [_session(platform, reader) for _ in range(2)]
    change_user(platform, administrator, reader.user_id, roles, active, 1)
    for token in tokens:
        with pytest.raises(NotSignedIn):
            person_of(platform, token)
    if not active:
        # Opened again, the old sessions stay ended.
        change_user(platform, administrator, reader.user_id, roles, True, 2)
        with pytest.raises(NotSignedIn):
            person_of(platform, tokens[0])


def test_the_own_new_password_ends_the_other_sessions_and_links_to_set_it(
    platform: Platform, administrator: Person, reader: Person
) -> None:
    here, there = _session(platform, reader), _session(platform, reader)
    link = new_password_link(platform, administrator, reader.user_id)
    change_password(platform, person_of(platform, here), OLD, NEW)
    assert person_of(platform, here).user_id == reader.user_id
    with pytest.raises(NotSignedIn):
        person_of(platform, there)
    with pytest.raises(NotFound):
        set_password_by_link(platform, link.token, OLD)


def test_a_link_that_was_made_before_does_not_open_a_closed_account(
    platform: Platform, administrator: Person, reader: Person
) -> None:
    link = new_password_link(platform, administrator, reader.user_id)
    with platform.database.writing() as session:
        enter = make_link(session, "sign_in", reader.user_id, platform.now())
    change_user(platform, administrator, reader.user_id, ["reader"], False, 1)
    with pytest.raises(NotFound):
        set_password_by_link(platform, link.token, NEW)
    with pytest.raises(NotFound):
        sign_in_by_link(platform, enter)
    with pytest.raises(Conflict, match="closed"):
        new_password_link(platform, administrator, reader.user_id)
    change_user(platform, administrator, reader.user_id, ["reader"], True, 2)
    with pytest.raises(NotFound):
        set_password_by_link(platform, link.token, NEW)


def test_the_own_password_cannot_be_tried_out_at_a_screen_that_was_left_open(
    platform: Platform, reader: Person, clock: Clock
) -> None:
    for _ in range(MOST_FOR_PAIR):
        with pytest.raises(InvalidEntry):
            change_password(platform, reader, "guess", NEW)
    with pytest.raises(TooMany):
        change_password(platform, reader, OLD, NEW)
    clock.forward(WINDOW)
    change_password(platform, reader, OLD, NEW)


@pytest.mark.parametrize(
    "use",
    [
        lambda platform, token, address: set_password_by_link(platform, token, NEW, address),
        sign_in_by_link,
        lambda platform, token, address: start_clinic(platform, token, ENTRY, address),
    ],
    ids=["password", "sign in", "start"],
)
def test_links_that_cannot_be_used_are_limited_by_address_and_cost_no_hash(
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    clock: Clock,
    administrator: Person,
    reader: Person,
    use: Callable[[Platform, str, str], str],
) -> None:
    link = new_password_link(platform, administrator, reader.user_id)

    def never(*_: object) -> str:
        raise AssertionError("a stranger had a password hashed")

    with monkeypatch.context() as patched:
        for module in (login, passwords):
            patched.setattr(module, "hashed", never)
        for _ in range(MOST_FROM_ADDRESS):
            with pytest.raises(NotFound):
                use(platform, "guess", "192.0.2.1")
        with pytest.raises(TooMany):
            use(platform, "guess", "192.0.2.1")
        with pytest.raises(NotFound):
            use(platform, "guess", "192.0.2.2")
    with pytest.raises(TooMany):
        set_password_by_link(platform, link.token, NEW, "192.0.2.1")
    clock.forward(WINDOW)
    assert set_password_by_link(platform, link.token, NEW, "192.0.2.1")
