"""Maps and registration by the queue: once, after reading, and right where they are found."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import func, select

from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, draw_skin, photograph
from augderm.clinic import derived, queue
from augderm.clinic.images import add_image
from augderm.clinic.lesions import LesionEntry, create_lesion
from augderm.clinic.patients import create_patient
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.sweep import sweep
from augderm.clinic.visits import create_visit
from augderm.clinic.worker import work_once
from augderm.reader.network import Network
from augderm.store.models import AssessmentRow, DerivedRow, JobRow
from support.clinic import ADA, Clock, open_case, somebody
from support.machine import all_work


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.mark.slow
def test_an_earlier_visits_photograph_is_laid_where_it_was_taken(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    person = somebody(platform, "reader")
    scene = draw_skin(SkinSpec())
    then, now = photograph(scene, VisitSpec(turn_deg=15, shift=(0.02, -0.03))), photograph(scene, VisitSpec())
    patient = create_patient(platform, person, ADA)
    lesion = create_lesion(platform, person, patient.id, LesionEntry())
    keys = []
    for each in (then, now):
        visit = create_visit(platform, person, patient.id)
        keys.append(add_image(platform, person, visit.id, lesion.id, _jpeg(each.pixels), "a.jpg").image)
        clock.forward(timedelta(days=90))
    all_work(platform, toy_network)
    found = open_reading(platform, person, keys[1].case_id or "").photographs[1]
    assert (found.id, found.laid) == (keys[0].id, "laid")
    points = np.array([[300.0, 225.0], [250.0, 200.0], [350.0, 260.0]])
    homogeneous = np.column_stack([points, np.ones(3)]) @ np.array(found.to_base).T
    truth = np.column_stack([points, np.ones(3)]) @ np.linalg.inv(then.from_scene).T @ now.from_scene.T
    laid, meant = (each[:, :2] / each[:, 2:] for each in (homogeneous, truth))
    assert np.abs(laid - meant).max() < 2.0


def test_a_map_is_worked_out_once_however_often_it_is_asked_for(
    platform: Platform, toy_network: Network
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    all_work(platform, toy_network)
    for _ in range(3):
        open_reading(platform, person, key)
    all_work(platform, toy_network)
    with platform.database.reading() as session:
        made = session.scalars(select(DerivedRow)).all()
        assert (
            session.scalar(select(func.count()).select_from(JobRow).where(JobRow.task == derived.MAPS)) == 1
        )
    assert [row.task for row in made] == [derived.MAPS]
    assert set(made[0].pictures) == set(made[0].content["legends"]) == set(derived.MAPS_SHOWN)
    assert all(platform.blobs.has(each) for each in made[0].pictures.values())


def test_sweeping_keeps_what_was_worked_out_and_located(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    open_case(platform, somebody(platform, "reader"))
    all_work(platform, toy_network)
    # Blobs carry the time of the disk, and not that of the test.
    clock.at = datetime.now(UTC) + timedelta(days=3)
    unnamed = platform.blobs.put(b"of nothing")
    assert sweep(platform) == 1
    assert not platform.blobs.has(unnamed)
    with platform.database.reading() as session:
        rows = [*session.scalars(select(DerivedRow)), *session.scalars(select(AssessmentRow))]
    assert len(rows) == 2
    assert all(platform.blobs.has(blob) for row in rows for blob in row.pictures.values())


def test_reading_comes_before_what_is_worked_out_of_it(platform: Platform, toy_network: Network) -> None:
    person = somebody(platform, "reader")
    open_case(platform, person)
    first = queue.take(platform, "a")
    assert first is not None
    with platform.database.writing() as session:
        queue.enqueue(session, first.image_id, platform.model_sha256, "", platform.now(), derived.MAPS)
    open_case(platform, person, entry=replace(ADA, identifier="4712", family_name="Tournesol"), seed=1)
    second, third = queue.take(platform, "b"), queue.take(platform, "c")
    assert second is not None
    assert third is not None
    assert (second.task, third.task) == (queue.READ, derived.MAPS)


def test_a_job_whose_lease_ended_is_stored_by_its_new_holder_alone(
    platform: Platform, toy_network: Network, clock: Clock
) -> None:
    open_case(platform, somebody(platform, "reader"))
    assert work_once(platform, toy_network, "a")
    job = queue.take(platform, "slow")
    assert job is not None
    assert job.task == derived.MAPS
    clock.forward(queue.LEASE * 2)
    assert work_once(platform, toy_network, "b")
    derived.derive(platform, job, "slow")
    with platform.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DerivedRow)) == 1
        assert session.get_one(JobRow, job.id).state == "done"


def test_a_map_that_fails_waits_longer_each_time_is_given_up_and_not_begun_again_by_opening_the_page(
    platform: Platform, toy_network: Network, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = somebody(platform, "reader")
    key = open_case(platform, person).image.case_id or ""
    assert work_once(platform, toy_network, "a")
    tries: list[datetime] = []

    def broken(*_args: object) -> None:
        tries.append(clock())
        raise OSError("the file cannot be reached")

    monkeypatch.setattr(derived, "_maps", broken)
    for _ in range(120):
        while work_once(platform, toy_network, "a"):
            pass
        open_reading(platform, person, key)
        clock.forward(timedelta(seconds=1))
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert waits == [5, 10, 20]
    assert open_reading(platform, person, key).photographs[0].maps == "failed"
