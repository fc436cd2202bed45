"""An image that a bundle learned from is known again, wherever it is met."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.errors import InvalidDataset, ModelMismatch
from augderm.learn.learned import LEARNED_FILE, are_learned, identity_of, learned_by, write_learned
from augderm.learn.records import Record
from augderm.reader.bundle import LEARNED, load_bundle
from support.bundles import write_manifest, write_toy_bundle
from support.cases import record_of


def named(image: str, dataset: str = "isic2017", folder: Path = Path("data")) -> Record:
    return record_of(0, 5, image=image, dataset=dataset, folder=folder)


def bundle_with(folder: Path, data: bytes) -> Path:
    write_toy_bundle(folder)
    (folder / LEARNED_FILE).write_bytes(data)
    write_manifest(folder, **{LEARNED: LEARNED_FILE})
    return folder


def npy(array: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return file.getvalue()


def test_an_image_of_the_archive_is_the_same_under_every_dataset_and_folder() -> None:
    places = [
        named("ISBI2016_ISIC_Part3_Test_Data/ISIC_0000012.jpg", "isic2016"),
        named("isic2017/images/ISIC_0000012.webp", "isic2017"),
        named("train-image.hdf5#ISIC_0000012", "isic2024"),
        named("mel/ISIC_0000012.jpg", "class_folders"),
        named("ISIC_0000099/ISIC_0000012_downsampled.jpg", "isic2019"),
    ]
    assert {identity_of(record) for record in places} == {"ISIC_0000012"}


def test_a_published_name_holds_in_its_dataset_alone() -> None:
    ours = named("pad_ufes_20/images/PAT_1006_53_716.webp", "pad_ufes_20")
    theirs = named("images/imgs_part_1/PAT_1006_53_716.png", "pad_ufes_20")
    assert identity_of(ours) == identity_of(theirs) != identity_of(named("PAT_1006_53_716.png", "ddi"))


def test_any_other_image_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    for place, data in (("mel/1.jpg", b"one"), ("nv/1.jpg", b"two"), ("moved/7.jpg", b"one")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes(data)
    first, second, moved = (
        identity_of(named(place, "class_folders", tmp_path))
        for place in ("mel/1.jpg", "nv/1.jpg", "moved/7.jpg")
    )
    assert first == moved != second


def test_what_is_gone_stops_a_list_and_not_a_question(tmp_path: Path) -> None:
    gone = named("gone.png", "mine", tmp_path)
    with pytest.raises(InvalidDataset, match=r"gone\.png"):
        write_learned(tmp_path / LEARNED_FILE, [gone])
    assert not are_learned(np.array([1, 2], np.uint64), [gone])[0]


@given(st.sets(st.integers(0, 10**7 - 1), min_size=1, max_size=40), st.sets(st.integers(0, 10**7 - 1)))
def test_the_list_of_a_bundle_holds_what_was_written_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, learned: set[int], others: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("learned")
    records = {number: named(f"ISIC_{number:07d}.jpg") for number in learned | others}
    write_learned(folder / LEARNED_FILE, [records[number] for number in learned])
    bundle = load_bundle(bundle_with(folder / "bundle", (folder / LEARNED_FILE).read_bytes()))
    hashes = learned_by(bundle)
    assert hashes is not None
    found = are_learned(hashes, list(records.values()))
    assert dict(zip(records, found, strict=True)) == {number: number in learned for number in records}


def test_a_bundle_that_lists_nothing_says_so(toy_bundle: Path) -> None:
    assert learned_by(load_bundle(toy_bundle)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        npy([1.0]),
        npy([[1]]),
        npy(np.array([2, 1], np.uint64)),
        npy(np.zeros(0, np.uint64)),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ModelMismatch, match=r"augderm train"):
        learned_by(load_bundle(bundle_with(tmp_path / "bundle", data)))


def test_a_changed_or_missing_list_is_no_bundle(tmp_path: Path) -> None:
    folder = bundle_with(tmp_path / "bundle", npy(np.array([1, 2], np.uint64)))
    (folder / LEARNED_FILE).write_bytes(npy(np.array([1, 3], np.uint64)))
    with pytest.raises(ModelMismatch, match="has changed"):
        load_bundle(folder)
    (folder / LEARNED_FILE).unlink()
    write_manifest(folder)
    with pytest.raises(ModelMismatch, match=LEARNED_FILE):
        load_bundle(folder)
