"""A password that is set by a link: whoever was signed in before it is out."""

from __future__ import annotations

import pytest

from augderm.clinic.accounts.login import set_password_by_link
from augderm.clinic.accounts.sessions import new_session, person_of
from augderm.clinic.accounts.users import new_password_link
from augderm.clinic.errors import NotSignedIn
from augderm.clinic.platform import Platform
from augderm.store.models import UserRow
from support.clinic import somebody


def test_a_password_set_by_a_link_ends_all_other_sessions_of_its_user_alone(platform: Platform) -> None:
    administrator = somebody(platform, "administrator")
    person = somebody(platform, "reader", like=administrator)
    other = somebody(platform, "reader", like=administrator)
    with platform.database.writing() as session:
        old, theirs = (
            new_session(session, platform, session.get_one(UserRow, each.user_id)) for each in (person, other)
        )
    link = new_password_link(platform, administrator, person.user_id)
    fresh = set_password_by_link(platform, link.token, "a quiet river bend")
    with pytest.raises(NotSignedIn):
        person_of(platform, old)
    assert person_of(platform, fresh).user_id == person.user_id
    assert person_of(platform, theirs).user_id == other.user_id
