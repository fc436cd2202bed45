"""Assigning: two readers never take the same case, and a stale form changes nothing."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from augderm.clinic.accounts.users import change_user
from augderm.clinic.assigning import assign_case, readers_of, take_next
from augderm.clinic.errors import Conflict, InvalidEntry, NotFound
from augderm.clinic.platform import Platform
from augderm.clinic.worklist import MINE, UNASSIGNED, Wanted, see_worklist
from augderm.store.models import AuditRow, CaseRow
from support.clinic import somebody
from support.postgres import on_both_databases
from support.worklist import add_cases

pytestmark = on_both_databases


def test_the_next_is_the_most_urgent_that_nobody_has(platform: Platform) -> None:
    person = somebody(platform, "reader")
    soon, urgent, late = add_cases(
        platform, person, [("soon", 0.5, 0), ("urgent", 0.9, 0), ("reassure", 0.0, 0)]
    )
    taken = [take_next(platform, person) for _ in range(4)]
    assert [case and case.id for case in taken] == [urgent, soon, late, None]
    assert all(case.reader_id == person.user_id for case in taken if case)


def test_readers_who_take_at_the_same_time_never_get_the_same_case(platform: Platform) -> None:
    person = somebody(platform, "reader")
    readers = [somebody(platform, "reader", like=person) for _ in range(4)]
    keys = add_cases(platform, person, [("soon", 0.5, 0)] * 40)
    taken: list[str] = []
    together = threading.Barrier(len(readers))

    def read(number: int) -> None:
        together.wait()
        while (case := take_next(platform, readers[number])) is not None:
            taken.append(case.id)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(readers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(keys)


def test_assigning_is_seen_in_the_filters_and_logged(platform: Platform) -> None:
    person = somebody(platform, "reader")
    other = somebody(platform, "reader", like=person)
    first, second = add_cases(platform, person, [("soon", 0.5, 0), ("soon", 0.4, 0)])
    assigned = assign_case(platform, person, first, other.user_id, 1)
    assert (assigned.reader_id, assigned.reader_name, assigned.version) == (other.user_id, other.name, 2)
    for reader, reads, wanted in (
        (other, MINE, [first]),
        (person, MINE, []),
        (person, UNASSIGNED, [second]),
        (person, other.user_id, [first]),
    ):
        page = see_worklist(platform, reader, Wanted(reader=reads))
        assert [case.id for case in page.cases] == wanted
    assert assign_case(platform, person, first, "", 2).reader_id is None
    with platform.database.reading() as session:
        entries = session.scalars(select(AuditRow).where(AuditRow.action == "worklist.assign")).all()
    assert [entry.details for entry in entries] == [{"reader": other.user_id}, {"reader": None}]


def test_a_stale_form_or_a_signed_case_is_a_conflict(platform: Platform) -> None:
    person = somebody(platform, "reader")
    (case,) = add_cases(platform, person, [("soon", 0.5, 0)])
    assert take_next(platform, person) is not None
    with pytest.raises(Conflict, match="changed by someone else"):
        assign_case(platform, person, case, "", 1)
    with platform.database.writing() as session:
        row = session.get_one(CaseRow, case)
        assert row.assigned_to == person.user_id
        row.state = "signed"
    with pytest.raises(Conflict, match="signed"):
        assign_case(platform, person, case, "", 2)


def test_only_readers_of_the_clinic_with_an_open_account_are_given_cases(platform: Platform) -> None:
    person = somebody(platform, "reader", "administrator")
    nurse = somebody(platform, "nurse", like=person)
    closed = somebody(platform, "reader", like=person)
    change_user(platform, person, closed.user_id, ["reader"], False, 1)
    (case,) = add_cases(platform, person, [("soon", 0.5, 0)])
    assert [reader.id for reader in readers_of(platform, person)] == [person.user_id]
    for user in (nurse, closed):
        with pytest.raises(InvalidEntry, match="does not read cases"):
            assign_case(platform, person, case, user.user_id, 1)
    with pytest.raises(NotFound):
        assign_case(platform, person, case, somebody(platform, "reader").user_id, 1)
