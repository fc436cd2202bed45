"""A model bundle is whole and unchanged, or it is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import CHECKLIST
from augderm.reader.bundle import (
    FORMAT,
    LABELS,
    MANIFEST,
    NETWORK,
    NOVELTY_ARRAYS,
    Preprocessing,
    load_bundle,
)
from augderm.reader.calibration import calibrations_from
from augderm.reader.network import OUTPUTS, Network
from support.bundles import calibration, toy_network, write_manifest, write_telling_bundle, write_toy_bundle

MEAN = "mean.npy"


def write(folder: Path, manifest: object) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole bundle."""
    bundle = write_toy_bundle(tmp_path / "bundle")
    (bundle / "LICENSE.md").write_bytes(b"free")
    write_manifest(bundle)
    return bundle


def manifest_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def refused(folder: Path, message: str) -> None:
    with pytest.raises(ModelMismatch, match=message):
        load_bundle(folder)


def test_a_whole_bundle_is_loaded_with_all_its_entries(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert (bundle.name.name, bundle.name.version) == ("toy", "1.2.3")
    assert bundle.name.sha256 == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert bundle.network == (folder / NETWORK).read_bytes()
    assert bundle.preprocessing == Preprocessing(73, 64, 127.0, 128.0)
    assert bundle.calibrations == calibrations_from(calibration())
    for modality in ("dermoscopic", "clinical"):
        novelty = bundle.novelty[modality]
        assert novelty
        assert novelty.limit == 50
        assert novelty.mean.shape == (3,)


@pytest.mark.parametrize("name", [NETWORK, "LICENSE.md", MEAN])
def test_one_changed_byte_is_refused(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    refused(folder, rf"{name} has changed.*restore")


@pytest.mark.parametrize("name", [NETWORK, "LICENSE.md", MEAN])
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


@pytest.mark.parametrize("name", LABELS)
def test_other_labels_are_refused(folder: Path, name: str) -> None:
    ours = list(LABELS[name])
    for labels in (ours[::-1], ours[:-1], [*ours, "scc"], []):
        manifest = manifest_of(folder)
        manifest["labels"][name] = labels
        write(folder, manifest)
        refused(folder, rf"labels \({name}\).*use a bundle of this version")


@pytest.mark.parametrize("form", ["augderm.bundle/1", "", None, 1])
def test_another_format_is_refused(folder: Path, form: object) -> None:
    write(folder, manifest_of(folder) | {"format": form})
    refused(folder, rf"format .*{FORMAT}")


def test_a_manifest_without_any_calibration_is_refused(folder: Path) -> None:
    write_manifest(folder, calibration=calibration() | {"dermoscopic": None, "clinical": None})
    refused(folder, "none for any modality.*calibrate")


@pytest.mark.parametrize("part", NOVELTY_ARRAYS)
@pytest.mark.parametrize("wrong", ["float64", "shape", "nan", "pickle", "empty", "missing"])
def test_novelty_s_arrays_are_checked(folder: Path, part: str, wrong: str) -> None:
    path = folder / f"{part}.npy"
    array = np.load(path)
    if wrong == "pickle":
        np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    elif wrong == "empty":
        path.write_bytes(b"")
    elif wrong == "missing":
        path.unlink()
    else:
        changed = {"float64": array.astype(float), "shape": array[:-1], "nan": array * np.nan}[wrong]
        np.save(path, changed)
    if wrong == "missing":
        manifest = manifest_of(folder)
        del manifest["files"][path.name]
        write(folder, manifest)
    else:
        write_manifest(folder)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "high", None])
def test_a_novelty_limit_that_is_none_is_refused(folder: Path, limit: object) -> None:
    manifest = manifest_of(folder)
    manifest["novelty"]["dermoscopic"]["limit"] = limit
    write(folder, manifest)
    with pytest.raises(ModelMismatch):
        load_bundle(folder)


def test_a_modality_may_be_without_novelty(folder: Path) -> None:
    manifest = manifest_of(folder)
    manifest["novelty"]["clinical"] = None
    write(folder, manifest)
    assert load_bundle(folder).novelty["clinical"] is None


def test_a_network_without_an_output_is_refused_when_it_is_loaded(folder: Path) -> None:
    for name in OUTPUTS:
        (folder / NETWORK).write_bytes(toy_network(leave_out=name))
        write_manifest(folder)
        with pytest.raises(ModelMismatch, match=f"no output {name}"):
            Network(load_bundle(folder))


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
    "key", ["format", "name", "version", "labels", "preprocessing", "calibration", "novelty", "files"]
)
def test_each_entry_of_the_manifest_is_needed(folder: Path, key: str) -> None:
    manifest = manifest_of(folder)
    del manifest[key]
    write(folder, manifest)
    refused(folder, key)


@pytest.mark.parametrize("key", ["labels", "preprocessing", "calibration", "novelty", "files"])
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


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_flipped_byte_of_the_manifest_is_refused_or_shows_in_its_hash(
    folder: Path, at: float, change: int
) -> None:
    whole = (folder / MANIFEST).read_bytes()
    before = load_bundle(folder).name.sha256
    data = bytearray(whole)
    data[int(at * len(data))] ^= change
    (folder / MANIFEST).write_bytes(data)
    try:
        assert load_bundle(folder).name.sha256 != before
    except ModelMismatch:
        pass
    finally:
        (folder / MANIFEST).write_bytes(whole)


@pytest.fixture
def telling(tmp_path: Path) -> Path:
    """A whole bundle that tells the 7-point checklist."""
    return write_telling_bundle(tmp_path / "telling")


def test_the_manifest_says_whether_a_bundle_tells_the_checklist(folder: Path, telling: Path) -> None:
    assert not load_bundle(folder).tells_checklist
    bundle = load_bundle(telling)
    assert bundle.tells_checklist
    assert tuple(bundle.calibrations.checklist) == tuple(CHECKLIST)


def test_other_categories_of_the_checklist_are_refused(telling: Path) -> None:
    labels = manifest_of(telling)["labels"]
    ours = labels["checklist"]
    for other in (
        {},
        dict(list(ours.items())[::-1]),
        ours | {"streaks": ["regular", "absent", "irregular"]},
        ours | {"colours": ["absent", "present"]},
    ):
        write_manifest(telling, labels=labels | {"checklist": other})
        refused(telling, r"labels \(checklist\).*use a bundle of this version")


def test_a_checklist_without_its_calibration_is_refused_and_the_reverse(telling: Path) -> None:
    both = manifest_of(telling)
    write_manifest(telling, calibration=calibration())
    refused(telling, "do not both have the checklist")
    plain = {name: names for name, names in both["labels"].items() if name != "checklist"}
    write_manifest(telling, calibration=both["calibration"], labels=plain)
    refused(telling, "do not both have the checklist")


def test_a_checklist_that_the_network_does_not_give_is_refused(telling: Path) -> None:
    (telling / NETWORK).write_bytes(toy_network())
    write_manifest(telling)
    with pytest.raises(ModelMismatch, match="no output checklist"):
        Network(load_bundle(telling))


@pytest.mark.parametrize(
    "wrong", [{"temperature": 0}, {"images": 0}, {"biases": {"absent": 0.0}}, {"slope": 1.0}]
)
def test_a_calibration_of_a_criterion_is_checked(telling: Path, wrong: dict[str, object]) -> None:
    entry = manifest_of(telling)["calibration"]
    entry["checklist"]["streaks"] |= wrong
    write_manifest(telling, calibration=entry)
    with pytest.raises(ModelMismatch):
        load_bundle(telling)
