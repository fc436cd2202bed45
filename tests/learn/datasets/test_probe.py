from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from augderm.learn.datasets import probe as module
from augderm.learn.datasets.probe import CRASHED, probe, probe_all
from augderm.learn.records import Record
from support.miniatures import deadly
from support.miniatures.files import write_image, write_mask


def record(folder: Path, image: str = "a.jpg", mask: str | None = None) -> Record:
    return Record(folder=folder, image=image, dataset="x", group="g", fold=0, aspect=1.0, label=5, mask=mask)


def test_a_whole_image_gives_its_fingerprints(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", 1)
    write_mask(tmp_path / "a.png", 1)
    found = probe(record(tmp_path, mask="a.png"))
    assert (found.image, found.masks, found.missing) == ("", {}, False)
    assert len(found.sha256) == 64
    assert len(found.small) == 256


def test_a_missing_and_a_broken_image_are_told_apart(tmp_path: Path) -> None:
    assert probe(record(tmp_path)).missing
    (tmp_path / "a.jpg").write_bytes(b"<html>not found</html>")
    found = probe(record(tmp_path))
    assert not found.missing
    assert "not an image" in found.image


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b"PNG"), "cannot be read"),
        (lambda path: write_mask(path, 1, empty=True), "empty"),
        (lambda path: Image.new("L", (50, 50), 255).save(path), "50 x 50, of another shape"),
    ],
)
def test_a_mask_that_cannot_be_used_is_said_why(make: object, fault: str, tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", 1)
    assert callable(make)
    make(tmp_path / "a.png")
    found = probe(record(tmp_path, mask="a.png"))
    assert fault in found.masks["a.png"]
    assert found.image == ""


def test_the_outline_of_a_structure_may_be_empty_but_not_broken_or_of_another_shape(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", 1)
    masks = {"globules": "g.png", "streaks": "s.png", "negative_network": "n.png"}
    write_mask(tmp_path / "g.png", 1, empty=True)
    (tmp_path / "s.png").write_bytes(b"PNG")
    Image.new("L", (50, 50), 255).save(tmp_path / "n.png")
    found = probe(replace(record(tmp_path), structure_masks=masks)).masks
    assert set(found) == {"s.png", "n.png"}
    assert "cannot be read" in found["s.png"]
    assert "another shape" in found["n.png"]


def test_several_processes_answer_as_one_does_in_order(tmp_path: Path) -> None:
    for seed in range(6):
        write_image(tmp_path / f"{seed}.jpg", seed)
    (tmp_path / "3.jpg").write_bytes(b"\xff\xd8\xff\xe0broken")
    records = [record(tmp_path, f"{seed}.jpg") for seed in range(7)]
    assert list(probe_all(records, jobs=2)) == [probe(one) for one in records]


@pytest.mark.slow
def test_an_image_that_ends_its_process_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(4):
        write_image(tmp_path / f"{seed}.jpg", seed)
    monkeypatch.setattr(module, "probe", deadly.probe)
    found = list(probe_all([record(tmp_path, f"{seed}.jpg") for seed in range(4)], jobs=2))
    assert [one.image for one in found] == ["", "", CRASHED, ""]
    assert all(one.sha256 for one in found if not one.image)


def test_records_keep_their_folder_in_other_processes(tmp_path: Path) -> None:
    write_image(tmp_path / "deep/a.jpg", 1)
    one = replace(record(tmp_path), image="deep/a.jpg")
    assert next(iter(probe_all([one], jobs=1))).sha256
