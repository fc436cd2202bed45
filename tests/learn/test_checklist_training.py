"""Derm7pt and PH2 are one config each, which trains on miniatures of them to a bundle with the checklist.

The datasets themselves may not be kept here. Only paths, sizes and epochs are replaced.
"""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from augderm.domain.taxonomy import CHECKLIST
from augderm.formats.raster import decode_image, read_file
from augderm.learn.datasets.registry import read_dataset
from augderm.reader.bundle import load_bundle
from augderm.reader.calibrated import read_checklist
from augderm.reader.network import Network
from augderm.second_read import assess
from support.command import augderm
from support.dataset import to_toml, write_dataset
from support.miniatures.checklists import write_derm7pt, write_ph2

pytest.importorskip("torch", reason="training needs the train extra")

CONFIGS = Path(__file__).parents[2] / "configs"
TRAIN, VALIDATION, TEST = 100, 70, 20
INDEX_IMAGES, PH2_IMAGES = 420, 150
SMALL: dict[str, Any] = {
    "input_size_px": 64,
    "embedding_size": 16,
    "batch_size": 16,
    "learning_rate": 1e-3,
    "moving_average": 0.9,
    "stages": [{"side_px": 64, "epochs": 1}],
}


def written(name: str, place: Path, **changes: object) -> Path:
    """A config of configs/ for the miniatures beside it."""
    values = tomllib.loads((CONFIGS / f"{name}.toml").read_text())
    own, index = values["sources"]
    sources = [own | {"path": name}, index | {"path": "index", "keep": ["mini"]}]
    values |= {**SMALL, "sources": sources, **changes}
    path = place / f"{name}.toml"
    path.write_text("\n".join(f"{key} = {to_toml(value)}" for key, value in values.items()))
    return path


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with miniatures that are too small to train on."""
    folder = tmp_path_factory.mktemp("few")
    write_dataset(folder / "index", images=35)
    write_derm7pt(folder / "derm7pt", train=12, validation=9, test=6)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the miniatures."""
    folder = tmp_path_factory.mktemp("checklist")
    write_dataset(folder / "index", images=INDEX_IMAGES)
    write_derm7pt(folder / "derm7pt", train=TRAIN, validation=VALIDATION, test=TEST)
    write_ph2(folder / "ph2", images=PH2_IMAGES)
    return folder


@pytest.fixture(scope="module")
def derm7pt(place: Path) -> Path:
    """The bundle of configs/derm7pt.toml."""
    done = augderm("train", written("derm7pt", place), "--out", place / "run", timeout=1800)
    assert done.returncode == 0, done.stderr
    assert f"derm7pt:{place / 'derm7pt'} --split test" in done.stdout + done.stderr
    return place / "run" / "bundle"


def test_the_official_split_of_derm7pt_is_kept(few: Path) -> None:
    from augderm.learn.config import load_config
    from augderm.learn.workshop import read_sources, split_of

    config = load_config(written("derm7pt", few))
    split = split_of(config, read_sources(config))
    parts = {"train": split.train, "validation": split.calibration, "test": split.validation}
    counts = {"train": 12, "validation": 9, "test": 6}
    for name, records in parts.items():
        own = [record for record in records if record.dataset == "derm7pt"]
        assert {record.split for record in own} == {name}
        assert sum(record.modality == "dermoscopic" for record in own) == counts[name]
    # The other source goes by its folds still.
    assert {r.fold for r in split.validation if r.dataset == "mini"} == {config.validation_fold}
    assert {r.fold for r in split.calibration if r.dataset == "mini"} == {config.calibration_fold}


def test_a_checklist_without_labels_is_refused_before_training(few: Path, tmp_path: Path) -> None:
    sources = [{"dataset": "index", "path": str(few / "index")}]
    config = written("ph2", tmp_path, sources=sources)
    done = augderm("train", config, "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "checklist_weight is given" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_bundle_gives_all_seven_items_on_the_official_test_images(derm7pt: Path, place: Path) -> None:
    network = Network(load_bundle(derm7pt))
    assert network.bundle.manifest["labels"]["checklist"] == {k: list(v) for k, v in CHECKLIST.items()}
    records = read_dataset("derm7pt", place / "derm7pt")
    tests = [r for r in records if r.split == "test" and r.modality == "dermoscopic"]
    assert len(tests) == TEST
    statuses = []
    for record in tests:
        logits = network.read(decode_image(read_file(record.path)).pixels).checklist
        assert logits is not None
        told = read_checklist(logits, network.bundle.calibrations.checklist)
        assert set(told) == set(CHECKLIST)
        for criterion, probabilities in told.items():
            assert probabilities is not None, criterion
            assert tuple(probabilities) == CHECKLIST[criterion]
            assert sum(probabilities.values()) == pytest.approx(1)
        read = assess(record.path, network=network)
        statuses.append(read.status)
        if read.status == "ok":
            assert read.checklist.keys() == told.keys()
            score = read.scores["seven_point"]
            assert {item.set_by for item in score.items} == {"machine"}
            assert score.total is not None
    assert "ok" in statuses


@pytest.mark.slow
def test_evaluate_takes_the_official_test_images_and_judges_each_criterion(
    derm7pt: Path, place: Path, tmp_path: Path
) -> None:
    dataset = f"derm7pt:{place / 'derm7pt'}"
    refused = augderm("evaluate", derm7pt, dataset, "--split", "train")
    assert refused.returncode == 1
    assert "--split test" in refused.stderr
    done = augderm("evaluate", derm7pt, dataset, "--json", tmp_path / "f.json", "--jobs", "1", timeout=900)
    assert done.returncode == 0, done.stderr
    assert "the official test split" in done.stdout
    found = json.loads((tmp_path / "f.json").read_text())
    tested = [r.modality for r in read_dataset("derm7pt", place / "derm7pt") if r.split == "test"]
    for modality in ("dermoscopic", "clinical"):
        assert found[f"derm7pt, {modality}"]["images"] == tested.count(modality) > 0
    checklist = found["7-point checklist"]
    assert all(0 <= checklist[f"accuracy {criterion}"] <= 1 for criterion in CHECKLIST)
    mean = sum(checklist[f"accuracy {criterion}"] for criterion in CHECKLIST) / 7
    assert checklist["mean accuracy"] == pytest.approx(mean, abs=1e-5)
    assert "7-point score: sensitivity" in checklist


@pytest.mark.slow
def test_its_licence_and_facts_name_derm7pt_and_the_split(derm7pt: Path) -> None:
    training = load_bundle(derm7pt).manifest["training"]
    assert training["official_splits"] == ["derm7pt"]
    assert "derm7pt" in training["datasets"]
    assert "never redistribute" in (derm7pt / "LICENSE-WEIGHTS.md").read_text()
    with (derm7pt.parent / "metrics.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert 0 <= float(row["checklist_recall"]) <= 1


@pytest.mark.slow
def test_ph2_leaves_open_what_it_does_not_label(place: Path) -> None:
    done = augderm("train", written("ph2", place), "--out", place / "ph2-run", timeout=1800)
    assert done.returncode == 0, done.stderr
    checklist = load_bundle(place / "ph2-run" / "bundle").calibrations.checklist
    calibrated = {criterion for criterion, calibration in checklist.items() if calibration}
    assert calibrated == {"dots_and_globules", "regression_structures", "blue_whitish_veil"}
