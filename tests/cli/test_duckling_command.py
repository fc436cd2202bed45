"""`augderm duckling`, as its user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from augderm.analysis.phantom import PhantomSpec, draw_phantom
from support.reading import augderm


def lesions(folder: Path, count: int) -> Path:
    folder.mkdir()
    for seed in range(count):
        spec = PhantomSpec(long_axis_px=200 + 5 * seed, short_axis_px=180)
        Image.fromarray(draw_phantom(spec).pixels).save(folder / f"{seed}.jpg", quality=92)
    return folder


def test_every_lesion_has_its_distance_or_the_reason_why_not(tmp_path: Path) -> None:
    folder = lesions(tmp_path / "patient", 6)
    (folder / "broken.jpg").write_bytes(b"no image")
    done = augderm("duckling", folder, "--json", tmp_path / "a.json")
    assert done.returncode == 2
    answer = json.loads((tmp_path / "a.json").read_text())
    assert (answer["schema"], answer["compared"], answer["reason"]) == ("augderm.duckling/1", 6, "")
    by_name = {Path(each["image"]).name: each for each in answer["lesions"]}
    assert by_name["broken.jpg"]["distance"] is by_name["broken.jpg"]["unlike"] is None
    assert by_name["broken.jpg"]["reason"]
    distances = [by_name[f"{seed}.jpg"]["distance"] for seed in range(6)]
    assert np.isfinite(distances).all()
    assert "not compared" in done.stdout
    assert "the dermatologist decides" in done.stdout


def test_too_few_lesions_say_so_and_json_stands_alone(tmp_path: Path) -> None:
    done = augderm("duckling", lesions(tmp_path / "patient", 3), "--json", "-")
    assert done.returncode == 2  # nothing was compared
    answer = json.loads(done.stdout)
    assert answer["compared"] == 0
    assert answer["reason"].startswith("3 of 3 lesions can be compared; fewer than 6")


def test_an_earlier_answer_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("mine")
    done = augderm("duckling", lesions(tmp_path / "patient", 1), "--json", tmp_path / "a.json")
    assert done.returncode == 1
    assert (tmp_path / "a.json").read_text() == "mine"
