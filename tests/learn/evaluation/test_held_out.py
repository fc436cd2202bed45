"""Images that a bundle has seen are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.evaluation.held_out import BY_NAME_ALONE, INDEX_READER, choose_held_out
from augderm.learn.learned import Hashes, learned_by, write_learned
from augderm.learn.records import Record
from augderm.reader.bundle import LEARNED, load_bundle
from support.bundles import write_manifest, write_toy_bundle
from support.cases import record_of

MANIFEST = {"training": {"datasets": ["ham10000", "isic2017"], "validation_fold": 0}}


def records(dataset: str, split: str | None = None) -> list[Record]:
    return [record_of(i, 5, dataset=dataset, fold=i % 5, split=split) for i in range(10)]


def choose(some: list[Record], **wishes: Any) -> tuple[list[Record], str]:
    wanted: dict[str, Any] = {
        **{"manifest": MANIFEST, "learned": None, "reader": INDEX_READER, "fold": None, "split": None},
        **wishes,
    }
    return choose_held_out(some, **wanted)[:2]


def test_without_a_wish_the_held_back_fold_is_taken() -> None:
    chosen, words = choose(records("ham10000"))
    assert [record.fold for record in chosen] == [0, 0]
    assert words == f"fold 0 ({BY_NAME_ALONE})"


def test_another_fold_would_measure_memory() -> None:
    with pytest.raises(InvalidConfig, match="--fold 0"):
        choose(records("ham10000"), fold=1)


def test_one_dataset_that_was_trained_on_binds_the_whole_index() -> None:
    chosen, _ = choose([*records("ham10000"), *records("pad_ufes_20")])
    assert {record.fold for record in chosen} == {0}


def test_a_dataset_from_elsewhere_is_taken_whole_or_as_asked() -> None:
    assert len(choose(records("ph2"), reader="ph2")[0]) == 10
    assert len(choose(records("ph2"), reader="ph2", fold=3)[0]) == 2


@pytest.mark.parametrize("name", ["ham10000", "isic2016", "isic2018", "isic2019", "isic_archive"])
@pytest.mark.parametrize("wish", [{}, {"fold": 0}, {"split": "test"}])
def test_without_a_list_what_shares_images_with_the_training_is_refused(name: str, wish: Any) -> None:
    with pytest.raises(InvalidConfig, match=f"{name} shares images with .*this version exports"):
        choose(records(name, split="test"), reader=name, **wish)


def test_without_a_list_another_collection_in_the_same_index_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="isic2016 shares images with isic2017"):
        choose([*records("ham10000"), *records("isic2016")])


def test_a_bundle_trained_by_that_reader_has_its_folds() -> None:
    manifest = {"training": {**MANIFEST["training"], "readers": ["ham10000"]}}
    chosen, _ = choose(records("ham10000"), manifest=manifest, reader="ham10000")
    assert {record.fold for record in chosen} == {0}


def test_a_bundle_that_does_not_say_what_it_saw_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="manifest"):
        choose(records("ph2"), manifest={}, reader="ph2")


def test_no_image_left_is_an_error_and_not_a_row_of_undefined() -> None:
    with pytest.raises(InvalidDataset, match="the official test split"):
        choose(records("ph2"), reader="ph2", split="test")


OFFICIAL = {"training": {**MANIFEST["training"], "datasets": ["derm7pt", "ham10000"],
                         "readers": ["derm7pt", "index"], "official_splits": ["derm7pt"]}}  # fmt: skip


def test_a_dataset_trained_on_by_its_official_split_is_judged_on_its_official_test() -> None:
    some = [
        record_of(i, 5, dataset="derm7pt", fold=i % 5, split=("train", "validation", "test")[i % 3])
        for i in range(15)
    ]
    for split in (None, "test"):
        chosen, words = choose(some, manifest=OFFICIAL, reader="derm7pt", split=split)
        assert chosen == [record for record in some if record.split == "test"]
        assert words.startswith("the official test split")
    for wish in ({"fold": 0, "split": None}, {"fold": None, "split": "train"}):
        with pytest.raises(InvalidConfig, match="--split test"):
            choose(some, manifest=OFFICIAL, reader="derm7pt", **wish)
    by_fold, _ = choose(records("ham10000"), manifest=OFFICIAL)
    assert {record.fold for record in by_fold} == {0}


def isic(number: int, dataset: str, **changes: Any) -> Record:
    return record_of(number, 5, image=f"x/ISIC_{number:07d}.jpg", dataset=dataset, **changes)


@pytest.fixture
def listed(tmp_path: Path) -> Hashes:
    """The list of a bundle that learned from the images 0 to 99 of the archive."""
    write_toy_bundle(tmp_path / "bundle")
    write_learned(tmp_path / "bundle" / "learned.npy", [isic(number, "isic2017") for number in range(100)])
    write_manifest(tmp_path / "bundle", **{LEARNED: "learned.npy"})
    found = learned_by(load_bundle(tmp_path / "bundle"))
    assert found is not None
    return found


def test_an_official_test_set_is_judged_without_the_images_learned_from_under_another_name(
    listed: Hashes,
) -> None:
    some = [isic(number, "isic2016", split="test") for number in range(90, 110)]
    some += [isic(number, "isic2016", split="train") for number in range(200, 210)]
    chosen, words = choose(some, learned=listed, reader="isic2016", split="test")
    assert [record.isic_id for record in chosen] == [f"ISIC_{number:07d}" for number in range(100, 110)]
    assert words.startswith("the official test split without 10 of 20 images that the bundle learned from")


def test_the_whole_lesion_of_an_image_learned_from_is_left_out_whatever_its_split(listed: Hashes) -> None:
    some = [isic(number, "isic2019", split="test", group=f"L{number % 10}") for number in range(200, 220)]
    some.append(isic(7, "isic2019", split="train", group="L3"))
    chosen, words = choose(some, learned=listed, reader="isic2019", split="test")
    assert {record.group for record in chosen} == {f"L{number}" for number in range(10)} - {"L3"}
    assert "without 2 of 20" in words


def test_a_fold_that_was_drawn_anew_is_not_trusted_by_its_number(listed: Hashes) -> None:
    redrawn = [isic(number, "isic2017", fold=number % 2) for number in range(60, 140)]
    chosen, words = choose(redrawn, learned=listed)
    assert [record.isic_id for record in chosen] == [f"ISIC_{number:07d}" for number in range(100, 140)]
    assert words.startswith("all images without 40 of 80")
    chosen, words = choose(redrawn, learned=listed, fold=0)
    assert [record.isic_id for record in chosen] == [f"ISIC_{number:07d}" for number in range(100, 140, 2)]
    assert "without 20 of 40" in words


def test_a_few_images_learned_from_cost_a_foreign_index_no_others(listed: Hashes) -> None:
    some = [isic(number, "isic2017", fold=number % 5) for number in range(95, 300)]
    some += [record_of(number, 5, dataset="clinic", fold=7) for number in range(10)]
    found = choose_held_out(some, MANIFEST, learned=listed, reader=INDEX_READER, fold=None, split=None)
    assert found.records == some[5:]
    assert found.met == ("isic2017",)


def test_an_image_is_known_by_its_id_whatever_its_file_is_called(listed: Hashes) -> None:
    some = [
        record_of(number, 5, dataset="clinic", image=f"i/{number}.webp", archive_id=f"ISIC_{number:07d}")
        for number in range(90, 110)
    ]
    chosen, words = choose(some, learned=listed)
    assert [record.archive_id for record in chosen] == [f"ISIC_{number:07d}" for number in range(100, 110)]
    assert "without 10 of 20" in words


def test_where_the_held_back_fold_itself_was_learned_from_its_number_is_no_remedy(listed: Hashes) -> None:
    with pytest.raises(InvalidConfig, match=r"learned from 100 of 100 .*Use images from.*drawn anew"):
        choose([isic(number, "isic2017", fold=0) for number in range(100)], learned=listed, fold=0)
    with pytest.raises(InvalidConfig, match=r"learned from 100 of 100 .*Use images from elsewhere$"):
        choose([isic(number, "isic2017", fold=0) for number in range(100)], learned=listed)


def test_nothing_is_left_out_of_what_was_held_back_and_nothing_is_said(listed: Hashes) -> None:
    some = [isic(number, "isic2017", fold=0 if number >= 100 else 1) for number in range(120)]
    chosen, words = choose(some, learned=listed)
    assert len(chosen) == 20
    assert words == "fold 0"


def test_other_images_of_a_collection_learned_from_are_judged_whole(listed: Hashes) -> None:
    some = [isic(number, "isic2017", fold=number % 5) for number in range(500, 520)]
    chosen, words = choose(some, learned=listed)
    assert chosen == some
    assert words == "all images"


@pytest.mark.parametrize("known", [81, 100])
def test_where_little_remains_nothing_is_judged(listed: Hashes, known: int) -> None:
    some = [isic(number + 100 - known, "isic2017", fold=1) for number in range(100)]
    with pytest.raises(InvalidConfig, match=f"learned from {known} of 100 images .*memory.*--fold 0"):
        choose(some, learned=listed, fold=1)


def test_names_that_cannot_be_compared_are_refused_with_a_list_too(listed: Hashes) -> None:
    bare = [record_of(number, 5, image=f"{number}.jpg", dataset="isic2019") for number in range(3)]
    with pytest.raises(InvalidConfig, match=r"isic2019 shares images.*need not bear the same name"):
        choose(bare, learned=listed, reader="isic2019")
    manifest = {"training": {"datasets": ["bcn20000"], "readers": ["bcn20000"], "validation_fold": 0}}
    for some in ([isic(500, "isic2019")], [isic(500, "bcn20000")]):
        with pytest.raises(InvalidConfig, match="bcn20000"):
            choose(some, manifest=manifest, learned=listed, reader=some[0].dataset)
