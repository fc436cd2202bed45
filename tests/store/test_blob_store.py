"""Blobs: whole or not there, named by what they hold."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig
from augderm.store.blobs import BlobDamaged, Blobs
from support.s3 import S3Server

DATA = b"an image"
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where blobs are kept: a folder, or a URL."""
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3")
        return server.make()
    return str(tmp_path / "blobs") if request.param == "folder" else f"memory://{tmp_path}"


@pytest.fixture
def blobs(place: str) -> Blobs:
    return Blobs(place)


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


def test_what_another_process_put_or_deleted_is_seen_at_once(place: str) -> None:
    here, there = Blobs(place), Blobs(place)
    assert not here.has(NAME)
    assert list(here.older_than(datetime.now(UTC))) == []
    there.put(DATA)
    assert here.has(NAME)
    assert here.get(NAME) == DATA
    there.delete(NAME)
    assert not here.has(NAME)
    here.put(DATA)
    assert there.get(NAME) == DATA


def test_blobs_are_listed_by_their_age(blobs: Blobs) -> None:
    blobs.delete(blobs.put(DATA))
    names = {blobs.put(bytes([number])) for number in range(30)}
    now = datetime.now(UTC)
    assert set(blobs.older_than(now + timedelta(hours=1))) == names
    assert list(blobs.older_than(now - timedelta(hours=1))) == []


def test_a_blob_that_was_changed_in_the_bucket_is_never_handed_out(s3: S3Server) -> None:
    place = s3.make()
    blobs = Blobs(place)
    blobs.put(DATA)
    s3.files.pipe_file(f"{place}/{NAME[:2]}/{NAME[2:4]}/{NAME}", b"another.")
    with pytest.raises(BlobDamaged, match="has changed"):
        blobs.get(NAME)


def test_a_bucket_that_is_not_there_is_told_at_the_start(s3: S3Server) -> None:
    Blobs(s3.make()).reach()
    with pytest.raises(InvalidConfig, match=r"s3://no-such-bucket/clinic.*make the bucket"):
        Blobs("s3://no-such-bucket/clinic").reach()


@pytest.mark.parametrize(
    ("url", "said"),
    [("s3://key:secret@bucket/clinic", "AWS_ACCESS_KEY_ID"), ("nowhere://bucket", r"augderm\[s3\]")],
)
def test_a_url_that_cannot_be_used_is_refused_and_no_key_repeated(url: str, said: str) -> None:
    with pytest.raises(InvalidConfig, match=said) as refused:
        Blobs(url)
    assert "secret" not in str(refused.value)


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
