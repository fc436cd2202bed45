"""What a bundle reaches, from its assessments."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.evidence.statistics.proportions import proportion
from augderm.learn.evaluation.cases import Columns, case_of
from augderm.learn.evaluation.figures import Figure, figures, flat, weighted_figures
from augderm.learn.evaluation.scores import area_under_roc, expected_calibration_error, mean_class_recall
from support.cases import abstained, case_of_code, many, record_of


def test_figures_of_a_small_table_are_those_counted_by_hand() -> None:
    cases = [
        case_of_code(0, "mel", "mel", 0.9),
        case_of_code(1, "mel", "nv", 0.4),
        case_of_code(2, "nv", "nv", 0.1),
        abstained(3, "nv"),
    ]
    found = {name: figure.value for name, figure in figures(cases).items()}
    assert found["images"] == 4
    assert found["abstained"] == 0.25
    assert found["mean class recall"] == pytest.approx((0.5 + 1) / 2)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["malignancy AUC (akiec left out)"] == 1
    assert found["recall mel"] == 0.5
    assert found["images mel"] == 2
    assert found["prediction set coverage"] == pytest.approx(2 / 3)
    assert found["coverage mel"] == 0.5
    assert found["border mean Jaccard"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    assert found["borders below 0.65"] == 0.25


def test_recall_is_also_told_with_what_was_not_read_counted_as_missed() -> None:
    cases = [case_of_code(i, "mel", "mel", 0.9) for i in range(5)]
    cases += [case_of_code(100 + i, "nv", "nv", 0.1) for i in range(50)]
    found = figures([*cases, *(abstained(200 + i, "mel") for i in range(45))], replicates=20)
    assert found["recall mel"].value == 1
    assert found["recall mel, not read counted as missed"].value == pytest.approx(0.1)
    assert found["mean class recall, not read counted as missed"].value == pytest.approx((0.1 + 1) / 2)
    assert [found[name].value for name in ("images", "images read", "images mel", "images mel, read")] == [
        *(100, 55, 50, 5)
    ]


def test_a_share_of_all_or_none_has_an_interval_by_its_lesions() -> None:
    pictures = [
        case_of_code(i, "nv", "nv", 0.1, record=record_of(i, 5, group=f"g{i // 2}")) for i in range(80)
    ]
    found = figures(pictures, replicates=20)
    wanted = proportion(40, 40)
    for name in ("accuracy", "recall nv", "coverage nv"):
        assert (found[name].low, found[name].high) == (wanted.low, wanted.high), name
    assert [found["failed"].low, found["failed"].high] == pytest.approx([0, 1 - wanted.low])
    assert math.isnan(found["mean class recall"].low), "a mean of shares is none"
    assert math.isnan(figures(pictures, replicates=0)["accuracy"].low), "which was not asked for"


def test_what_is_benign_without_a_class_is_no_melanoma() -> None:
    benign = record_of(2, None, diagnosis="unknown", malignant=False)
    malignant = record_of(3, None, diagnosis="scc", malignant=True)
    cases = [case_of_code(0, "mel", "nv", 0.4), case_of_code(1, "nv", "nv", 0.1)]
    assert figures(cases)["melanoma AUC"].value == 0.5
    cases.append(case_of_code(2, "nv", "mel", 0.9, record=benign))
    assert figures(cases)["melanoma AUC"].value == 0.25
    cases.append(case_of_code(3, "nv", "mel", 0.9, record=malignant))
    assert figures(cases)["melanoma AUC"].value == 0.25, "which carcinoma it is need not be known"


def test_the_figures_are_those_of_the_plain_functions() -> None:
    cases = many(120)
    found = {name: figure.value for name, figure in figures(cases, replicates=0).items()}
    columns = Columns.of(cases)
    chosen = columns.probabilities.argmax(axis=1)
    mel = CODES.index("mel")
    assert found["mean class recall"] == pytest.approx(mean_class_recall(columns.labels, chosen))
    assert found["melanoma AUC"] == pytest.approx(
        area_under_roc(columns.labels == mel, columns.probabilities[:, mel])
    )
    assert found["ECE of the likeliest class"] == pytest.approx(
        expected_calibration_error(columns.probabilities.max(axis=1), chosen == columns.labels)
    )
    areas = [found[f"structure AUC {name}"] for name in STRUCTURES]
    assert found["structures mean AUC"] == pytest.approx(np.mean(areas))
    assert len([name for name in found if name.startswith("artefact AUC")]) == len(ARTEFACTS)


def test_every_interval_holds_its_value() -> None:
    for name, figure in figures(many(150), replicates=200).items():
        # A calibration error is larger in every redrawn sample: doubled cases are no new ones.
        if not math.isnan(figure.low) and not name.startswith("ECE"):
            assert figure.low <= figure.value <= figure.high, name


def test_accuracy_and_areas_are_those_of_scikit_learn_as_dermamnist_reports_them() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the train extra")
    cases = many(200)
    columns = Columns.of(cases)
    found = figures(cases, replicates=0)
    chosen = columns.probabilities.argmax(axis=1)
    assert found["accuracy"].value == pytest.approx(metrics.accuracy_score(columns.labels, chosen))
    wanted = metrics.roc_auc_score(columns.labels, columns.probabilities, multi_class="ovr", average="macro")
    assert found["mean class AUC"].value == pytest.approx(wanted)
    balanced = metrics.balanced_accuracy_score(columns.labels, chosen)
    assert found["mean class recall"].value == pytest.approx(balanced)


def test_actinic_keratosis_counts_on_neither_side_of_malignancy() -> None:
    cases = [case_of_code(0, "mel", "mel", 0.9), case_of_code(1, "nv", "nv", 0.1)]
    with_akiec = [*cases, case_of_code(2, "akiec", "akiec", 0.99), case_of_code(3, "akiec", "akiec", 0.01)]
    name = "malignancy AUC (akiec left out)"
    assert figures(cases)[name].value == figures(with_akiec)[name].value == 1


def test_a_diagnosis_outside_of_the_taxonomy_counts_for_malignancy_alone() -> None:
    scc = case_of_code(2, "nv", "nv", 0.05, record=record_of(2, None, diagnosis="scc", malignant=True))
    cases = [case_of_code(0, "mel", "mel", 0.9), case_of_code(1, "nv", "nv", 0.1), scc]
    found = figures(cases)
    assert found["accuracy"].value == 1
    assert found["malignancy AUC (akiec left out)"].value == 0.5


def test_an_undefined_figure_is_undefined() -> None:
    assert math.isnan(figures([case_of_code(0, "nv", "nv", 0.1)])["melanoma AUC"].value)
    nothing = figures([abstained(0, "nv")])
    assert math.isnan(nothing["accuracy"].value)
    assert math.isnan(nothing["structures mean AUC"].value)
    assert math.isnan(nothing["modality accuracy"].value)
    assert nothing["abstained"].value == 1


def test_without_a_reference_mask_the_border_is_undefined_and_not_missed() -> None:
    cases = [dataclasses.replace(case_of_code(0, "nv", "nv", 0.1), jaccard=None, dice=None)]
    assert math.isnan(figures(cases)["border mean Jaccard"].value)
    cases.append(case_of_code(1, "nv", "nv", 0.1, jaccard=0.0, dice=0.0))
    assert figures(cases)["borders below 0.65"].value == 1


def test_a_weight_counts_as_that_many_copies() -> None:
    cases = many(40)
    weights = np.random.default_rng(1).integers(0, 3, 40)
    copies = [case for case, times in zip(cases, weights, strict=True) for _ in range(times)]
    found = weighted_figures(Columns.of(cases), weights[None].astype(float))
    wanted = weighted_figures(Columns.of(copies), np.ones((1, len(copies))))
    for name in wanted:
        assert found[name][0] == pytest.approx(wanted[name][0], nan_ok=True), name


def test_for_json_the_undefined_is_null_and_an_interval_has_two_names() -> None:
    row = {"images": Figure(3.0), "melanoma AUC": Figure(0.9, 0.8, 0.95), "recall mel": Figure(math.nan)}
    assert flat({"recall mel": Figure(0.5, few=True)}) == {"recall mel": 0.5, "recall mel, too few": 1}
    assert flat(row) == {
        "images": 3.0,
        "melanoma AUC": 0.9,
        "melanoma AUC, 95 % from": 0.8,
        "melanoma AUC, 95 % to": 0.95,
        "recall mel": None,
    }


MEASURED = {"jaccard": 0.8, "dice": 0.9, "ita_deg": None}


def test_a_case_takes_from_an_assessment_what_it_gives() -> None:
    assessment: dict[str, Any] = {
        "status": "ok",
        "reason": "",
        "diagnosis": {
            "probabilities": dict(zip(CODES, (0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1), strict=True)),
            "prediction_set": ["mel", "nv"],
            "coverage": 0.9,
        },
        "malignancy": {"probability": 0.5, "indeterminate": 0.1},
        "structures": {"globules": {"probability": 0.7}, "streaks": {"probability": None}},
        "artefacts": {"hair": {"probability": 0.2}},
        "modality": {"name": "clinical", "clinical_probability": 0.9},
        "novelty": {"score": 2.0, "limit": 1.5},
    }
    case = case_of(record_of(0, 4), assessment, MEASURED)
    assert case.probabilities is not None
    assert case.probabilities[4] == 0.4
    assert case.prediction_set == ("mel", "nv")
    assert dict(case.structures) == {"globules": 0.7}
    assert case.modality == "clinical"
    assert case.novel is True


def test_what_the_network_says_of_an_image_that_is_abstained_from_is_kept_apart() -> None:
    said = {"probabilities": dict.fromkeys(CODES, 0.1) | {"mel": 0.4}, "malignancy": 0.5}
    assessment: dict[str, Any] = {
        "status": "abstained",
        "reason": "Unlike.",
        "diagnosis": None,
        "malignancy": None,
    }
    case = case_of(record_of(0, 4), assessment, MEASURED, said)
    columns = Columns.of([case, case_of(record_of(1, 4), assessment, MEASURED)])
    assert case.probabilities is None
    assert columns.read.tolist() == [False, False]
    assert columns.answered.tolist() == [True, False]
    assert columns.answers[0, 4] == 0.4
    assert columns.answer_malignancy[0] == 0.5


def test_an_assessment_of_an_older_bundle_leaves_the_rest_undefined() -> None:
    old: dict[str, Any] = {
        "status": "abstained",
        "reason": "Dark.",
        "diagnosis": None,
        "malignancy": None,
        "structures": {},
    }
    case = case_of(record_of(0, 4), old, MEASURED)
    assert case.probabilities is None
    assert case.modality is None
    assert case.novel is None
    taken_for_granted = {**old, "modality": {"name": "dermoscopic", "clinical_probability": None}}
    assert case_of(record_of(0, 4), taken_for_granted, MEASURED).modality is None
