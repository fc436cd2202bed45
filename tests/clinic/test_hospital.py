"""A hospital's clinic, on PostgreSQL and S3: upload to report, sweep, erasure, backup and restore."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from augderm.clinic.audit import verify
from augderm.clinic.backup import Files, backup, restore, verify_files
from augderm.clinic.erasure import erase_patient
from augderm.clinic.images import see_original
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.reports import report_pictures, see_report
from augderm.clinic.sweep import sweep
from augderm.clinic.uploads import append_chunk, begin_upload, finish_upload
from augderm.domain.errors import InvalidConfig
from augderm.reader.network import Network
from augderm.store.blobs import BlobDamaged
from augderm.store.database import Database
from support.clinic import Clock, open_case, phantom_jpeg, platform_in, somebody
from support.command import augderm
from support.machine import all_work
from support.postgres import PostgresServer, program
from support.s3 import S3Server
from support.signing import sign

PIECE = 9000
on_postgresql = pytest.mark.databases("postgresql")
on_sqlite = pytest.mark.databases("sqlite")


@pytest.fixture
def platform(
    tmp_path: Path, toy_bundle: Path, clock: Clock, database_url: str, s3: S3Server
) -> Iterator[Platform]:
    """A clinic whose images are in a bucket."""
    made = platform_in(tmp_path / "clinic", toy_bundle, clock, database_url=database_url, blobs_url=s3.make())
    yield made
    made.database.close()


def _objects(platform: Platform) -> set[str]:
    return set(platform.blobs.older_than(datetime.now(UTC) + timedelta(days=1)))


@on_postgresql
def test_an_upload_in_pieces_is_read_and_stands_in_the_report(
    platform: Platform, toy_network: Network
) -> None:
    ada = somebody(platform, "reader", "nurse")
    case = open_case(platform, ada)
    data = phantom_jpeg(1)
    key = (case.visit.id, case.lesion.id, hashlib.sha256(data).hexdigest())
    begin_upload(platform, ada, *key, len(data), "second.jpg")
    for at in range(0, len(data), PIECE):
        append_chunk(platform, ada, *key, at, data[at : at + PIECE])
    added = finish_upload(platform, ada, *key)
    all_work(platform, toy_network)
    sign(platform, ada, str(case.image.case_id))
    report = see_report(platform, ada, str(case.image.case_id))
    assert [each.machine is not None for each in report.images] == [True, True]
    assert set(report_pictures(platform, ada, str(case.image.case_id))) == {case.image.id, added.image.id}
    assert see_original(platform, ada, added.image.id).data == data
    assert not (platform.settings.data / "blobs").exists(), "nothing beside the bucket"
    assert verify_files(platform) == Files(len(_objects(platform)), {})
    assert verify(platform).broken_at is None


@on_postgresql
def test_what_nothing_names_is_swept_and_what_is_erased_goes(
    platform: Platform, clock: Clock, toy_network: Network
) -> None:
    ada = somebody(platform, "reader", "nurse", "administrator")
    case = open_case(platform, ada)
    all_work(platform, toy_network)
    named = _objects(platform)
    orphan = platform.blobs.put(b"what a kill left")
    assert sweep(platform) == 0, "it is young: an intake may be under way"
    clock.at = datetime.now(UTC) + timedelta(days=2)
    assert sweep(platform) == 1
    assert _objects(platform) == named - {orphan}
    erased = erase_patient(platform, ada, case.patient.id, case.patient.identifier, case.patient.version)
    assert erased.files == len(named)
    assert _objects(platform) == set()


@on_postgresql
def test_a_file_that_is_lost_or_changed_is_named(platform: Platform, s3: S3Server) -> None:
    ada = somebody(platform, "reader")
    image = open_case(platform, ada).image
    sha256 = image.sha256
    place = f"{platform.settings.blobs}/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    where = ("--data", platform.settings.data, "--database", platform.settings.database,
             "--blobs", platform.settings.blobs)  # fmt: skip
    whole = augderm("clinic", "verify-files", *where)
    assert (whole.returncode, whole.stdout.strip()) == (0, "All 2 files are whole")
    s3.files.pipe_file(place, b"another")
    assert verify_files(platform).damaged == {
        sha256: f"the blob {sha256} has changed; restore it from a backup"
    }
    s3.files.rm_file(place)
    with pytest.raises(BlobDamaged, match="restore it from a backup"):
        see_original(platform, ada, image.id)
    lost = augderm("clinic", "verify-files", *where)
    assert lost.returncode == 2
    assert sha256 in lost.stderr


@on_postgresql
def test_postgresql_is_backed_up_by_its_own_tools_and_comes_back_whole(
    platform: Platform, tmp_path: Path, postgres: PostgresServer, s3: S3Server, toy_network: Network
) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    all_work(platform, toy_network)
    with pytest.raises(InvalidConfig, match="pg_dump"):
        backup(platform, tmp_path / "copy")
    dump, new, bucket = tmp_path / "clinic.dump", postgres.make(), s3.make()
    _tool("pg_dump", "--format=custom", f"--file={dump}", "--dbname", _libpq(platform.settings.database))
    s3.files.copy(platform.settings.blobs, bucket, recursive=True)
    _tool("pg_restore", "--exit-on-error", "--dbname", _libpq(new), dump)
    restored = open_platform(
        replace(platform.settings, data=tmp_path / "new", database_url=new, blobs_url=bucket), platform.now
    )
    assert verify(restored) == verify(platform)
    assert verify_files(restored) == verify_files(platform)
    assert see_original(restored, ada, case.image.id).data == phantom_jpeg()
    assert verify(restored).broken_at is None, "it writes on, after the last entry"
    restored.database.close()
    postgres.drop(new)


@on_sqlite
def test_a_clinic_on_sqlite_with_a_bucket_is_backed_up_and_restored(
    platform: Platform, tmp_path: Path, toy_bundle: Path, toy_network: Network
) -> None:
    ada = somebody(platform, "reader")
    case = open_case(platform, ada)
    all_work(platform, toy_network)
    made = backup(platform, tmp_path / "copy")
    assert made.blobs == len(_objects(platform))
    assert restore(tmp_path / "copy", tmp_path / "new") == made
    restored = platform_in(tmp_path / "new", toy_bundle)
    assert see_original(restored, ada, case.image.id).data == phantom_jpeg()
    restored.database.close()


def _libpq(url: str) -> str:
    return Database(url).url.set(drivername="postgresql").render_as_string(hide_password=False)


def _tool(name: str, *arguments: str | os.PathLike[str]) -> None:
    """Of the newest PostgreSQL that is installed, as the tests' server is."""
    subprocess.run([program(name), *arguments], check=True, capture_output=True)
