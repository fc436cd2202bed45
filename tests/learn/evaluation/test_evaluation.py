"""All figures together, and their form for machines."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from augderm.domain.taxonomy import CODES
from augderm.learn.evaluation.cases import Case
from augderm.learn.evaluation.evaluation import (
    ALL,
    SENSITIVITIES,
    Evaluation,
    Subject,
    evaluate_cases,
    malignancy_threshold,
    split_parts,
    to_json,
)
from support.cases import abstained, case_of_code, many, record_of

SUBJECT = Subject(
    bundle="mini",
    version="1",
    sha256="ab" * 32,
    dataset="data",
    chosen="fold 0",
    manifest={"training": {"datasets": ["d"]}},
    versions={"augderm": "0"},
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


def test_the_confusion_counts_every_labelled_case_also_those_not_read() -> None:
    cases = [case_of_code(0, "mel", "nv", 0.2), case_of_code(1, "nv", "nv", 0.1), abstained(2, "mel")]
    found = evaluated(cases)
    counts = found.closer[0].counts
    mel, nv = CODES.index("mel"), CODES.index("nv")
    assert counts.sum() == 3
    assert counts[mel, nv] == counts[nv, nv] == counts[mel, len(CODES)] == 1
    assert (found.melanomas, found.melanomas_missed) == (2, 2)
    assert found.reasons == {"Too blurred.": 1}


def test_each_sensitivity_wanted_has_an_operating_point() -> None:
    found = evaluated(many(200)).closer[0]
    for points in found.points.values():
        assert [point.sensitivity >= wanted for point, wanted in zip(points, SENSITIVITIES, strict=True)]
        assert points[0].threshold >= points[1].threshold >= points[2].threshold


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
    assert found["schema"] == "augderm.evaluation/1"
    value = found["parts"][ALL]["melanoma AUC"]["value"]
    assert value is None if len(cases) == 1 else 0 <= value <= 1


def test_a_collection_that_shares_images_with_the_training_is_none_from_elsewhere() -> None:
    cases = [
        case_of_code(number, "nv", "nv", 0.1, record=record_of(number, 5, dataset=dataset))
        for number, dataset in enumerate(("isic2017", "isic2016", "ph2"))
    ]
    subject = dataclasses.replace(SUBJECT, manifest={"training": {"datasets": ["isic2017"]}})
    assert evaluate_cases(cases, subject, replicates=5).external == ["ph2"]
