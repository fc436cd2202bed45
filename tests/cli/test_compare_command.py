"""`augderm compare` on written files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, draw_skin, photograph
from augderm.analysis.phantom import PhantomSpec
from support.command import augderm


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("visits")
    skin = draw_skin(SkinSpec(lesion=PhantomSpec(hairs=3)))
    other = draw_skin(SkinSpec(lesion=PhantomSpec(hairs=3), seed=6))
    for name, scene, visit in (
        ("first", skin, VisitSpec()),
        ("second", skin, VisitSpec(turn_deg=120, scale=0.9, light=(0.9, 1.0, 1.0), seed=1)),
        ("other", other, VisitSpec()),
    ):
        Image.fromarray(photograph(scene, visit).pixels).save(folder / f"{name}.png")
    return folder


def test_json_page_and_summary_of_two_follow_ups(photographs: Path, tmp_path: Path) -> None:
    arguments: tuple[str | Path, ...] = (
        "compare",
        *(photographs / f"{name}.png" for name in ("first", "second", "other")),
    )
    outputs: tuple[str | Path, ...] = (
        "--json",
        tmp_path / "c.json",
        "--report",
        tmp_path / "c.html",
        "--synthetic",
    )
    run = augderm(*arguments, *outputs)
    assert run.returncode == 2, run.stderr  # the second could not be compared
    assert "Not compared" in " ".join(run.stdout.split())  # long paths wrap the line
    assert "dermatologist decides" in run.stdout
    written = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert [each["compared"] for each in written["follow_ups"]] == [True, False]
    assert (tmp_path / "c.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    again = augderm(*arguments, *outputs)
    assert again.returncode == 1
    assert "--overwrite" in again.stderr


def test_misuse_is_told(photographs: Path) -> None:
    first = photographs / "first.png"
    run = augderm("compare", first, first)
    assert run.returncode == 1
    assert "same picture" in run.stderr
    run = augderm("compare", first, photographs / "second.png", "--mm-per-px", "-1")
    assert run.returncode == 1
    assert "above 0" in run.stderr
