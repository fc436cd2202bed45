"""Backups: whole, verified, made while others write, and restored only where nothing is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from augderm.clinic.audit import verify
from augderm.clinic.backup import backup, restore
from augderm.clinic.images import see_original
from augderm.clinic.platform import Platform
from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.reader.network import Network
from augderm.store.blobs import BlobDamaged
from augderm.store.models import DerivedRow
from support.clinic import ADA, open_case, phantom_jpeg, platform_in, somebody
from support.machine import all_work

pytestmark = pytest.mark.databases("sqlite")


def test_a_backup_made_in_the_middle_of_a_write_is_restored_whole(
    platform: Platform, tmp_path: Path, toy_bundle: Path
) -> None:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    with platform.database.writing() as session:
        # A writer that has not committed: what it does is in no backup.
        session.connection().exec_driver_sql("UPDATE patients SET family_name = 'Half'")
        made = backup(platform, tmp_path / "copy")
    open_case(platform, person, replace(ADA, identifier="later", family_name="Later"), seed=1)
    assert made.blobs == 2
    assert restore(tmp_path / "copy", tmp_path / "new") == made
    restored = platform_in(tmp_path / "new", toy_bundle)
    assert see_original(restored, person, case.image.id).data == phantom_jpeg()
    head = verify(restored)
    assert (head.broken_at, head.entries) == (None, made.log_entries + 1)
    with sqlite3.connect(tmp_path / "new" / "augderm.db") as plain:
        assert plain.execute("SELECT family_name FROM patients").fetchall() == [("Müller",)]
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [
        "augderm.db",
        "backup.json",
        "blobs",
    ]


def test_every_file_of_the_clinic_comes_back_parameter_maps_too(
    platform: Platform, tmp_path: Path, toy_network: Network
) -> None:
    open_case(platform, somebody(platform, "reader"))
    all_work(platform, toy_network)
    made = backup(platform, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "new")
    there = {path.name for path in Path(platform.settings.blobs).rglob("*") if path.is_file()}
    restored = {path.name for path in (tmp_path / "new" / "blobs").rglob("*") if path.is_file()}
    with platform.database.reading() as session:
        maps = {sha256 for row in session.scalars(select(DerivedRow)) for sha256 in row.pictures.values()}
    assert maps
    assert maps < there
    assert restored == there
    assert made.blobs == len(there)


def test_nothing_is_overwritten(platform: Platform, tmp_path: Path) -> None:
    backup(platform, tmp_path / "copy")
    with pytest.raises(OutputRefused, match="there already"):
        backup(platform, tmp_path / "copy")
    with pytest.raises(OutputRefused, match="there already"):
        restore(tmp_path / "copy", platform.settings.data)


def test_a_damaged_blob_is_told_and_leaves_no_backup(platform: Platform, tmp_path: Path) -> None:
    case = open_case(platform, somebody(platform, "reader"))
    sha256 = case.image.sha256
    file = Path(platform.settings.blobs) / sha256[:2] / sha256[2:4] / sha256
    file.write_bytes(b"changed")
    with pytest.raises(BlobDamaged, match=sha256):
        backup(platform, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "copy.partial").exists()


@pytest.mark.parametrize("change", ["no manifest", "another log", "damaged database", "blob", "blob gone"])
def test_a_changed_backup_is_not_restored(platform: Platform, tmp_path: Path, change: str) -> None:
    open_case(platform, somebody(platform, "reader"))
    copy = tmp_path / "copy"
    backup(platform, copy)
    blob = next(path for path in (copy / "blobs").rglob("*") if path.is_file())
    match change:
        case "no manifest":
            (copy / "backup.json").unlink()
        case "another log":
            told = json.loads((copy / "backup.json").read_text())
            (copy / "backup.json").write_text(json.dumps(told | {"log_hash": "0" * 64}))
        case "damaged database":
            data = bytearray((copy / "augderm.db").read_bytes())
            data[4096 : 4096 * 4] = b"\xff" * (4096 * 3)
            (copy / "augderm.db").write_bytes(data)
        case "blob":
            blob.write_bytes(b"changed")
        case _:
            blob.unlink()
    with pytest.raises((InvalidConfig, BlobDamaged)):
        restore(copy, tmp_path / "new")
    assert not (tmp_path / "new").exists()
