"""Signing in: guessing is slowed, and no stranger can keep a named user out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from augderm.clinic.accounts import login
from augderm.clinic.accounts.login import MOST_FOR_NAME, MOST_FOR_PAIR, MOST_FROM_ADDRESS, WrongLogin, sign_in
from augderm.clinic.accounts.passwords import hashed
from augderm.clinic.accounts.sessions import IDLE, LIFE, person_of
from augderm.clinic.accounts.users import change_user
from augderm.clinic.errors import NotSignedIn, TooMany
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.store.models import AuditRow, LoginAttemptRow
from support.clinic import Clock, somebody

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 is slow on purpose; here only who is asked counts."""
    monkeypatch.setattr(login, "matches", lambda kept, given: kept is not None and given == PASSWORD)
    monkeypatch.setattr(login, "outdated", lambda _hash: False)


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "administrator", password_hash="x")


def _guess(platform: Platform, person: Person, address: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongLogin):
            sign_in(platform, person.login, "wrong", address)


def test_eight_guesses_from_one_address_close_it_for_that_name_alone(
    platform: Platform, person: Person, clock: Clock
) -> None:
    other = somebody(platform, "reader", password_hash="x", like=person)
    _guess(platform, person, "10.0.0.1", MOST_FOR_PAIR)
    with pytest.raises(TooMany):
        sign_in(platform, person.login, PASSWORD, "10.0.0.1")
    assert sign_in(platform, other.login, PASSWORD, "10.0.0.1")
    assert sign_in(platform, person.login, PASSWORD, "10.0.0.2")
    clock.forward(timedelta(minutes=16))
    assert sign_in(platform, person.login, PASSWORD, "10.0.0.1")


def test_a_stranger_with_many_addresses_is_stopped_and_the_owner_is_not(
    platform: Platform, person: Person
) -> None:
    sign_in(platform, person.login, PASSWORD, "192.0.2.7")
    for number in range(MOST_FOR_NAME):
        try:
            _guess(platform, person, f"198.51.100.{number}")
        except TooMany:
            break
    with pytest.raises(TooMany):
        sign_in(platform, person.login, PASSWORD, "203.0.113.9")
    assert sign_in(platform, person.login, PASSWORD, "192.0.2.7"), "known from before"


def test_a_clinic_of_many_that_signs_in_from_one_address_is_not_stopped(
    platform: Platform, person: Person
) -> None:
    """After a power cut all come at once, each with the right password."""
    others = [
        somebody(platform, "reader", password_hash="x", like=person) for _ in range(MOST_FROM_ADDRESS + 1)
    ]
    for other in others:
        assert sign_in(platform, other.login, PASSWORD, "10.0.0.1")
    _guess(platform, person, "10.0.0.1")
    with platform.database.reading() as session:
        counted = session.scalar(select(func.count()).select_from(LoginAttemptRow))
    assert counted == 3, "the one that failed, under its three keys"


def test_guesses_from_a_shared_address_stop_strangers_there_and_not_who_is_known(
    platform: Platform, person: Person
) -> None:
    newcomer = somebody(platform, "reader", password_hash="x", like=person)
    sign_in(platform, person.login, PASSWORD, "10.0.0.1")
    for number in range(MOST_FROM_ADDRESS):
        with pytest.raises(WrongLogin):
            sign_in(platform, f"nobody{number}", "wrong", "10.0.0.1")
    with pytest.raises(TooMany):
        sign_in(platform, newcomer.login, PASSWORD, "10.0.0.1")
    assert sign_in(platform, person.login, PASSWORD, "10.0.0.1")


def test_names_that_nobody_has_are_limited_alike(platform: Platform) -> None:
    for number in range(MOST_FOR_NAME):
        with pytest.raises(WrongLogin):
            sign_in(platform, "nobody", "wrong", f"198.51.100.{number}")
    with pytest.raises(TooMany):
        sign_in(platform, "nobody", "wrong", "203.0.113.9")


def test_a_failed_sign_in_stands_in_the_log_of_the_clinic_that_was_meant(
    platform: Platform, person: Person
) -> None:
    _guess(platform, person, "10.0.0.1")
    with platform.database.reading() as session:
        (entry,) = session.scalars(select(AuditRow).where(AuditRow.action == "sign_in.failed"))
    assert (entry.clinic_id, entry.user_id, entry.subject_id) == (person.clinic_id, None, person.user_id)
    assert "10.0.0.1" not in str(entry.details)


def test_a_session_ends_when_unused_after_a_day_and_when_the_account_is_changed(
    platform: Platform, person: Person, clock: Clock
) -> None:
    unused = sign_in(platform, person.login, PASSWORD, "")
    clock.forward(IDLE + timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        person_of(platform, unused)
    used = sign_in(platform, person.login, PASSWORD, "")
    for _ in range(int(LIFE / (IDLE / 2)) - 1):
        clock.forward(IDLE / 2)
        assert person_of(platform, used).user_id == person.user_id
    clock.forward(IDLE / 2)
    with pytest.raises(NotSignedIn):
        person_of(platform, used)
    changed = sign_in(platform, person.login, PASSWORD, "")
    change_user(platform, person, person.user_id, ["reader", "administrator"], True, 1)
    with pytest.raises(NotSignedIn):
        person_of(platform, changed)


def test_a_closed_account_cannot_sign_in(platform: Platform, person: Person) -> None:
    other = somebody(platform, "reader", password_hash=hashed("password", PASSWORD), like=person)
    change_user(platform, person, other.user_id, ["reader"], False, 1)
    with pytest.raises(WrongLogin):
        sign_in(platform, other.login, PASSWORD, "")
