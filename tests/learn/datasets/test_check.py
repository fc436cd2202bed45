from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.check import (
    counts,
    duplicate_findings,
    file_findings,
    label_findings,
    sampled,
    split_findings,
)
from augderm.learn.datasets.probe import Probe
from augderm.learn.datasets.registry import DATASETS
from augderm.learn.records import Record

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


def test_a_group_in_two_folds_or_splits_is_a_problem() -> None:
    records = [replace(NV, split="train"), replace(NV, split="test", fold=2), replace(NV, group="h")]
    found = {f.kind: f.where for f in split_findings(records)}
    assert found == {"torn_by_split": ("g: test, train",), "torn_by_fold": ("g: 1, 2",)}
    assert split_findings([NV, replace(NV, group="h", fold=3)]) == []


def test_missing_and_broken_files_are_named() -> None:
    records = [NV, replace(NV, image="b.jpg"), replace(NV, image="c.jpg", mask="c.png")]
    probes = [Probe(image="gone", missing=True), Probe(image="damaged"), replace(SEEN, mask="it is empty")]
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
