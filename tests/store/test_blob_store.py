"""Blobs: whole or not there, named by what they hold."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from augderm.store.blobs import BlobDamaged, Blobs

DATA = b"an image"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return Blobs(str(tmp_path / "blobs") if request.param == "folder" else f"memory://{tmp_path}")


def test_what_was_put_comes_back_under_its_hash(blobs: Blobs) -> None:
    assert blobs.put(DATA) == NAME
    assert blobs.put(DATA) == NAME
    assert blobs.get(NAME) == DATA
    assert blobs.has(NAME)
    blobs.delete(NAME)
    blobs.delete(NAME)
    assert not blobs.has(NAME)


def test_a_missing_blob_says_what_to_do(blobs: Blobs) -> None:
    with pytest.raises(BlobDamaged, match="restore it from a backup"):
        blobs.get(NAME)


def test_a_changed_blob_is_never_handed_out(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(DATA)
    (tmp_path / NAME[:2] / NAME[2:4] / NAME).write_bytes(b"another.")
    with pytest.raises(BlobDamaged, match="has changed"):
        blobs.get(NAME)


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", NAME + "/x"])
def test_only_a_hash_becomes_a_path(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        blobs.get(name)


def test_a_write_that_fails_leaves_no_blob(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    blobs = Blobs(str(tmp_path))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(DATA)
    assert not blobs.has(NAME)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_only_blobs_not_put_lately_are_old(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blobs.put(DATA)
    now = datetime.now(UTC)
    assert list(blobs.older_than(now - timedelta(hours=1))) == []
    os.utime(tmp_path / NAME[:2] / NAME[2:4] / NAME, (0, 0))
    assert list(blobs.older_than(now - timedelta(hours=1))) == [NAME]
    blobs.put(DATA)
    assert list(blobs.older_than(now - timedelta(hours=1))) == []
