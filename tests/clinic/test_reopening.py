"""Who signs before the machine is done is told when it then says something graver."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from augderm.clinic import worker
from augderm.clinic.addenda import add_addendum
from augderm.clinic.anamneses import answer
from augderm.clinic.platform import Platform
from augderm.clinic.queue import MAX_ATTEMPTS
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.reports import see_report
from augderm.clinic.signing import Decision, sign
from augderm.clinic.worklist import Wanted, see_worklist
from augderm.domain.advice import Band
from augderm.reader.network import Network
from augderm.store.models import AuditRow
from support.clinic import Clock, open_case, somebody
from support.machine import all_work, read_as


@pytest.mark.parametrize(
    ("signed", "told", "state"),
    [
        ("reassure", "urgent", "unread"),
        ("monitor_3", "soon", "unread"),
        ("urgent", "urgent", "signed"),
        ("soon", "monitor_3", "signed"),
    ],
)
def test_a_case_signed_before_the_machines_read_is_unread_again_exactly_where_that_is_graver(
    platform: Platform, toy_network: Network, clock: Clock, signed: str, told: Band, state: str
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    commit_impression(platform, person, key, "nv", signed)
    sign(platform, person, key, Decision(diagnosis="nv", management=signed), 1, 0)
    clock.forward(timedelta(minutes=1))
    read_as(platform, toy_network, told)
    shown = open_reading(platform, person, key)
    assert (shown.state, shown.graver) == (state, state == "unread")
    with platform.database.reading() as session:
        log = session.scalars(select(AuditRow).where(AuditRow.action == "case.reopened")).all()
        assert [(each.subject_id, each.clinic_id, each.details["band"]) for each in log] == (
            [(key, person.clinic_id, told)] if state == "unread" else []
        )


def test_what_was_known_when_the_last_word_was_written_asks_for_no_second_look(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    key = case.image.case_id or ""
    commit_impression(platform, person, key, "nv", "reassure")
    sign(platform, person, key, Decision(diagnosis="nv", management="reassure"), 1, 0)
    clock.forward(timedelta(minutes=1))
    read_as(platform, toy_network, "soon")
    clock.forward(timedelta(minutes=1))
    add_addendum(platform, person, key, "seen, stays")
    clock.forward(timedelta(minutes=1))
    first = answer(platform, person, key, {"lesion": {"bleeding": False}}, "")
    read_as(platform, toy_network, "soon")
    assert open_reading(platform, person, key).state == "signed"
    clock.forward(timedelta(minutes=1))
    answer(platform, person, key, {"lesion": {"bleeding": True}}, first)
    read_as(platform, toy_network, "urgent")
    assert open_reading(platform, person, key).state == "unread"


def test_answers_that_the_machine_could_not_read_with_reopen_a_signed_case_and_no_letter_passes_them_over(
    platform: Platform, toy_network: Network, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    read_as(platform, toy_network, "reassure")
    commit_impression(platform, person, key, "nv", "reassure")
    sign(platform, person, key, Decision(diagnosis="nv", management="reassure"), 1, 0)
    assert see_report(platform, person, key, "en", "patient").doubt is None
    clock.forward(timedelta(minutes=1))
    answer(platform, person, key, {"lesion": {"bleeding": True}}, "")
    assert see_report(platform, person, key).doubt == "answers"

    def broken(*_: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(worker, "_read", broken)
    for _ in range(MAX_ATTEMPTS):
        assert open_reading(platform, person, key).state == "signed"
        all_work(platform, toy_network)
        clock.forward(timedelta(minutes=5))
    assert open_reading(platform, person, key).state == "unread"
    (line,) = see_worklist(platform, somebody(platform, "nurse", like=person), Wanted()).cases
    assert line.again is not None
    assert line.again.answers
    with platform.database.reading() as session:
        log = session.scalars(select(AuditRow).where(AuditRow.action == "case.reopened")).one()
    assert log.details["failed"] == "RuntimeError: no memory"


def test_a_read_that_failed_with_answers_known_when_it_was_signed_reopens_nothing(
    platform: Platform, toy_network: Network, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    answer(platform, person, key, {"lesion": {"bleeding": True}}, "")
    clock.forward(timedelta(minutes=1))
    commit_impression(platform, person, key, "nv", "reassure")
    sign(platform, person, key, Decision(diagnosis="nv", management="reassure"), 1, 0)

    def broken(*_: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(worker, "_read", broken)
    for _ in range(2 * MAX_ATTEMPTS):
        all_work(platform, toy_network)
        clock.forward(timedelta(minutes=5))
    assert open_reading(platform, person, key).state == "signed"
    assert see_report(platform, person, key).doubt is None
