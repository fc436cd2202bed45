"""Images that a bundle has seen are refused."""

from __future__ import annotations

from typing import Any

import pytest

from augderm.domain.errors import InvalidConfig, InvalidDataset
from augderm.learn.evaluation.held_out import INDEX_READER, choose_held_out
from augderm.learn.records import Record
from support.cases import record_of

MANIFEST = {"training": {"datasets": ["ham10000", "isic2017"], "validation_fold": 0}}


def records(dataset: str, split: str | None = None) -> list[Record]:
    return [record_of(i, 5, dataset=dataset, fold=i % 5, split=split) for i in range(10)]


def choose(some: list[Record], **wishes: Any) -> tuple[list[Record], str]:
    wanted: dict[str, Any] = {"reader": INDEX_READER, "fold": None, "split": None, **wishes}
    return choose_held_out(some, MANIFEST, **wanted)


def test_without_a_wish_the_held_back_fold_is_taken() -> None:
    chosen, words = choose(records("ham10000"))
    assert [record.fold for record in chosen] == [0, 0]
    assert words == "fold 0"


def test_another_fold_would_measure_memory() -> None:
    with pytest.raises(InvalidConfig, match="--fold 0"):
        choose(records("ham10000"), fold=1)


def test_one_dataset_that_was_trained_on_binds_the_whole_index() -> None:
    chosen, _ = choose([*records("ham10000"), *records("pad_ufes_20")])
    assert {record.fold for record in chosen} == {0}


def test_a_dataset_from_elsewhere_is_taken_whole_or_as_asked() -> None:
    assert len(choose(records("ph2"), reader="ph2")[0]) == 10
    assert len(choose(records("ph2"), reader="ph2", fold=3)[0]) == 2


@pytest.mark.parametrize("name", ["ham10000", "isic2018", "isic2019", "isic_archive"])
def test_the_same_images_under_other_folds_are_refused_but_for_the_official_test(name: str) -> None:
    with pytest.raises(InvalidConfig, match="--split test"):
        choose(records(name), reader=name, fold=0)
    assert len(choose(records(name, split="test"), reader=name, split="test")[0]) == 10


def test_a_bundle_trained_by_that_reader_has_its_folds() -> None:
    manifest = {"training": {**MANIFEST["training"], "readers": ["ham10000"]}}
    chosen, _ = choose_held_out(records("ham10000"), manifest, reader="ham10000", fold=None, split=None)
    assert {record.fold for record in chosen} == {0}


def test_a_bundle_that_does_not_say_what_it_saw_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="manifest"):
        choose_held_out(records("ph2"), {}, reader="ph2", fold=None, split=None)


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
        chosen, words = choose_held_out(some, OFFICIAL, reader="derm7pt", fold=None, split=split)
        assert chosen == [record for record in some if record.split == "test"]
        assert words == "the official test split"
    for wish in ({"fold": 0, "split": None}, {"fold": None, "split": "train"}):
        with pytest.raises(InvalidConfig, match="--split test"):
            choose_held_out(some, OFFICIAL, reader="derm7pt", **wish)
    by_fold, _ = choose_held_out(records("ham10000"), OFFICIAL, reader="index", fold=None, split=None)
    assert {record.fold for record in by_fold} == {0}
