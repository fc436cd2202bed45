"""Reading with several processes."""

from __future__ import annotations

import math
from pathlib import Path, PurePath

import pytest

from augderm import assess
from augderm.cli.reading import pool, worker
from augderm.cli.reading.sources import Source
from augderm.cli.reading.worker import ReadSettings
from augderm.domain.assessment import Assessment
from augderm.domain.errors import LimitExceeded, ModelMismatch
from augderm.formats import report
from augderm.reader.bundle import DEFAULT_BUNDLE
from support.poison import serve_never, serve_until_poison

SETTINGS = ReadSettings(DEFAULT_BUNDLE, synthetic=True)
"""The images are phantoms, which the shipped model did not learn from."""


def test_a_process_that_dies_costs_one_image_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "serve", serve_until_poison)
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

    monkeypatch.setattr(pool, "_Process", refuse)
    ((_, read),) = pool.read_all([Source(str(phantom_file), PurePath("a"))], SETTINGS, jobs=None)
    assert read["status"] == "ok"


def test_no_memory_at_all_ends_the_run_with_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "serve", serve_never)
    sources = [Source(f"{index}.jpg", PurePath(str(index))) for index in range(4)]
    with pytest.raises(LimitExceeded, match="memory"):
        list(pool.read_all(sources, SETTINGS, jobs=2))


def test_a_wrong_model_ends_the_run(tmp_path: Path) -> None:
    sources = [Source(f"{index}.jpg", PurePath(str(index))) for index in range(4)]
    with pytest.raises(ModelMismatch, match="manifest"):
        list(pool.read_all(sources, ReadSettings(tmp_path), jobs=2))


def test_an_error_of_our_own_costs_one_image(
    monkeypatch: pytest.MonkeyPatch, phantom_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def wrong(path: str, **_: object) -> Assessment:
        if "bad" in path:
            raise ZeroDivisionError("planted")
        return assess(path, novelty_limit=math.inf)

    monkeypatch.setattr(worker, "assess", wrong)
    sources = [Source("bad.jpg", PurePath("bad")), Source(str(phantom_file), PurePath("good"))]
    (_, bad), (_, good) = pool.read_all(sources, SETTINGS, jobs=1)
    assert (bad["status"], good["status"]) == ("failed", "ok")
    assert "ZeroDivisionError: planted" in bad["reason"]
    assert "Traceback" in capfd.readouterr().err


def test_an_error_in_a_report_costs_one_image_too(
    monkeypatch: pytest.MonkeyPatch, phantom_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def wrong(*_: object, **__: object) -> bytes:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(report, "report_html_and_pdf", wrong)
    settings = ReadSettings(DEFAULT_BUNDLE, reports=tmp_path / "r")
    sources = [Source(str(phantom_file), PurePath(name)) for name in ("one", "two")]
    assert [read["status"] for _, read in pool.read_all(sources, settings, jobs=1)] == ["failed"] * 2
    assert "Traceback" in capfd.readouterr().err
