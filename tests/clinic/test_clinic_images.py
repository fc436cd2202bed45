"""Intake: whole or not at all, once, and a sign where the same file is another patient's."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from augderm.clinic import images
from augderm.clinic.errors import InvalidEntry, NeedsConfirmation, NotFound
from augderm.clinic.images import add_image, see_original, see_preview
from augderm.clinic.platform import Platform
from augderm.clinic.sweep import sweep
from augderm.domain.errors import AugDermError
from augderm.store.blobs import Blobs
from augderm.store.models import CaseRow, ImageRow, JobRow
from support.clinic import ADA, Clock, open_case, phantom_jpeg, somebody

OTHER = replace(ADA, identifier="4712", given_name="Eva")


class Killed(BaseException):
    """What ends an intake at one step."""


def _counts(platform: Platform) -> tuple[int, int, int]:
    with platform.database.reading() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(t)) or 0 for t in (ImageRow, CaseRow, JobRow)
        )  # type: ignore[return-value]


def _blobless(platform: Platform) -> list[str]:
    with platform.database.reading() as session:
        return [
            row.id
            for row in session.scalars(select(ImageRow))
            if not (platform.blobs.has(row.sha256) and platform.blobs.has(row.preview_sha256))
        ]


STEPS = ("same_file", "prepare", "blob 1", "blob 2", "open_case", "order", "enqueue", "append")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_step_leaves_nothing_half_and_the_next_try_all_of_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    counts = _counts(platform)
    data, calls, broken = phantom_jpeg(1), 0, platform

    def faulty(real: Any, at: int) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == at and when == "before":
                raise Killed
            result = real(*args, **kwargs)
            if calls == at:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patch:
        if step == "prepare":
            broken = replace(platform, prepare=faulty(platform.prepare, 1))
        elif step.startswith("blob"):
            patch.setattr(Blobs, "put", faulty(Blobs.put, int(step[-1])))
        else:
            patch.setattr(images, step, faulty(getattr(images, step), 1))
        with pytest.raises(Killed):
            add_image(broken, person, case.visit.id, case.lesion.id, data, "second.jpg")
    assert _counts(platform) == counts
    assert _blobless(platform) == []
    added = add_image(platform, person, case.visit.id, case.lesion.id, data, "second.jpg")
    assert added.new
    again = add_image(platform, person, case.visit.id, case.lesion.id, data, "second.jpg")
    assert not again.new
    assert again.image.id == added.image.id
    assert _counts(platform) == (counts[0] + 1, counts[1], counts[2] + 1)
    assert see_original(platform, person, added.image.id).data == data


def test_blobs_that_no_row_names_are_swept_and_no_others(platform: Platform, clock: Clock) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    orphan = platform.blobs.put(b"from an intake that was killed")
    clock.at = datetime.now(UTC)
    assert sweep(platform) == 0
    clock.forward(timedelta(days=2))
    assert sweep(platform) == 1
    assert not platform.blobs.has(orphan)
    assert _blobless(platform) == []
    assert see_preview(platform, person, case.image.id).content_type == "image/jpeg"


def test_the_same_photograph_of_another_patient_is_flagged(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    first, second = open_case(platform, person), open_case(platform, person, OTHER, seed=5)
    given = (second.visit.id, second.lesion.id, phantom_jpeg(), "again.jpg")
    counts = _counts(platform)
    with pytest.raises(NeedsConfirmation, match="lesion L1 of Müller, Ada, born on 1961-04-23"):
        add_image(platform, person, *given)
    assert _counts(platform) == counts
    added = add_image(platform, person, *given, confirmed=True)
    assert added.new
    assert [(same.image_id, same.other_patient) for same in added.same_file] == [(first.image.id, True)]


def test_another_clinics_photograph_is_not_told_of(platform: Platform) -> None:
    open_case(platform, somebody(platform, "nurse"))
    person = somebody(platform, "nurse")
    case = open_case(platform, person, OTHER, seed=5)
    assert add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(), "a.jpg").same_file == ()


def test_a_lesion_of_another_patient_is_refused(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    first, second = open_case(platform, person), open_case(platform, person, OTHER, seed=5)
    with pytest.raises(NotFound, match="another patient"):
        add_image(platform, person, first.visit.id, second.lesion.id, phantom_jpeg(), "a.jpg")
    with pytest.raises(InvalidEntry):
        add_image(platform, person, first.visit.id, "", phantom_jpeg(), "a.jpg")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", phantom_jpeg()[:3000]])
def test_what_is_no_image_is_refused_and_nothing_kept(platform: Platform, data: bytes) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    counts = _counts(platform)
    with pytest.raises(AugDermError):
        add_image(platform, person, case.visit.id, case.lesion.id, data, "x.jpg")
    assert _counts(platform) == counts


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("a\u202egpj.exe", "a\\u202egpj.exe"),
        ("x" * 999, "x" * 200),
        (os.fsdecode(b"\xff.jpg"), "\\udcff.jpg"),
    ],
)
def test_a_hostile_file_name_is_only_ever_shown(platform: Platform, given: str, shown: str) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    added = add_image(platform, person, case.visit.id, case.lesion.id, phantom_jpeg(2), given)
    assert added.image.file_name == shown
