"""A read that lacks the latest answers never stands for one that has them, and no urgent case sinks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from augderm.clinic import worker
from augderm.clinic.anamneses import answer
from augderm.clinic.assessments import progress, see_assessment
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.queue import MAX_ATTEMPTS
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.reports import see_report
from augderm.clinic.signing import Decision, sign
from augderm.clinic.timeline import see_timeline
from augderm.reader.network import Network
from augderm.store.models import CaseRow
from support.clinic import Case, Clock, open_case, somebody
from support.machine import all_work, set_band

ANSWERS: dict[str, Any] = {"lesion": {"bleeding": True}}


@pytest.fixture
def person(platform: Platform) -> Person:
    return somebody(platform, "reader", "nurse")


@pytest.fixture
def case(platform: Platform, person: Person) -> Case:
    return open_case(platform, person)


def _case(platform: Platform, case: Case) -> CaseRow:
    with platform.database.reading() as session:
        return session.scalars(select(CaseRow).where(CaseRow.id == case.image.case_id)).one()


def _given_up(platform: Platform, network: Network, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "_read", broken)
        for _ in range(MAX_ATTEMPTS):
            all_work(platform, network)
            clock.forward(timedelta(minutes=10))


def test_an_older_read_that_is_stored_later_does_not_replace_the_one_with_the_answers(
    platform: Platform, toy_network: Network, person: Person, case: Case, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def first_fails(*_: object) -> None:
        raise RuntimeError("once")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "_read", first_fails)
        assert worker.work_once(platform, toy_network, "one")
    key = case.image.case_id or ""
    answers = answer(platform, person, key, ANSWERS, "", confirmed=True)
    assert worker.work_once(platform, toy_network, "two")
    set_band(platform, case.image.id, answers, "urgent", 0.9)
    clock.forward(timedelta(minutes=1))
    all_work(platform, toy_network)  # the first job again, without the answers
    assert _case(platform, case).band == "urgent"
    commit_impression(platform, person, key, "nv", "urgent")
    shown = open_reading(platform, person, key).photographs[0]
    assert (shown.state, shown.current) == ("done", True)
    assert shown.content is not None
    assert shown.content["anamnesis"]
    assert (see_assessment(platform, person, case.image.id).content or {})["anamnesis"]
    numbers = see_timeline(platform, person, case.lesion.id)[0].images[0].numbers
    assert numbers is not None
    assert numbers.band == "urgent"
    sign(platform, person, key, Decision(diagnosis="nv", management="urgent"), 1, 0)
    machine = see_report(platform, person, key).images[0].machine
    assert machine is not None
    assert machine.band == "urgent"


@pytest.mark.parametrize(("before", "after"), [("urgent", "urgent"), ("reassure", "soon")])
def test_new_answers_hold_a_case_for_unread_and_never_let_it_sink(
    platform: Platform, toy_network: Network, person: Person, case: Case, clock: Clock,
    monkeypatch: pytest.MonkeyPatch, before: str, after: str,
) -> None:  # fmt: skip
    all_work(platform, toy_network)
    set_band(platform, case.image.id, "", before, 0.01)
    due = _case(platform, case).due_at
    key = case.image.case_id or ""
    commit_impression(platform, person, key, "nv", "soon")
    answer(platform, person, key, ANSWERS, "", confirmed=True)
    waits = _case(platform, case)
    assert waits.band == after
    assert waits.due_at is not None
    assert due is not None
    assert waits.due_at <= due
    shown = open_reading(platform, person, key).photographs[0]
    assert (shown.state, shown.current) == ("queued", False)
    assert shown.content is not None
    _given_up(platform, toy_network, clock, monkeypatch)
    assert _case(platform, case).band == after
    shown = open_reading(platform, person, key).photographs[0]
    assert (shown.state, shown.current) == ("failed", False)
    assert "disk is full" in shown.error
    assert progress(platform, person, case.image.id).state == "failed"
