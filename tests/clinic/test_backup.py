"""Backups: whole, verified, made while others write, and restored only where nothing is."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from augderm.clinic.accounts.links import check_link, make_link
from augderm.clinic.accounts.sessions import new_session, person_of
from augderm.clinic.audit import verify
from augderm.clinic.backup import Files, backup, restore, verify_files
from augderm.clinic.erasure import erase_patient
from augderm.clinic.errors import NotFound, NotSignedIn
from augderm.clinic.images import see_original
from augderm.clinic.platform import Platform
from augderm.domain.errors import InvalidConfig, OutputRefused
from augderm.reader.network import Network
from augderm.store.blobs import BlobDamaged, Blobs
from augderm.store.models import DerivedRow, UserRow
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


def test_a_restore_brings_back_no_session_and_no_link(
    platform: Platform, tmp_path: Path, toy_bundle: Path
) -> None:
    person = somebody(platform, "reader")
    with platform.database.writing() as session:
        session_token = new_session(session, platform, session.get_one(UserRow, person.user_id))
        link = make_link(session, "password", person.user_id, platform.now())
    backup(platform, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "new", platform.now)
    restored = platform_in(tmp_path / "new", toy_bundle)
    with pytest.raises(NotSignedIn):
        person_of(restored, session_token)
    with pytest.raises(NotFound):
        check_link(restored, link, "password", "1.2.3.4")
    assert person_of(platform, session_token).user_id == person.user_id


def test_a_backup_holds_no_file_of_somebody_who_was_erased_while_it_was_made(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    administrator = somebody(platform, "reader", "nurse", "administrator")
    erased = open_case(platform, administrator).patient
    kept = open_case(platform, administrator, replace(ADA, identifier="kept", family_name="Kept"), seed=1)
    real, copied = Blobs.get, []

    def meanwhile(blobs: Blobs, sha256: str) -> bytes:
        data = real(blobs, sha256)
        copied.append(sha256)
        if len(copied) == 2:
            erase_patient(platform, administrator, erased.id, erased.identifier, erased.version)
        return data

    monkeypatch.setattr(Blobs, "get", meanwhile)
    made = backup(platform, tmp_path / "copy")
    there = {path.name for path in (tmp_path / "copy" / "blobs").rglob("*") if path.is_file()}
    assert kept.image.sha256 in there
    assert len(there) == made.blobs == 2


def test_nobody_else_on_the_machine_may_look_into_a_clinic_or_its_backup(
    platform: Platform, tmp_path: Path
) -> None:
    backup(platform, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "new")
    for folder in (platform.settings.data, tmp_path / "copy", tmp_path / "new"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_looked_at(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = open_case(platform, somebody(platform, "reader")).image
    real, asked = Blobs.get, []

    def get(blobs: Blobs, sha256: str) -> bytes:
        asked.append(sha256)
        if sha256 == image.sha256:
            raise OSError(5, "Input/output error")
        return real(blobs, sha256)

    monkeypatch.setattr(Blobs, "get", get)
    assert verify_files(platform) == Files(2, {image.sha256: "cannot be read (Input/output error)"})
    assert len(asked) == 2


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
