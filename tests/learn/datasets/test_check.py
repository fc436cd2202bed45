from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.check import (
    count_findings,
    counts,
    duplicate_findings,
    file_findings,
    label_findings,
    record_findings,
    sampled,
    split_findings,
    unlisted_findings,
)
from augderm.learn.datasets.probe import Probe
from augderm.learn.datasets.registry import DATASETS, read_dataset
from augderm.learn.records import Record
from support.miniatures.files import write_image

pytest_plugins = ("support.miniatures.fixtures",)

NV = Record(
    folder=Path("x"),
    image="a.jpg",
    dataset="x",
    group="g",
    fold=1,
    aspect=1.0,
    label=CODES.index("nv"),
    diagnosis="nv",
    malignant=False,
)
SCC = replace(NV, label=None, diagnosis="scc", malignant=True)
SEEN = Probe(sha256="1" * 64, look=2**63, small=bytes(range(256)))


def test_counts_name_classes_folds_splits_and_what_is_outside() -> None:
    table = counts([NV, replace(NV, fold=2), SCC, replace(NV, label=None, malignant=None, split="test")])
    assert table == {
        "nv": {"all": 2, "fold 1": 1, "fold 2": 1},
        "outside": {"all": 1, "fold 1": 1},
        "unlabelled": {"all": 1, "fold 1": 1, "test": 1},
    }


def test_datasets_and_modalities_are_counted_where_there_are_several() -> None:
    table = counts([NV, replace(NV, dataset="y", modality="clinical")])
    assert table["nv"] == {"all": 2, "fold 1": 2, "x": 1, "y": 1, "dermoscopic": 1, "clinical": 1}


def test_no_image_at_all_is_a_problem_and_test_images_alone_are_a_note() -> None:
    test = replace(NV, split="test")
    for records, kind, level in (([], "no_images", "problem"), ([test, test], "no_training_images", "note")):
        (finding,) = record_findings(records)
        assert (finding.kind, finding.level) == (kind, level)
    assert record_findings([test, replace(NV, split="train")]) == record_findings([NV]) == []


def test_a_word_that_no_one_understands_is_a_problem_and_one_outside_is_a_note() -> None:
    zzz = replace(NV, label=None, malignant=None, diagnosis="zzz")
    silent = replace(zzz, diagnosis="unknown")
    found = {f.kind: f for f in label_findings(DATASETS["index"], [NV, SCC, SCC, zzz, silent])}
    assert found["unknown_diagnosis"].where == ("zzz: 1 images",)
    assert found["unknown_diagnosis"].level == "problem"
    assert found["outside_taxonomy"].where == ("scc (malignant): 2 images",)
    assert found["outside_taxonomy"].level == "note"


def test_what_is_neither_malignant_nor_benign_by_its_own_word_asks_for_nothing() -> None:
    spitz = replace(
        NV, label=None, malignant=None, diagnosis="atypical spitz tumor", unlabelled="indeterminate"
    )
    (finding,) = label_findings(DATASETS["index"], [spitz])
    assert (finding.kind, finding.level, finding.remedy) == ("indeterminate", "note", "nothing to do")
    assert finding.where == ("atypical spitz tumor: 1 images",)


def test_a_class_against_its_behaviour_is_a_problem_with_its_image() -> None:
    row = replace(
        NV, label=None, malignant=None, diagnosis="melanoma that is benign", unlabelled="contradictory"
    )
    (finding,) = label_findings(DATASETS["index"], [row])
    assert (finding.kind, finding.level) == ("contradictory_diagnosis", "problem")
    assert finding.where == ("a.jpg: melanoma that is benign",)


def test_another_number_than_published_is_noted() -> None:
    (finding,) = label_findings(DATASETS["ph2"], [NV])
    assert finding.what == "1 images are listed, the whole release has 200"


def test_a_table_or_folder_that_was_cut_off_is_noted(tmp_path: Path) -> None:
    dataset = replace(DATASETS["isic2019"], counts={"a.csv": 2, "b.csv": 2, "images": 2, "absent.csv": 9})
    (tmp_path / "a.csv").write_text("image\n1\n2\n")
    (tmp_path / "b.csv").write_text("image\n1\n")
    write_image(tmp_path / "images/deep/a.jpg", 1)
    (finding,) = count_findings(dataset, tmp_path)
    assert (finding.kind, finding.level) == ("another_count", "note")
    assert finding.where == (
        "b.csv: 1, the whole release has 2",
        "images: 1, the whole release has 2",
    )


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("isic2019", "ISIC_2019_Training_GroundTruth.csv: 8, the whole release has 25331"),
        ("isic2018", "ISIC2018_Task1-2_Training_Input: 2, the whole release has 2594"),
        ("derm7pt", "meta/meta.csv: 4, the whole release has 1011"),
    ],
)
def test_releases_in_parts_are_counted_by_part(name: str, where: str, mini: Callable[[str], Path]) -> None:
    (finding,) = count_findings(DATASETS[name], mini(name))
    assert where in finding.where


def test_images_without_a_row_are_noted(mini: Callable[[str], Path]) -> None:
    folder = mini("pad_ufes_20")
    records = read_dataset("pad_ufes_20", folder)
    assert unlisted_findings(records) == []
    write_image(folder / "images/imgs_part_1/extra.png", 1)
    (finding,) = unlisted_findings(records)
    assert (finding.kind, finding.level) == ("unlisted_image", "note")
    assert finding.where == ("images/imgs_part_1/extra.png",)


def test_members_of_an_hdf5_file_without_a_row_are_noted(mini: Callable[[str], Path]) -> None:
    records = read_dataset("isic2024", mini("isic2024"))
    assert unlisted_findings(records) == []
    (finding,) = unlisted_findings(records[1:])
    assert finding.where == ("train-image.hdf5#ISIC_0015670",)


@pytest.mark.parametrize("name", sorted(set(DATASETS) - {"ham10000", "isic2018", "isic2019", "isic_archive"}))
def test_masks_and_superpixels_are_no_images_without_a_row(name: str, mini: Callable[[str], Path]) -> None:
    assert unlisted_findings(read_dataset(name, mini(name))) == []


def test_a_group_in_two_folds_or_splits_is_a_problem() -> None:
    records = [replace(NV, split="train"), replace(NV, split="test", fold=2), replace(NV, group="h")]
    found = {f.kind: f.where for f in split_findings(records)}
    assert found == {"torn_by_split": ("g: test, train",), "torn_by_fold": ("g: 1, 2",)}
    assert split_findings([NV, replace(NV, group="h", fold=3)]) == []


def test_missing_and_broken_files_are_named() -> None:
    records = [NV, replace(NV, image="b.jpg"), replace(NV, image="c.jpg", mask="c.png")]
    probes = [
        Probe(image="gone", missing=True),
        Probe(image="damaged"),
        replace(SEEN, masks={"c.png": "it is empty"}),
    ]
    found = {f.kind: f.where for f in file_findings(records, probes)}
    assert found == {
        "missing_image": ("a.jpg",),
        "broken_image": ("b.jpg: damaged",),
        "broken_mask": ("c.png: it is empty",),
    }


@pytest.mark.parametrize(
    ("other", "kinds"),
    [
        (NV, []),
        (replace(NV, group="h"), ["apart"]),
        (replace(NV, group="h", fold=2), ["torn"]),
        (replace(NV, split="test"), ["torn"]),
        (replace(NV, label=CODES.index("mel"), malignant=True), ["contradict"]),
        (replace(NV, group="h", fold=2, label=CODES.index("mel")), ["torn", "contradict"]),
    ],
)
@pytest.mark.parametrize("kind", ["exact", "near"])
def test_duplicates_matter_where_they_cross_groups_or_contradict(
    kind: str, other: Record, kinds: list[str]
) -> None:
    second = SEEN if kind == "exact" else replace(SEEN, sha256="2" * 64, look=SEEN.look ^ 0b101)
    found = duplicate_findings([NV, replace(other, image="b.jpg")], [SEEN, second])
    assert [f.kind for f in found] == [f"{kind}_duplicate_{name}" for name in kinds]
    assert all("a.jpg (" in f.where[0] and "b.jpg (" in f.where[0] for f in found)
    assert all((f.level == "note") == f.kind.endswith("apart") for f in found)


def test_what_could_not_be_read_has_no_duplicates() -> None:
    broken = Probe(image="damaged")
    assert duplicate_findings([NV, replace(NV, group="h", fold=2)], [broken, broken]) == []


def test_a_sample_is_spread_over_all_records() -> None:
    records = [replace(NV, image=str(index)) for index in range(10)]
    assert [record.image for record in sampled(records, 3)] == ["0", "3", "6"]
    assert sampled(records, None) == sampled(records, 99) == records
