"""A manifest says what a network learned from, and claims nothing that was not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from augderm.domain.taxonomy import CODES
from augderm.learn.config import TrainConfig, load_config
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.records import Record, split_records
from augderm.learn.training_facts import images_by_class, training_facts
from support.cases import record_of
from support.dataset import write_config, write_dataset

SETTINGS = {"data_sha256": "labels", "images_sha256": "bytes"}


def facts_of(folder: Path, settings: dict[str, Any], **changes: object) -> dict[str, Any]:
    write_dataset(folder / "data", images=70)
    config: TrainConfig = load_config(write_config(folder / "c.toml", **changes))
    records = read_index(folder / "data")
    split = split_records(
        records,
        validation_fold=config.validation_fold,
        calibration_fold=config.calibration_fold,
        calibration_share={"dermoscopic": 1.0},
    )
    return training_facts(config, records, split, settings)


def test_the_images_of_each_class_are_counted_for_training_and_for_calibration(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, SETTINGS)
    assert facts["train_images_by_class"] == dict.fromkeys(CODES, 6)
    assert facts["calibration_images_by_class"] == dict.fromkeys(CODES, 2)
    assert (facts["train_images"], facts["calibration_images"]) == (42, 14)


def test_a_class_without_images_is_counted_and_an_image_without_a_class_is_not() -> None:
    records: list[Record] = [record_of(number, label) for number, label in enumerate((0, 0, 3, None))]
    assert images_by_class(records) == dict.fromkeys(CODES, 0) | {CODES[0]: 2, CODES[3]: 1}


def test_nothing_is_said_of_the_bytes_where_nobody_knows_them(tmp_path: Path) -> None:
    known = facts_of(tmp_path / "a", SETTINGS)
    unknown = facts_of(tmp_path / "b", {"data_sha256": "labels"})
    assert known["images_sha256"] == "bytes"
    assert "images_sha256" not in unknown


def test_what_a_network_began_with_and_who_taught_it_are_named_with_their_hashes(tmp_path: Path) -> None:
    facts = facts_of(
        tmp_path,
        SETTINGS | {"start_sha256": "start", "teachers_sha256": ["teacher"]},
        start_from="runs/first",
        keep_of_start=0.3,
        teachers=["runs/teacher"],
        teachers_weight=1.0,
    )
    assert facts["started_from"] == "first"
    assert facts["start_sha256"] == "start"
    assert facts["teachers"] == ["teacher"]
    assert facts["teachers_sha256"] == ["teacher"]
