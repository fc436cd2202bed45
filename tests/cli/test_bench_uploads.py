"""The bench's count of uploads: what is lost is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augderm.cli.benching.uploads import Sample, _grown, _kept, _moved
from augderm.clinic.images import add_image
from augderm.clinic.platform import Platform
from augderm.store.models import JobRow
from support.clinic import open_case, phantom_jpeg, somebody


def test_a_file_that_is_gone_an_image_without_a_job_and_an_upload_without_an_image_are_counted(
    platform: Platform,
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(1), "b.jpg")
    assert _kept(platform, case.patient.id, 2) == (2, 2, 2, 0)
    assert _kept(platform, case.patient.id, 3) == (2, 2, 2, 1)
    platform.blobs.delete(case.image.sha256)
    with platform.database.writing() as session:
        session.query(JobRow).delete()
    assert _kept(platform, case.patient.id, 2) == (2, 0, 1, 1)


def test_each_photograph_is_another_file() -> None:
    pixels = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)
    assert len({_moved(pixels, number) for number in (0, 1, 2, 100, 10_000)}) == 5


def test_a_process_that_was_started_anew_is_told() -> None:
    first = Sample(0.0, 500, 500, {1: 200.0, 2: 100.0, 3: 40.0})
    assert _grown(first, replace(first, memory_mb={1: 200.0, 2: 110.0, 3: 40.0}), 1) == (
        "100 -> 110 MB (+10.0%); 40 -> 40 MB (+0.0%)"
    )
    assert "STARTED ANEW: 1" in _grown(first, replace(first, memory_mb={1: 200.0, 2: 110.0, 4: 40.0}), 1)
