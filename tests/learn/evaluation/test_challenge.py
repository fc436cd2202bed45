"""The scores of the challenges: no labelled image is left out."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from augderm.domain.taxonomy import CODES, STRUCTURES
from augderm.evidence.statistics.proportions import proportion
from augderm.learn.evaluation.cases import Case, Columns
from augderm.learn.evaluation.challenge import (
    TASK_2,
    ChallengeScore,
    category_scores,
    challenge_scores,
)
from augderm.learn.evaluation.isic import (
    HIGH_SENSITIVITY,
    attribute_overlap,
    balanced_multiclass_accuracy,
    category_score,
    shared_areas,
    thresholded_jaccard,
)
from augderm.learn.evaluation.ranking import area_above_sensitivity, average_precision
from support.cases import abstained, case_of_code, many, record_of

MEL = CODES.index("mel")


def scores(cases: list[Case], replicates: int = 0) -> dict[str, ChallengeScore]:
    return challenge_scores(Columns.of(cases), replicates=replicates)


def value(cases: list[Case], beginning: str) -> float:
    (found,) = (row.score.value for name, row in scores(cases).items() if name.startswith(beginning))
    return found


def withheld(case: Case) -> Case:
    """The same image, abstained from."""
    return dataclasses.replace(
        case,
        status="abstained",
        probabilities=None,
        malignancy=None,
        withheld=case.probabilities,
        withheld_malignancy=case.malignancy,
        outlines={name: (0.0, either) for name, (_, either) in case.outlines.items()},
    )


def outlined(cases: list[Case]) -> tuple[list[Case], float]:
    """The cases with outlines of structures, every third without, and what Task 2 gives them."""
    rng = np.random.default_rng(5)
    masks = [rng.random((2, len(STRUCTURES), 6, 5)) < rng.uniform(0.1, 0.6) for _ in cases]
    found = [
        dataclasses.replace(
            case,
            outlines={name: shared_areas(f, w) for name, f, w in zip(STRUCTURES, *drawn, strict=True)}
            if number % 3
            else {},
        )
        for number, (case, drawn) in enumerate(zip(cases, masks, strict=True))
    ]
    seen = [drawn for number, drawn in enumerate(masks) if number % 3]
    mine, theirs = ([mask for drawn in seen for mask in drawn[side]] for side in (0, 1))
    return found, attribute_overlap(mine, theirs).jaccard


def test_where_everything_is_answered_the_scores_are_those_of_the_plain_functions() -> None:
    cases, attributes = outlined(many(200))
    columns = Columns.of(cases)
    labels, probabilities = columns.labels, columns.probabilities
    known = columns.decided
    malignant, malignancy = columns.malignant[known], columns.malignancy[known]
    melanoma = category_score(labels == MEL, probabilities[:, MEL])
    keratosis = category_score(labels == CODES.index("bkl"), probabilities[:, CODES.index("bkl")])
    wanted = [
        average_precision(malignant, malignancy),
        float(columns.jaccard.mean()),
        (melanoma.auc + keratosis.auc) / 2,
        thresholded_jaccard(columns.jaccard),
        attributes,
        balanced_multiclass_accuracy(labels, probabilities),
        balanced_multiclass_accuracy(labels, probabilities),
        melanoma.auc,
        area_above_sensitivity(malignant, malignancy, HIGH_SENSITIVITY),
        float(np.mean(probabilities.argmax(axis=1) == labels)),
        float(np.mean([category_score(labels == c, probabilities[:, c]).auc for c in range(len(CODES))])),
    ]
    found = scores(cases, replicates=100)
    assert [row.score.value for row in found.values()] == pytest.approx(wanted)
    for row in found.values():
        assert row.score.low < row.score.value < row.score.high
        assert row.unanswered == 0
    assert category_scores(columns)["mel"] == melanoma


def test_a_structure_is_scored_over_the_images_with_its_outline_and_missed_where_none_was_found() -> None:
    cases = many(90)
    assert math.isnan(scores(cases)[TASK_2].score.value)
    assert scores(cases)[TASK_2].images == 0
    shared = [dataclasses.replace(case, outlines={"streaks": (0.1, 0.2)}) for case in cases[:60]]
    assert scores([*shared, *cases[60:]])[TASK_2].score.value == pytest.approx(0.5)
    assert scores([*shared, *cases[60:]])[TASK_2].images == 60
    missed = [
        dataclasses.replace(abstained(500 + i, "nv"), outlines={"streaks": (0.0, 0.2)}) for i in range(60)
    ]
    found = scores([*shared, *missed])[TASK_2]
    assert found.score.value == pytest.approx(0.25)
    assert (found.images, found.unanswered) == (120, 60)
    nothing = [dataclasses.replace(case, outlines={"streaks": (0.0, 0.0)}) for case in cases]
    assert math.isnan(scores(nothing)[TASK_2].score.value), "nobody drew one and none was found"


def test_abstaining_changes_no_score() -> None:
    cases, _ = outlined(many(120))
    some = [withheld(case) if number % 3 else case for number, case in enumerate(cases)]
    # Structures are not located where it abstains (second_read), which Task 2 counts as missed.
    assert scores(some, 20) | {TASK_2: None} == scores(cases, 20) | {TASK_2: None}
    assert scores(some)[TASK_2].score.value < scores(cases)[TASK_2].score.value
    assert scores(some)[TASK_2].unanswered == sum(
        case.status == "abstained" and bool(case.outlines) for case in some
    )
    assert category_scores(Columns.of(some)) == category_scores(Columns.of(cases))


def test_an_image_without_any_answer_counts_as_wrong() -> None:
    read = [case_of_code(i, "mel", "mel", 0.9) for i in range(5)]
    read += [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(50)]
    cases = [*read, *(abstained(200 + i, "mel") for i in range(45))]
    name = "ISIC 2018 Task 3: balanced multiclass accuracy"
    assert scores(read)[name].score.value == 1
    assert scores(cases)[name].score.value == pytest.approx((5 / 50 + 1) / 2)
    assert (scores(cases)[name].images, scores(cases)[name].unanswered) == (100, 45)
    assert value(cases, "ISIC 2020") == pytest.approx(5 / 50)
    lost = [*read, abstained(300, "nv")]
    assert value(lost, "ISIC 2020") == pytest.approx(50 / 51), "a benign one counts as wrong too"


@pytest.mark.parametrize(
    "word", ["scc", "Squamous cell carcinoma, Invasive", "squamous-cell-carcinoma-keratoacanthoma", "sccka"]
)
def test_squamous_cell_carcinoma_and_unknown_of_isic_2019_are_classes_that_are_missed(word: str) -> None:
    cases = [case_of_code(i, "mel", "mel", 0.9) for i in range(4)]
    cases.append(
        case_of_code(5, "bcc", "bcc", 0.9, record=record_of(5, None, diagnosis=word, malignant=True))
    )
    assert value(cases, "ISIC 2018 Task 3") == 1
    assert value(cases, "ISIC 2019") == pytest.approx(1 / 2)
    unknown = record_of(6, None, diagnosis="UNK", dataset="isic2019")
    cases.append(case_of_code(6, "nv", "nv", 0.1, record=unknown))
    assert value(cases, "ISIC 2019") == pytest.approx(1 / 3)


def test_what_names_no_class_of_isic_2019_is_not_in_its_score() -> None:
    cases = [case_of_code(i, "mel", "mel", 0.9) for i in range(4)]
    records = [
        record_of(5, None, diagnosis="unk", dataset="milk10k"),
        record_of(6, None, diagnosis="unknown", dataset="isic2019"),
        record_of(7, None, diagnosis="squamous cell carcinoma that is benign", unlabelled="contradictory"),
        record_of(8, None, diagnosis="keratoacanthoma", malignant=True),
    ]
    cases += [case_of_code(9, "nv", "nv", 0.1, record=record) for record in records]
    assert value(cases, "ISIC 2019") == 1


def test_a_benign_image_without_a_diagnosis_counts_for_the_melanoma_area_of_2020() -> None:
    benign = record_of(9, None, diagnosis="unknown", malignant=False)
    cases = [case_of_code(0, "mel", "nv", 0.4), case_of_code(1, "nv", "nv", 0.1)]
    assert value(cases, "ISIC 2020") == 0.5
    assert value([*cases, case_of_code(9, "nv", "mel", 0.9, record=benign)], "ISIC 2020") == 0.25


def test_what_a_challenge_calls_negative_counts_though_its_behaviour_is_indeterminate() -> None:
    cases = [case_of_code(0, "mel", "mel", 0.6), case_of_code(1, "nv", "nv", 0.1)]
    assert value(cases, "ISIC 2024") == pytest.approx(0.2)
    atypical = {"malignant": None, "unlabelled": "indeterminate", "target": False}
    for dataset, score, alone, with_it in (
        ("isic2024", "ISIC 2024", 0.2, 0.1),
        ("isic2020", "ISIC 2020", 1.0, 0.75),  # as likely as the melanoma
        ("isic2020", "ISIC 2024", 0.2, 0.1),
    ):
        hard = record_of(2, None, dataset=dataset, **atypical)
        assert value(cases, score) == pytest.approx(alone)
        assert value([*cases, case_of_code(2, "nv", "mel", 0.9, record=hard)], score) == pytest.approx(
            with_it
        )


def test_an_accuracy_of_all_or_none_has_an_interval_by_its_lesions() -> None:
    found = scores([case_of_code(i, "nv", "nv", 0.1) for i in range(40)], replicates=20)
    accuracy = found["DermaMNIST: accuracy"].score
    assert (accuracy.low, accuracy.high) == (proportion(40, 40).low, 1.0)


def test_without_a_labelled_image_a_score_is_undefined() -> None:
    bare = case_of_code(0, "nv", "nv", 0.1, record=record_of(0, None), jaccard=None, dice=None)
    for row in scores([bare], 20).values():
        assert math.isnan(row.score.value)
        assert row.images == 0
    assert np.isnan(category_scores(Columns.of([bare]))["mel"].auc)
