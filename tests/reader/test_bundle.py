"""A model bundle is whole and unchanged, or it is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import CODES
from augderm.reader.bundle import FORMAT, MANIFEST, NETWORK, Calibration, load_bundle

CALIBRATION = {
    "temperature": 1.3,
    "malignancy_slope": 0.9,
    "malignancy_offset": -0.2,
    "set_threshold": 0.07,
    "set_coverage": 0.9,
}


def manifest_for(files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": "reader",
        "version": "1.2.3",
        "labels": list(CODES),
        "preprocessing": {"stored_size_px": 256, "input_size_px": 224, "mean": 127.5, "scale": 60.0},
        "calibration": dict(CALIBRATION),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }


def write(folder: Path, manifest: object) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole bundle; load_bundle does not care what is in the network's file."""
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    files = {NETWORK: b"a network", "LICENSE.md": b"free"}
    for name, data in files.items():
        (bundle / name).write_bytes(data)
    write(bundle, manifest_for(files))
    return bundle


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def refused(folder: Path, message: str) -> None:
    with pytest.raises(ModelMismatch, match=message):
        load_bundle(folder)


def test_a_whole_bundle_is_loaded_with_all_its_entries(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert (bundle.name.name, bundle.name.version) == ("reader", "1.2.3")
    assert bundle.name.sha256 == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert bundle.network == (folder / NETWORK).read_bytes()
    assert (bundle.stored_size_px, bundle.input_size_px) == (256, 224)
    assert (bundle.input_mean, bundle.input_scale) == (127.5, 60.0)
    assert bundle.calibration == Calibration(**CALIBRATION)
    assert bundle.manifest["labels"] == list(CODES)


@pytest.mark.parametrize("name", [NETWORK, "LICENSE.md"])
def test_one_changed_byte_is_refused(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    refused(folder, rf"{name} has changed.*restore")


@pytest.mark.parametrize("name", [NETWORK, "LICENSE.md"])
def test_a_missing_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(folder, rf"{name} cannot be read.*restore")


def test_a_folder_without_manifest_is_refused_with_a_remedy(tmp_path: Path) -> None:
    refused(tmp_path, rf"no {MANIFEST}.*--model")
    refused(tmp_path / "nowhere", rf"no {MANIFEST}")


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "sub/network.onnx", "..", ".", "", "a/../network.onnx", "null\0byte"]
)
def test_a_file_outside_of_the_bundle_is_refused(folder: Path, name: str) -> None:
    (folder.parent / "secret").write_bytes(b"secret")
    manifest = manifest_of(folder)
    manifest["files"][name] = hashlib.sha256(b"secret").hexdigest()
    write(folder, manifest)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


def test_a_bundle_must_name_its_network(folder: Path) -> None:
    manifest = manifest_of(folder)
    del manifest["files"][NETWORK]
    write(folder, manifest)
    refused(folder, rf"names no {NETWORK}")


def test_other_labels_are_refused(folder: Path) -> None:
    for labels in (list(CODES)[::-1], list(CODES)[:-1], [*CODES, "scc"], []):
        write(folder, manifest_of(folder) | {"labels": labels})
        refused(folder, "labels")


@pytest.mark.parametrize("form", ["augderm.bundle/2", "", None, 1])
def test_another_format_is_refused(folder: Path, form: object) -> None:
    write(folder, manifest_of(folder) | {"format": form})
    refused(folder, rf"format .*{FORMAT}")


@pytest.mark.parametrize("key", CALIBRATION)
def test_a_missing_calibration_is_refused(folder: Path, key: str) -> None:
    manifest = manifest_of(folder)
    del manifest["calibration"][key]
    write(folder, manifest)
    refused(folder, key)


def test_an_unknown_calibration_is_refused(folder: Path) -> None:
    manifest = manifest_of(folder)
    manifest["calibration"]["bias"] = 0.0
    write(folder, manifest)
    refused(folder, "bias")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", 0),
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("temperature", "1.0"),
        ("temperature", None),
        ("malignancy_slope", float("nan")),
        ("malignancy_offset", float("inf")),
        ("set_threshold", 1.5),
        ("set_threshold", -0.1),
        ("set_coverage", 0.0),
        ("set_coverage", 1.0),
    ],
)
def test_a_calibration_that_gives_no_probability_is_refused(folder: Path, key: str, value: object) -> None:
    manifest = manifest_of(folder)
    manifest["calibration"][key] = value
    write(folder, manifest)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stored_size_px", 0),
        ("input_size_px", 0),
        ("input_size_px", "wide"),
        ("scale", 0),
        ("scale", float("nan")),
        ("mean", []),
    ],
)
def test_a_preprocessing_that_cannot_be_done_is_refused(folder: Path, key: str, value: object) -> None:
    manifest = manifest_of(folder)
    manifest["preprocessing"][key] = value
    write(folder, manifest)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


@pytest.mark.parametrize(
    "key", ["format", "name", "version", "labels", "preprocessing", "calibration", "files"]
)
def test_each_entry_of_the_manifest_is_needed(folder: Path, key: str) -> None:
    manifest = manifest_of(folder)
    del manifest[key]
    write(folder, manifest)
    refused(folder, key)


@pytest.mark.parametrize("key", ["labels", "preprocessing", "calibration", "files"])
@pytest.mark.parametrize("value", [None, 7, "text", [], [1], {"a": 1}])
def test_an_entry_of_the_wrong_type_is_refused(folder: Path, key: str, value: object) -> None:
    write(folder, manifest_of(folder) | {key: value})
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b'"text"'])
def test_a_manifest_that_is_no_json_object_is_refused(folder: Path, text: bytes) -> None:
    (folder / MANIFEST).write_bytes(text)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_flipped_byte_of_the_manifest_is_refused_or_shows_in_its_hash(
    folder: Path, at: float, change: int
) -> None:
    files = {NETWORK: b"a network", "LICENSE.md": b"free"}
    write(folder, manifest_for(files))
    before = load_bundle(folder).name.sha256
    data = bytearray((folder / MANIFEST).read_bytes())
    data[int(at * len(data))] ^= change
    (folder / MANIFEST).write_bytes(data)
    try:
        after = load_bundle(folder).name.sha256
    except ModelMismatch:
        return
    assert after != before
