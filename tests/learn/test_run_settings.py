"""A run goes on with what it was begun with, wherever that lies now, and with nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from augderm.learn.run_settings import IMAGES, changed_images, changed_since

BEGUN: dict[str, Any] = {
    "sources": [{"dataset": "index", "path": "/old/data", "keep": ["a"], "weight": 1.0}],
    "data_sha256": "labels",
    "images_sha256": "bytes",
    "start_from": "/old/runs/first",
    "start_sha256": "start",
    "keep_of_start": 0.0,
    "teachers": ["/old/runs/teacher"],
    "teachers_sha256": ["teacher"],
    "teachers_weight": 1.0,
    "dropout": 0.3,
}
MOVED: dict[str, Any] = {
    "sources": [{"dataset": "index", "path": "/new/data", "keep": ["a"], "weight": 1.0}],
    "start_from": "/new/first-run",
    "teachers": ["/new/teacher-1"],
}


def test_folders_may_have_moved_where_what_is_in_them_is_the_same() -> None:
    assert changed_since(BEGUN, BEGUN | MOVED, done=False) == []
    assert changed_since(BEGUN, BEGUN | MOVED | {"keep_of_start": 0.3}, done=False) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"data_sha256": "others"}, "data_sha256"),
        ({"images_sha256": "others"}, "images_sha256"),
        ({"teachers_sha256": ["another"]}, "teachers_sha256"),
        ({"start_sha256": "another"}, "start_from"),
        ({"start_from": None}, "start_from"),
        ({"teachers": [], "teachers_sha256": None}, "teachers"),
        ({"sources": [{**MOVED["sources"][0], "weight": 2.0}]}, "sources"),
        ({"sources": [{**MOVED["sources"][0], "keep": []}]}, "sources"),
        ({"sources": MOVED["sources"] * 2}, "sources"),
        ({"dropout": 0.2}, "dropout"),
    ],
)
def test_what_is_in_a_moved_folder_must_be_the_same(changed: dict[str, Any], told: str) -> None:
    assert told in changed_since(BEGUN, BEGUN | MOVED | changed, done=True)


def test_a_start_that_is_gone_is_told_by_its_name_unless_something_of_it_is_kept() -> None:
    gone = {key: value for key, value in BEGUN.items() if key != "start_sha256"}
    assert changed_since(BEGUN, gone | {"start_from": "/new/runs/first"}, done=True) == []
    assert changed_since(BEGUN, gone | {"start_from": "/new/runs/second"}, done=True) == ["start_from"]
    kept = gone | {"start_from": "/new/runs/first", "keep_of_start": 0.3}
    assert changed_since(gone, kept, done=True) == ["start_from"]


def test_a_start_that_was_not_moved_may_have_changed_unless_something_of_it_is_kept() -> None:
    changed = BEGUN | {"start_sha256": "another"}
    assert changed_since(BEGUN, changed, done=False) == []
    assert changed_since(BEGUN, changed | {"keep_of_start": 0.3}, done=False) == ["start_sha256"]


def test_a_run_of_an_earlier_version_goes_on_without_a_hash_of_its_images() -> None:
    earlier = {key: value for key, value in BEGUN.items() if key != "images_sha256"}
    assert changed_since(earlier, BEGUN, done=False) == []
    assert changed_since(earlier, BEGUN | {"data_sha256": "others"}, done=False) == ["data_sha256"]


def test_other_pictures_by_the_same_names_may_be_what_another_run_holds_back() -> None:
    assert changed_images(BEGUN, BEGUN | {"images_sha256": "others"}) == ["images_sha256"]
    assert changed_images(BEGUN, BEGUN | MOVED) == []
    earlier = {key: value for key, value in BEGUN.items() if key != "images_sha256"}
    assert changed_images(earlier, BEGUN) == []


def test_settings_come_back_from_json_as_they_are_compared() -> None:
    assert changed_since(json.loads(json.dumps(BEGUN)), BEGUN, done=False) == []


def test_a_config_read_in_another_folder_goes_on_with_the_run_it_began(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs the train extra")
    from augderm.learn.config import load_config
    from augderm.learn.train import settings_of
    from support.dataset import write_config

    runs = []
    for name in ("here", "there"):
        (tmp_path / name / "teacher").mkdir(parents=True)
        (tmp_path / name / "teacher" / "checkpoint.pt").write_bytes(b"the same")
        config = write_config(tmp_path / name / "c.toml", teachers=["teacher"], teachers_weight=1.0)
        runs.append(settings_of(load_config(config), "labels") | {IMAGES: "bytes"})
    assert runs[0]["sources"] != runs[1]["sources"]
    assert changed_since(*runs, done=False) == []
