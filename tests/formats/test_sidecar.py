"""JSON beside an image: read whole, or refused with its name and the known keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from augderm.domain.errors import InvalidConfig, LimitExceeded
from augderm.domain.limits import MAX_SIDECAR_BYTES
from augderm.formats.sidecar import read_sidecar


def refused(folder: Path, content: bytes) -> str:
    path = folder / "x.capture.json"
    path.write_bytes(content)
    with pytest.raises(InvalidConfig) as error:
        read_sidecar(path, ("contact", "device"))
    assert str(path) in str(error.value)
    return str(error.value)


def test_an_object_of_known_keys_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('\ufeff{"device": "é"}', encoding="utf-8")
    assert read_sidecar(path, ("contact", "device")) == {"device": "é"}


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    message = refused(tmp_path, b'{"polarization": 1}')
    assert '"polarization"' in message
    assert "contact, device" in message


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": 1' + b"0" * 5000, b'{"device": "\xff"}'],
    ids=["empty", "list", "null", "cut", "no text", "deep", "long number", "not UTF-8"],
)
def test_hostile_content_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path, content)


def test_a_repeated_key_is_not_silently_resolved(tmp_path: Path) -> None:
    assert "twice" in refused(tmp_path, b'{"device": "a", "device": "b"}')


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b" " * (MAX_SIDECAR_BYTES + 1))
    with pytest.raises(LimitExceeded, match="256 KB"):
        read_sidecar(path, ())


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path, Path("a\0b")):
        with pytest.raises(InvalidConfig, match="cannot be read"):
            read_sidecar(path, ())
