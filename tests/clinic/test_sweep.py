"""The sweep: what comes again while it runs is never deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from augderm.clinic import derived, sweep
from augderm.clinic.images import AddedImage, add_image, see_original
from augderm.clinic.platform import Platform
from augderm.store.models import DerivedRow, ErasedBlobRow
from support.clinic import Clock, open_case, phantom_jpeg, somebody
from support.postgres import on_both_databases

pytestmark = on_both_databases

MAP = b"a map that a killed worker had drawn"


@pytest.mark.parametrize("step", ["_unnamed", "finish_erasures"])
def test_a_file_that_is_named_while_the_sweep_runs_is_kept(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    person = somebody(platform, "nurse")
    case = open_case(platform, person)
    photograph = phantom_jpeg(1)
    gone = platform.blobs.put(b"what nobody sends again")
    orphans = [platform.blobs.put(photograph), platform.blobs.put(MAP)]
    clock.at = datetime.now(UTC) + timedelta(days=2)
    real = getattr(sweep, step)
    came: list[AddedImage] = []

    def meanwhile(*args: Any) -> Any:
        before = () if step == "finish_erasures" else (real(*args),)
        if not came:
            came.append(add_image(platform, person, case.visit.id, case.lesion.id, photograph, "again.jpg"))
            with platform.database.writing() as session:
                sweep.claim(platform, session, MAP)
                session.add(
                    DerivedRow(
                        image_id=case.image.id,
                        model_sha256=platform.model_sha256,
                        task=derived.MAPS,
                        content={},
                        pictures={"melanin": orphans[1]},
                        created_at=platform.now(),
                    )
                )
        return before[0] if before else real(*args)

    monkeypatch.setattr(sweep, step, meanwhile)
    assert sweep.sweep(platform) == 1
    assert not platform.blobs.has(gone)
    assert see_original(platform, person, came[0].image.id).data == photograph
    assert platform.blobs.get(orphans[1]) == MAP
    with platform.database.reading() as session:
        assert session.scalars(select(ErasedBlobRow)).all() == []
