"""Records are split so that nothing leaks, the same way on every machine."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import FOLDS, fold_of
from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.index_csv import read_index
from augderm.learn.records import (
    Modality,
    Record,
    Split,
    SplitName,
    behaves_malignant,
    check_groups,
    records_hash,
    split_records,
)
from augderm.reader.bundle import DEFAULT_BUNDLE, load_bundle


def record(index: int, group: str, fold: int, modality: Modality = "dermoscopic") -> Record:
    return Record(
        folder=Path("data"),
        image=f"{index}.jpg",
        mask=f"{index}.png",
        dataset="mini",
        group=group,
        fold=fold,
        label=index % len(CODES),
        aspect=4 / 3,
        modality=modality,
    )


def records_of(groups: list[int]) -> list[Record]:
    """Records of these groups; a group has one fold, as in the index."""
    return [record(index, f"g{group}", group % 5) for index, group in enumerate(groups)]


@settings(max_examples=100)
@given(st.lists(st.integers(0, 40), max_size=120), st.floats(0, 1), st.permutations(range(5)))
def test_the_split_tears_no_group_apart_and_loses_no_record(
    groups: list[int], share: float, folds: list[int]
) -> None:
    records = records_of(groups)
    split = split_records(
        records,
        validation_fold=folds[0],
        calibration_fold=folds[1],
        calibration_share={"dermoscopic": share},
    )
    parts = [split.train, split.calibration, split.validation]
    names = [{r.group for r in part} for part in parts]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert not names[1] & names[2]
    assert sorted(r.image for part in parts for r in part) == sorted(r.image for r in records)
    assert {r.fold for r in split.validation} <= {folds[0]}
    assert {r.fold for r in split.calibration} <= {folds[1]}


modalities: st.SearchStrategy[Modality] = st.sampled_from(["dermoscopic", "clinical"])
some_splits: st.SearchStrategy[SplitName | None] = st.sampled_from([None, None, "train", "test"])


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 40), modalities, some_splits), max_size=120),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_group_stands_in_one_part_whatever_its_modalities_and_its_official_split(
    images: list[tuple[int, Modality, SplitName | None]], dermoscopic: float, clinical: float
) -> None:
    records = [
        dataclasses.replace(record(index, f"g{group}", group % 5, modality), split=split)
        for index, (group, modality, split) in enumerate(images)
    ]
    split = split_records(
        records,
        validation_fold=0,
        calibration_fold=4,
        calibration_share={"dermoscopic": dermoscopic, "clinical": clinical},
    )
    names = [{r.group for r in part} for part in (split.train, split.calibration, split.validation)]
    assert not names[0] & names[1]
    assert not (names[0] | names[1]) & names[2]
    tested = {r.group for r in records if r.split == "test"}
    assert not (names[0] | names[1]) & tested
    assert {r.group for r in records if r.fold} - tested == names[0] | names[1]


def test_a_group_of_two_modalities_calibrates_whole_by_the_larger_share() -> None:
    pairs = [
        record(2 * index + (modality == "clinical"), f"lesion {index}", 4, modality)
        for index in range(400)
        for modality in ("dermoscopic", "clinical")
    ]
    counts = []
    for shares in ({"dermoscopic": 0.5, "clinical": 1.0}, {"dermoscopic": 0.5}, {}):
        split = split_records(pairs, validation_fold=0, calibration_fold=4, calibration_share=shares)
        counts.append(len(split.calibration))
    assert counts[0] == 800
    assert counts[1] == pytest.approx(400, abs=60)
    assert counts[2] == 0


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=60), st.lists(st.integers(41, 80), max_size=60))
def test_a_group_keeps_its_place_when_images_are_added(groups: list[int], more: list[int]) -> None:
    def places(records: list[Record]) -> dict[str, str]:
        split = split_records(
            records, validation_fold=0, calibration_fold=4, calibration_share={"dermoscopic": 0.5}
        )
        return {
            r.group: part for part in ("train", "calibration", "validation") for r in getattr(split, part)
        }

    before, after = places(records_of(groups)), places(records_of(groups + more))
    assert before.items() <= after.items()


def test_about_the_asked_share_of_one_fold_calibrates() -> None:
    records = [record(index, f"group-{index}", index % 5) for index in range(5000)]
    counts = []
    for share in (0.0, 0.25, 0.5, 0.9, 1.0):
        split = split_records(
            records, validation_fold=0, calibration_fold=4, calibration_share={"dermoscopic": share}
        )
        counts.append(len(split.calibration) / 1000)
        assert len(split.validation) == 1000
        assert len(split.train) == 4000 - len(split.calibration)
    assert counts == pytest.approx([0.0, 0.25, 0.5, 0.9, 1.0], abs=0.05)
    assert counts[0] == 0
    assert counts[-1] == 1


def test_each_modality_has_its_own_share_and_one_without_calibrates_nothing() -> None:
    records = [
        record(index, f"group-{index}", 4, "clinical" if index % 2 else "dermoscopic") for index in range(400)
    ]
    split = split_records(records, validation_fold=0, calibration_fold=4, calibration_share={"clinical": 1.0})
    assert {r.modality for r in split.calibration} == {"clinical"}
    assert len(split.calibration) == 200
    assert {r.modality for r in split.train} == {"dermoscopic"}


def test_an_official_test_image_is_never_learned_from() -> None:
    records = [
        dataclasses.replace(record(index, f"g{index}", index % 5), split="test") for index in range(50)
    ]
    split = split_records(
        records, validation_fold=0, calibration_fold=4, calibration_share={"dermoscopic": 0.5}
    )
    assert not split.train
    assert not split.calibration
    assert len(split.validation) == 10


def test_folds_from_names_are_even_and_stay() -> None:
    counts = Counter(fold_of(f"lesion {index}") for index in range(5000))
    assert sorted(counts) == list(range(FOLDS))
    assert min(counts.values()) > 850
    assert fold_of("HAM_0000550") == fold_of("HAM_0000550")


def test_a_group_in_two_folds_is_refused_with_both() -> None:
    with pytest.raises(InvalidDataset, match="torn is in folds 1 and 2"):
        check_groups([record(0, "torn", 1), record(1, "whole", 3), record(2, "torn", 2)])


def test_actinic_keratosis_is_neither_malignant_nor_benign() -> None:
    behaviours = {code: behaves_malignant(index) for index, code in enumerate(CODES)}
    assert behaviours["akiec"] is None
    assert {code for code, malignant in behaviours.items() if malignant} == {"bcc", "mel"}


def test_the_hash_of_the_data_tells_a_changed_label_or_fold_and_not_the_order() -> None:
    records = [record(index, f"g{index}", index % 5) for index in range(6)]
    assert records_hash(records) == records_hash(records[::-1])
    assert records_hash(records) != records_hash(records[1:])
    moved = [record(0, "g0", 3), *records[1:]]
    assert records_hash(records) != records_hash(moved)


def official(index: int, group: str, split: SplitName | None) -> Record:
    return dataclasses.replace(record(index, group, index % 5), dataset="own", split=split)


def test_an_official_split_is_kept_whatever_the_folds() -> None:
    splits: list[SplitName] = ["train", "validation", "test"]
    own = [official(index, f"own{index}", splits[index % 3]) for index in range(30)]
    others = [record(index, f"g{index}", index % 5) for index in range(50)]
    how: dict[str, Any] = {
        "validation_fold": 0,
        "calibration_fold": 4,
        "calibration_share": {"dermoscopic": 0.5},
    }
    found = split_records(own + others, **how, official=["own"])
    parts = {"train": found.train, "validation": found.calibration, "test": found.validation}
    assert {name: [r for r in some if r.dataset == "own"] for name, some in parts.items()} == {
        name: [r for r in own if r.split == name] for name in splits
    }
    assert [r for r in found.train if r.dataset == "mini"] == split_records(others, **how).train


def test_a_group_that_the_official_split_tears_is_left_to_its_latest_part() -> None:
    records = [
        official(0, "torn", "train"),
        official(1, "torn", "test"),
        official(2, "also", "train"),
        official(3, "also", "validation"),
        official(4, "whole", "train"),
    ]
    found = split_records(
        records, validation_fold=0, calibration_fold=4, calibration_share={}, official=["own"]
    )
    images = [[r.image for r in part] for part in (found.train, found.calibration, found.validation)]
    assert images == [["4.jpg"], ["3.jpg"], ["1.jpg"]]


def test_a_dataset_without_an_official_split_cannot_keep_one() -> None:
    with pytest.raises(InvalidDataset, match="own: not every image has an official split"):
        split_records(
            [official(0, "g", "test"), official(1, "h", None)],
            validation_fold=0,
            calibration_fold=4,
            calibration_share={},
            official=["own"],
        )


def test_the_hash_tells_a_changed_checklist() -> None:
    plain = record(0, "g", 1)
    labelled = dataclasses.replace(plain, checklist={"streaks": ("absent",)})
    other = dataclasses.replace(plain, checklist={"streaks": ("regular",)})
    assert len({records_hash([some]) for some in (plain, labelled, other)}) == 3


def isic(number: int, dataset: str, split: SplitName | None, *, group: str = "") -> Record:
    name = f"ISIC_{number:07d}"
    return dataclasses.replace(
        record(number, group or name, number % 5), image=f"{dataset}/{name}.jpg", dataset=dataset, split=split
    )


BY_FOLD: dict[str, Any] = {
    "validation_fold": 0,
    "calibration_fold": 4,
    "calibration_share": {"dermoscopic": 0.5},
}


def learned(split: Split) -> list[Record]:
    return [*split.train, *split.calibration]


def test_an_official_test_image_is_not_learned_from_under_another_name() -> None:
    """As ISIC_0000012: of the test set of ISIC 2016, and of the training set of ISIC 2017."""
    tests = [isic(number, "isic2016", "test") for number in range(10, 20)]
    again = [isic(number, "isic2017", "train") for number in range(30)]
    split = split_records([*tests, *again], **BY_FOLD)
    assert {r.isic_id for r in learned(split)}.isdisjoint(r.isic_id for r in tests)
    assert len(learned(split)) == 16


def test_of_two_official_splits_the_test_images_of_each_stay_out_of_the_training_of_the_other() -> None:
    records = [isic(3, "isic2016", "test"), isic(4, "isic2016", "train")]
    records += [isic(number, "isic2017", "train") for number in (3, 5)]
    records += [isic(4, "isic2017", "test"), isic(6, "isic2017", "validation"), isic(6, "isic2016", "train")]
    split = split_records(records, **BY_FOLD, official=["isic2016", "isic2017"])
    assert [r.image for r in split.train] == ["isic2017/ISIC_0000005.jpg"]
    assert [r.image for r in split.calibration] == ["isic2017/ISIC_0000006.jpg"]
    assert {r.isic_id for r in split.validation} == {"ISIC_0000003", "ISIC_0000004"}


@pytest.mark.parametrize("group", ["", "HAM_1"])
def test_an_image_that_one_dataset_trains_on_and_another_validates_on_is_refused(group: str) -> None:
    """As HAM10000 by its official split and ISIC 2019 by folds."""
    records = [isic(number, "ham10000", "train", group=group) for number in (5, 10)]
    records += [isic(number, "isic2019", "train", group=f"L{number}") for number in (5, 6)]
    with pytest.raises(InvalidDataset, match=r"ISIC_0000005 .*validation \(isic2019.*train \(ham10000.*none"):
        split_records(records, **BY_FOLD, official=["ham10000"])


def test_one_image_in_two_groups_of_which_one_calibrates_is_refused() -> None:
    records = [isic(4, name, None, group=f"{name} {group}") for group in range(9) for name in ("a", "b")]
    with pytest.raises(InvalidDataset, match=r"ISIC_0000004 .*calibration .*train"):
        split_records(records, **BY_FOLD)


def test_the_hash_tells_a_changed_official_split() -> None:
    one, other = isic(1, "derm7pt", "train"), isic(2, "derm7pt", "test")
    swapped = [dataclasses.replace(one, split="test"), dataclasses.replace(other, split="train")]
    assert records_hash([one, other]) != records_hash(swapped)


@pytest.mark.data
def test_the_split_and_the_hash_of_the_shared_data_stay_what_they_were(shared_data: Path) -> None:
    """Else a run could not be gone on with, and a bundle be called to have held back what it had not."""
    records = read_index(shared_data)
    split = split_records(
        records,
        validation_fold=0,
        calibration_fold=4,
        calibration_share={"dermoscopic": 0.5, "clinical": 1.0},
    )
    assert [
        (len(part), hashlib.sha256("\n".join(r.image for r in part).encode()).hexdigest()[:16])
        for part in (split.train, split.calibration, split.validation)
    ] == [(8922, "4b07345f691450a8"), (1297, "fd43e428db1bf6c5"), (2512, "6dbc2344694a74c6")]
    training = load_bundle(DEFAULT_BUNDLE).manifest["training"]
    assert records_hash(records) == training["data_sha256"]
    assert (len(split.train), len(split.calibration)) == (
        training["train_images"],
        training["calibration_images"],
    )


def test_a_fold_that_is_none_of_five_is_not_trained_on_by_mistake() -> None:
    records = [record(0, "a", 1), record(1, "b", 9)]
    with pytest.raises(InvalidDataset, match=r"1\.jpg: fold 9 is none of 0 to 4, and would be trained on"):
        split_records(records, validation_fold=0, calibration_fold=4, calibration_share={})
