"""All figures together, and their form for machines."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from augderm.domain.taxonomy import CODES
from augderm.learn.datasets.check import label_findings
from augderm.learn.datasets.meaning import NO_DIAGNOSIS
from augderm.learn.datasets.registry import DATASETS
from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.evaluation import (
    ALL,
    Evaluation,
    Subject,
    evaluate_cases,
    malignancy_threshold,
    split_parts,
    to_json,
)
from augderm.learn.evaluation.operating import SENSITIVITIES
from support.cases import abstained, case_of_code, many, record_of

SUBJECT = Subject(
    bundle="mini",
    version="1",
    sha256="ab" * 32,
    dataset="data",
    chosen="fold 0",
    manifest={"training": {"datasets": ["d"]}},
    versions={"augderm": "0"},
    command="augderm evaluate mini data --fold 0",
)


def as_clinical(case: Case) -> Case:
    return dataclasses.replace(
        case, record=dataclasses.replace(case.record, modality="clinical", dataset="photographs")
    )


def evaluated(cases: list[Case]) -> Evaluation:
    return evaluate_cases(cases, SUBJECT, replicates=20)


def test_clinical_photographs_are_a_part_of_their_own_and_not_in_the_whole() -> None:
    cases = [*many(60), *map(as_clinical, many(20))]
    parts = split_parts(cases)
    assert {name: len(some) for name, some in parts.items()} == {"d": 60, "photographs": 20, ALL: 60}
    found = evaluated(cases)
    assert [closer.modality for closer in found.closer] == ["dermoscopic", "clinical"]
    assert found.images == 80
    assert found.external == ["photographs"]
    assert split_parts([as_clinical(case) for case in many(5)])[ALL]


def of_dataset(case: Case, dataset: str, **facts: Any) -> Case:
    return dataclasses.replace(case, record=dataclasses.replace(case.record, dataset=dataset, **facts))


def test_a_dataset_with_both_kinds_of_image_is_two_parts() -> None:
    # As Derm7pt: perfect on the dermoscopic images, upside down on the clinical ones.
    right = [("mel", "mel", 0.9), ("nv", "nv", 0.1)] * 20
    wrong = [("mel", "nv", 0.1), ("nv", "mel", 0.9)] * 20
    cases = [case_of_code(i, *said) for i, said in enumerate(right)]
    cases += [
        of_dataset(case_of_code(100 + i, *said), "d", modality="clinical") for i, said in enumerate(wrong)
    ]
    found = evaluated(cases)
    assert {name: row["melanoma AUC"].value for name, row in found.parts.items()} == {
        "d, dermoscopic": 1,
        "d, clinical": 0,
        ALL: 1,
    }
    assert found.head_of("d, clinical") == "d, clinical"
    assert found.head_of(ALL) == "all, dermoscopic"


def test_datasets_may_be_looked_at_as_one() -> None:
    cases = [*many(60), *(of_dataset(case, "e") for case in many(40)), *(of_dataset(c, "f") for c in many(9))]
    parts = split_parts(cases, [["e", "f"]])
    assert {name: len(some) for name, some in parts.items()} == {
        "d": 60,
        "e": 40,
        "f": 9,
        "e+f": 49,
        ALL: 109,
    }
    found = evaluate_cases(cases, SUBJECT, joined=[["e", "f"]], replicates=20)
    assert found.parts["e+f"]["images"].value == 49


def test_a_dataset_that_shares_images_with_what_was_learned_is_not_from_elsewhere() -> None:
    subject = dataclasses.replace(SUBJECT, manifest={"training": {"datasets": ["ham10000"]}})
    names = ("ham10000", "isic2018", "ph2")
    cases = [of_dataset(case, names[number % 3]) for number, case in enumerate(many(30))]
    found = evaluate_cases(cases, subject, replicates=20)
    assert found.external == ["ph2"]
    assert found.related == {"isic2018": ["ham10000"]}
    assert found.images_of == dict.fromkeys(names, 10)
    assert found.groups == dict.fromkeys(names, 10)


def test_no_diagnosis_is_told_apart_from_one_without_a_class() -> None:
    cases = [
        case_of_code(0, "nv", "nv", 0.1),
        case_of_code(1, "nv", "nv", 0.1, record=record_of(1, None, diagnosis="scc", malignant=True)),
        case_of_code(2, "nv", "nv", 0.1, record=record_of(2, None, diagnosis="Unknown", malignant=False)),
        case_of_code(3, "nv", "nv", 0.1, record=record_of(3, None)),
        *(
            case_of_code(4, "nv", "nv", 0.1, record=record_of(4, None, diagnosis="x", unlabelled=why))
            for why in ("contradictory", "indeterminate")
        ),
    ]
    closer = evaluated(cases).closer[0]
    assert (closer.outside, closer.unlabelled) == (2, 3)


@pytest.mark.parametrize("word", sorted(NO_DIAGNOSIS))
def test_a_word_that_names_no_diagnosis_names_none_for_the_check_and_for_the_figures(word: str) -> None:
    record = record_of(0, None, diagnosis=word.upper())
    assert case_of_code(0, "nv", "nv", 0.1, record=record).unlabelled
    assert not [f for f in label_findings(DATASETS["index"], [record]) if f.kind == "unknown_diagnosis"]


def test_the_confusion_counts_every_labelled_case_also_those_not_read() -> None:
    cases = [case_of_code(0, "mel", "nv", 0.2), case_of_code(1, "nv", "nv", 0.1), abstained(2, "mel")]
    found = evaluated(cases)
    counts = found.closer[0].counts
    mel, nv = CODES.index("mel"), CODES.index("nv")
    assert counts.sum() == 3
    assert counts[mel, nv] == counts[nv, nv] == counts[mel, len(CODES)] == 1
    assert found.melanomas == {"dermoscopic": (2, 2)}
    assert found.reasons == {"Too blurred.": 1}


def test_each_sensitivity_wanted_has_an_operating_point() -> None:
    found = evaluated(many(200)).closer[0]
    for points in found.points.values():
        for point, wanted in zip(points, SENSITIVITIES, strict=True):
            assert point.at.sensitivity >= wanted
            assert point.specificity.low <= point.specificity.value <= point.specificity.high
            assert point.needed_to_biopsy.value == point.at.needed_to_biopsy
        assert points[0].at.threshold >= points[1].at.threshold >= points[2].at.threshold


def test_the_threshold_of_malignancy_finds_95_of_100() -> None:
    cases = many(400)
    threshold = malignancy_threshold(cases)
    malignant = [case.malignancy for case in cases if case.record.malignant]
    assert np.mean([m >= threshold for m in malignant if m is not None]) == pytest.approx(0.95, abs=0.01)
    assert math.isnan(malignancy_threshold([case_of_code(0, "nv", "nv", 0.1)]))


@pytest.mark.parametrize("cases", [many(40), [abstained(0, "nv")], [case_of_code(0, "nv", "nv", 0.1)]])
def test_the_json_form_has_null_where_a_figure_is_undefined(cases: list[Case]) -> None:
    found = to_json(evaluated(cases))
    text = json.dumps(found, allow_nan=False)
    assert "NaN" not in text
    assert found["schema"] == "augderm.evaluation/3"
    value = found["parts"][ALL]["melanoma AUC"]["value"]
    assert value is None if len(cases) == 1 else 0 <= value <= 1


def test_a_collection_that_shares_images_with_the_training_is_none_from_elsewhere() -> None:
    cases = [
        case_of_code(number, "nv", "nv", 0.1, record=record_of(number, 5, dataset=dataset))
        for number, dataset in enumerate(("isic2017", "isic2016", "ph2"))
    ]
    subject = dataclasses.replace(SUBJECT, manifest={"training": {"datasets": ["isic2017"]}})
    assert evaluate_cases(cases, subject, replicates=5).external == ["ph2"]
