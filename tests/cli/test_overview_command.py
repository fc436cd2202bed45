"""`augderm overview`, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from augderm.analysis.overview.phantom import PairSpec, draw_pair
from augderm.formats.overview_json import SCHEMA_FILE
from support.command import augderm


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person twice, and another one."""
    made = tmp_path_factory.mktemp("overviews")
    pair = draw_pair(PairSpec(lesions=30, new=2, missing=1, grown=0, seed=3))
    other = draw_pair(PairSpec(lesions=30, seed=40))
    for name, pixels in (("a", pair.baseline), ("b", pair.follow_up), ("other", other.follow_up)):
        Image.fromarray(pixels).save(made / f"{name}.png")
    return made


def test_a_pair_is_compared_and_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = augderm("overview", folder / "a.png", folder / "b.png", "--out", out, "--synthetic", timeout=600)
    assert done.returncode == 0, done.stderr
    assert "Not validated on photographs of patients" in done.stdout
    written = json.loads((out / "overview.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    assert written["compared"]
    assert len(written["matched"]) > 20
    assert "Synthetic phantom" in (out / "overview.html").read_text(encoding="utf-8")
    again = augderm("overview", folder / "a.png", folder / "b.png", "--out", out, timeout=600)
    assert again.returncode == 1
    assert "--overwrite" in again.stderr


def test_two_persons_exit_with_2_and_nothing_new(folder: Path, tmp_path: Path) -> None:
    done = augderm("overview", folder / "a.png", folder / "other.png", "--out", tmp_path / "out", timeout=600)
    assert done.returncode == 2, done.stdout
    assert "cannot be laid onto each other" in " ".join(done.stdout.split())
    written = json.loads((tmp_path / "out" / "overview.json").read_text(encoding="utf-8"))
    assert not written["compared"]
    assert written["new"] == written["missing"] == written["matched"] == []


def test_photographs_that_do_not_belong_together_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    same = augderm("overview", folder / "a.png", folder / "a.png", timeout=600)
    assert same.returncode == 1
    assert "same picture" in same.stderr
    missing = augderm("overview", folder / "a.png", tmp_path / "none.png", timeout=600)
    assert missing.returncode == 1
    assert "none.png" in missing.stderr
