"""The queue: each job is done once, and a kill loses none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from augderm import second_read
from augderm.clinic import queue, worker
from augderm.clinic.assessments import progress, see_assessment
from augderm.clinic.platform import Platform
from augderm.clinic.queue import LEASE, MAX_ATTEMPTS
from augderm.clinic.reads import commit_impression
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, CaseRow, JobRow
from support.clinic import Clock, open_case, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases


def _assessments(platform: Platform) -> int:
    with platform.database.reading() as session:
        return session.scalar(select(func.count()).select_from(AssessmentRow)) or 0


def test_an_image_is_read_once_and_its_case_ordered(platform: Platform, toy_network: Network) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    assert progress(platform, person, case.image.id).state == "queued"
    assert work_once(platform, toy_network, "a")
    maps = queue.take(platform, "b")
    assert maps is not None
    assert maps.task == "maps", "what comes after reading"
    assert not work_once(platform, toy_network, "a")
    done = progress(platform, person, case.image.id)
    assert (done.state, done.quality) == ("done", "good")
    assert _assessments(platform) == 1
    with platform.database.reading() as session:
        row = session.scalars(select(AssessmentRow)).one()
        kept = session.get_one(CaseRow, case.image.case_id)
        assert (kept.band, kept.probability) == (row.band, row.probability)
        assert kept.due_at is not None
        assert row.content["image"] == case.image.id
        assert platform.blobs.has(row.pictures["border"])


def test_a_leased_job_is_nobody_elses_until_the_lease_ends(platform: Platform, clock: Clock) -> None:
    open_case(platform, somebody(platform, "reader"))
    job = queue.take(platform, "a")
    assert job is not None
    assert queue.take(platform, "b") is None
    clock.forward(LEASE * 0.9)
    assert queue.renew(platform, job, "a")
    clock.forward(LEASE * 0.9)
    assert queue.take(platform, "b") is None
    clock.forward(LEASE * 0.2)
    again = queue.take(platform, "b")
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 2)
    assert not queue.renew(platform, job, "a")


@pytest.mark.parametrize("step", ["assess", "border_png", "to_json_object", "order"])
def test_a_worker_killed_at_any_step_stores_nothing_half_and_another_does_it(
    platform: Platform, clock: Clock, toy_network: Network, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_args: object, **_kwargs: object) -> None:
        raise Killed

    open_case(platform, somebody(platform, "reader"))
    with monkeypatch.context() as patch:
        patch.setattr(worker, step, killed)
        with pytest.raises(Killed):
            work_once(platform, toy_network, "a")
    assert _assessments(platform) == 0
    assert not work_once(platform, toy_network, "b")
    clock.forward(LEASE * 1.1)
    assert work_once(platform, toy_network, "b")
    assert _assessments(platform) == 1


def test_a_worker_that_comes_late_stores_nothing_twice(
    platform: Platform, clock: Clock, toy_network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_case(platform, somebody(platform, "reader"))
    real = second_read.assess

    def slow(*args: object, **kwargs: object) -> object:
        clock.forward(LEASE * 1.1)
        monkeypatch.setattr(worker, "assess", real)
        assert work_once(platform, toy_network, "b")
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "assess", slow)
    assert work_once(platform, toy_network, "a")
    assert _assessments(platform) == 1


def test_an_image_that_always_fails_is_given_up_with_the_reason(
    platform: Platform, clock: Clock, toy_network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("out of paint")

    person = somebody(platform, "reader")
    case = open_case(platform, person)
    monkeypatch.setattr(worker, "assess", broken)
    for attempt in range(MAX_ATTEMPTS):
        assert work_once(platform, toy_network, "a"), attempt
        assert not work_once(platform, toy_network, "a"), "it waits before it tries again"
        clock.forward(timedelta(minutes=5))
    assert not work_once(platform, toy_network, "a")
    found = progress(platform, person, case.image.id)
    assert (found.state, found.error) == ("failed", "RuntimeError: out of paint")
    with platform.database.reading() as session:
        assert session.get_one(CaseRow, case.image.case_id).band == "soon", "nothing unseen reassures"


def test_an_image_that_kills_its_workers_is_given_up(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    for _ in range(MAX_ATTEMPTS):
        assert queue.take(platform, "a") is not None
        clock.forward(LEASE * 1.1)
    assert queue.take(platform, "a") is None
    assert progress(platform, person, case.image.id).state == "failed"


def test_jobs_of_an_earlier_model_are_read_by_the_present_one(
    platform: Platform, toy_network: Network
) -> None:
    open_case(platform, somebody(platform, "reader"))
    with platform.database.writing() as session:
        session.scalars(select(JobRow)).one().model_sha256 = "0" * 64
    assert not work_once(platform, toy_network, "a")
    assert queue.adopt(platform) == 1
    assert work_once(platform, toy_network, "a")


def test_a_job_that_a_server_of_another_model_reads_is_adopted_once_its_lease_has_ended(
    platform: Platform, clock: Clock
) -> None:
    other = replace(platform, model_sha256="f" * 64)
    open_case(other, somebody(platform, "reader"))
    assert queue.take(other, "theirs") is not None
    assert queue.adopt(platform) == 0
    clock.forward(LEASE)
    assert queue.adopt(platform) == 1
    assert queue.adopt(platform) == 0
    assert queue.take(platform, "ours") is not None


def test_the_machines_read_is_hidden_until_the_reader_commits(
    platform: Platform, toy_network: Network
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    work_once(platform, toy_network, "a")
    assert see_assessment(platform, person, case.image.id).blind
    assert see_assessment(platform, person, case.image.id).content is None
    assert case.image.case_id is not None
    read = commit_impression(platform, person, case.image.case_id, "nv", "reassure")
    assert read.revealed_at is None
    content = see_assessment(platform, person, case.image.id).content
    assert content is not None
    assert content["schema"] == "augderm.assessment/1"
    colleague = somebody(platform, "reader", like=person)
    assert see_assessment(platform, colleague, case.image.id).blind
