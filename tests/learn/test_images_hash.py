"""Other pictures have another hash, whatever they are called; the same have the same, wherever they lie."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from augderm.domain.errors import InvalidDataset
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.images_hash import images_sha256
from augderm.learn.records import Record, records_hash
from support.dataset import write_dataset


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    write_dataset(tmp_path / "mini", images=3)
    return tmp_path / "mini"


def hash_of(records: list[Record]) -> str:
    return images_sha256(records, lambda *_: None)


def test_the_same_images_have_one_hash_in_any_folder_and_order(mini: Path, tmp_path: Path) -> None:
    shutil.copytree(mini, tmp_path / "elsewhere")
    assert hash_of(read_index(mini)) == hash_of(read_index(tmp_path / "elsewhere")[::-1])


@pytest.mark.parametrize("kind", ["images", "masks"])
def test_another_byte_is_told_where_names_and_labels_are_the_same(mini: Path, kind: str) -> None:
    before, said = hash_of(read_index(mini)), records_hash(read_index(mini))
    file = mini / kind / "1.png"
    file.write_bytes(file.read_bytes() + b"\0")
    assert hash_of(read_index(mini)) != before
    assert records_hash(read_index(mini)) == said


def test_two_pictures_that_change_places_are_told(mini: Path) -> None:
    before = hash_of(read_index(mini))
    first, second = mini / "images" / "0.png", mini / "images" / "1.png"
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)
    assert hash_of(read_index(mini)) != before


def test_a_mask_that_is_not_decoded_does_not_count(mini: Path) -> None:
    bare = [dataclasses.replace(record, mask=None) for record in read_index(mini)]
    before = hash_of(bare)
    (mini / "masks" / "0.png").unlink()
    assert hash_of(bare) == before


def test_a_missing_image_is_named(mini: Path) -> None:
    records = read_index(mini)
    (mini / "images" / "2.png").unlink()
    with pytest.raises(InvalidDataset, match=r"images/2\.png: No such file.*restore"):
        hash_of(records)


def test_progress_goes_to_the_last_image(mini: Path) -> None:
    seen: list[tuple[int, int]] = []
    images_sha256(read_index(mini), lambda done, of: seen.append((done, of)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
