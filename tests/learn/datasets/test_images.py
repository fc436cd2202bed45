from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from augderm.domain.errors import InvalidDataset, InvalidImage
from augderm.learn.datasets.images import ImageFiles, aspect_of, file_of, image_paths, load_image, unlisted
from augderm.learn.datasets.registry import read_dataset
from augderm.learn.records import Record
from support.miniatures.files import encoded, write_image

pytest_plugins = ("support.miniatures.fixtures",)


def record(folder: Path, image: str) -> Record:
    return Record(folder=folder, image=image, dataset="x", group="g", fold=0, aspect=1.0, label=None)


def test_it_finds_images_in_nested_folders_and_ignores_other_files(tmp_path: Path) -> None:
    write_image(tmp_path / "part_1/part_1/a.jpg", 1)
    write_image(tmp_path / "part_2/b.PNG", 2)
    (tmp_path / "part_2/c.txt").write_text("no image")
    images = ImageFiles(tmp_path, "part_1", "part_2", "part_3")
    assert images.names == ["a", "b"]
    assert images.find("a") == "part_1/part_1/a.jpg"
    assert images.get("c") is None


def test_what_macos_packs_beside_a_file_and_what_is_hidden_are_no_images(tmp_path: Path) -> None:
    folder = tmp_path / ".hidden"  # of the dataset's own place nothing is held against it
    write_image(folder / "a.jpg", 1)
    for name in ("__MACOSX/mel/._a.jpg", "mel/._b.jpg", ".thumbnails/c.jpg", "._a.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"no image")
    assert image_paths(folder) == [folder / "a.jpg"]
    assert unlisted([record(folder, "a.jpg")]) == []


def test_a_missing_image_is_given_the_place_that_it_belongs_in(tmp_path: Path) -> None:
    (tmp_path / "part_1").mkdir()
    assert ImageFiles(tmp_path, "part_1").find("a") == "part_1/a.jpg"


def test_folders_that_are_all_absent_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match="there is no folder one or two; unpack"):
        ImageFiles(tmp_path, "one", "two")


def test_the_aspect_is_that_of_the_upright_image(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (120, 90)).save(tmp_path / "turned.jpg", exif=exif.tobytes())
    assert aspect_of(tmp_path / "turned.jpg") == pytest.approx(90 / 120)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    assert aspect_of(tmp_path / "broken.jpg") == 1.0
    assert aspect_of(tmp_path / "missing.jpg") == 1.0


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    write_image(tmp_path / "a#1.jpg", 3)
    assert load_image(record(tmp_path, "a#1.jpg")) == encoded(3)
    assert file_of(record(tmp_path, "a#1.jpg")) == tmp_path / "a#1.jpg"


def test_a_member_of_an_hdf5_file_is_read_by_its_name(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2024")
    first, second, _ = read_dataset("isic2024", folder)
    assert load_image(first) == encoded(0)
    assert load_image(second) == encoded(1)
    assert file_of(first) == folder / "train-image.hdf5"


def test_members_stored_as_arrays_of_bytes_are_read_too(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["x"] = np.frombuffer(encoded(4), np.uint8)
    assert load_image(record(tmp_path, "a.hdf5#x")) == encoded(4)


def test_a_missing_member_and_a_file_that_is_no_hdf5_are_invalid_images(mini: Callable[[str], Path]) -> None:
    folder = mini("isic2024")
    with pytest.raises(InvalidImage, match="holds no image ISIC_9"):
        load_image(record(folder, "train-image.hdf5#ISIC_9"))
    (folder / "other.hdf5").write_bytes(b"not HDF5")
    with pytest.raises(InvalidImage, match="cannot be read as HDF5"):
        load_image(record(folder, "other.hdf5#ISIC_9"))


def test_without_h5py_it_says_what_to_install(
    mini: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = mini("isic2024")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InvalidDataset, match=r"pip install 'augderm\[train\]'"):
        load_image(record(folder, "train-image.hdf5#ISIC_0015670"))


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_invalid_image(tmp_path: Path) -> None:
    write_image(tmp_path / "a.jpg", 3)
    (tmp_path / "a.jpg").chmod(0)
    with pytest.raises(InvalidImage, match="no permission"):
        load_image(record(tmp_path, "a.jpg"))
