"""The sweep: what comes again while it runs is never deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from augderm.clinic import derived, sweep
from augderm.clinic.backup import backup, restore, verify_files
from augderm.clinic.images import AddedImage, add_image, see_original
from augderm.clinic.platform import Platform
from augderm.store.models import DerivedRow, ErasedBlobRow
from support.clinic import ADA, Clock, open_case, phantom_jpeg, platform_in, somebody
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
        if not came and (step == "_unnamed" or _given_up(platform)):
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
    assert _given_up(platform) == []


@pytest.fixture
def bucket(tmp_path: Path) -> str:
    """The place of a server's images."""
    return str(tmp_path / "bucket")


@pytest.fixture
def server(tmp_path: Path, toy_bundle: Path, clock: Clock, bucket: str) -> Platform:
    """A clinic with four photographs that has swept once since."""
    clock.at = datetime.now(UTC)
    made = platform_in(tmp_path / "server", toy_bundle, clock, blobs_url=bucket)
    person = somebody(made, "nurse")
    open_case(made, person)
    backup(made, tmp_path / "monday")
    for number in range(1, 4):
        open_case(made, person, replace(ADA, identifier=str(number), family_name=f"X{number}"), seed=number)
    clock.forward(timedelta(days=2))
    assert sweep.sweep(made) == 0
    return made


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("other", ["older", "empty", "another"])
def test_another_database_sweeps_no_image_of_this_one_and_says_why(
    server: Platform,
    tmp_path: Path,
    toy_bundle: Path,
    clock: Clock,
    bucket: str,
    caplog: pytest.LogCaptureFixture,
    other: str,
) -> None:
    if other == "older":
        restore(tmp_path / "monday", tmp_path / "other")
    wrong = platform_in(tmp_path / "other", toy_bundle, clock, blobs_url=bucket)
    if other == "another":
        open_case(wrong, somebody(wrong, "nurse"), seed=9)
        clock.forward(timedelta(days=2))
    assert sweep.sweep(wrong) is None
    assert "--database and --blobs belong together" in caplog.text
    assert verify_files(server).damaged == {}


@pytest.mark.databases("sqlite")
def test_of_two_databases_that_met_none_sweeps_before_somebody_says_which_one_may(
    server: Platform, tmp_path: Path, toy_bundle: Path, clock: Clock, bucket: str
) -> None:
    restore(tmp_path / "monday", tmp_path / "other")
    wrong = platform_in(tmp_path / "other", toy_bundle, clock, blobs_url=bucket)
    orphan = server.blobs.put(b"what a kill left")
    clock.forward(timedelta(days=2))
    assert sweep.sweep(wrong) is None
    assert sweep.sweep(server) is None
    assert server.blobs.has(orphan)
    assert sweep.sweep(server, confirmed=True) == 1
    assert sweep.sweep(wrong) is None
    assert verify_files(server).damaged == {}


@pytest.mark.databases("sqlite")
def test_a_restored_clinic_sweeps_its_own_images(
    server: Platform, tmp_path: Path, toy_bundle: Path, clock: Clock
) -> None:
    restore(tmp_path / "monday", tmp_path / "own")
    own = platform_in(tmp_path / "own", toy_bundle, clock)
    own.blobs.put(b"what a kill left")
    clock.forward(timedelta(days=2))
    assert sweep.sweep(own) == 1
    assert verify_files(own).damaged == {}


@pytest.mark.databases("sqlite")
def test_more_than_kills_leave_is_kept_until_somebody_confirms(
    server: Platform, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    orphans = [server.blobs.put(bytes([number])) for number in range(sweep.FEW + 1)]
    clock.forward(timedelta(days=2))
    assert sweep.sweep(server) is None
    assert "11 of 19 files" in caplog.text
    assert "augderm clinic sweep --yes" in caplog.text
    assert all(map(server.blobs.has, orphans))
    assert sweep.sweep(server, confirmed=True) == len(orphans)
    assert verify_files(server).damaged == {}


def test_erased_files_are_deleted_a_few_a_transaction_and_other_writers_come_between(
    platform: Platform, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased = [platform.blobs.put(bytes([number])) for number in range(2 * sweep.AT_ONCE + 1)]
    with platform.database.writing() as session:
        session.add_all([ErasedBlobRow(sha256=sha256, erased_at=clock()) for sha256 in erased])
    real, left = sweep._unnamed, []

    def counted(session: Session, blobs: Sequence[str]) -> list[str]:
        left.append(len(_given_up(platform)))
        return real(session, blobs)

    monkeypatch.setattr(sweep, "_unnamed", counted)
    assert sweep.finish_erasures(platform) == len(erased)
    assert left == [2 * sweep.AT_ONCE + 1, sweep.AT_ONCE + 1, 1]
    assert not any(map(platform.blobs.has, erased))


def _given_up(platform: Platform) -> Sequence[str]:
    with platform.database.reading() as session:
        return session.scalars(select(ErasedBlobRow.sha256)).all()
