"""Records are split so that nothing leaks, the same way on every machine."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.domain.errors import InvalidDataset
from augderm.domain.folds import FOLDS, fold_of
from augderm.domain.taxonomy import CODES
from augderm.learn.records import (
    Modality,
    Record,
    SplitName,
    behaves_malignant,
    check_groups,
    records_hash,
    split_records,
)


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
