"""Reading with several processes."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from augderm.cli.reading import pool
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings
from augderm.reader.bundle import DEFAULT_BUNDLE
from support.poison import dies_on_poison

SETTINGS = ReadSettings(DEFAULT_BUNDLE)


def test_a_process_that_dies_costs_one_image_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "read_in_process", dies_on_poison)
    names = [f"{index}.jpg" for index in range(12)]
    names[4] = "poison.jpg"
    sources = [Source(name, PurePath(name)) for name in names]
    found = list(pool.read_all(sources, SETTINGS, jobs=2))
    assert [source.path for source, _ in found] == names
    assert [name for name, (_, read) in zip(names, found, strict=True) if read["status"] == "failed"] == [
        "poison.jpg"
    ]
    assert "memory" in found[4][1]["reason"]


def test_few_images_are_read_in_this_process(monkeypatch: pytest.MonkeyPatch, phantom_file: Path) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(pool, "_pool", refuse)
    ((_, read),) = pool.read_all([Source(str(phantom_file), PurePath("a"))], SETTINGS, jobs=None)
    assert read["status"] == "ok"
