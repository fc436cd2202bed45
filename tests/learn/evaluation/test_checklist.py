"""The figures of the 7-point checklist, counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from augderm.domain.taxonomy import CHECKLIST, CODES
from augderm.learn.evaluation.cases import Case, case_of
from augderm.learn.evaluation.checklist import MEAN, checklist_figures
from augderm.learn.evaluation.pages import model_card, report_html
from support.cases import case_of_code, many, record_of

HARMLESS = {criterion: names[0] for criterion, names in CHECKLIST.items()}
ATYPICAL = HARMLESS | {"pigment_network": "atypical", "blue_whitish_veil": "present"}


def told(categories: dict[str, str], certainty: float = 0.9) -> dict[str, dict[str, float] | None]:
    return {
        criterion: {
            name: certainty if name == chosen else (1 - certainty) / (len(CHECKLIST[criterion]) - 1)
            for name in CHECKLIST[criterion]
        }
        for criterion, chosen in categories.items()
    }


def case(number: int, code: str, truth: dict[str, Any], said: dict[str, str]) -> Case:
    labels = {name: (value,) if isinstance(value, str) else value for name, value in truth.items()}
    record = replace(record_of(number, CODES.index(code)), checklist=labels)
    return replace(case_of_code(number, code, code, 0.5, record=record), checklist=told(said))


def values(cases: list[Case]) -> dict[str, float]:
    return {name: figure.value for name, figure in checklist_figures(cases, replicates=0).items()}


def test_accuracy_area_and_score_are_those_counted_by_hand() -> None:
    cases = [
        case(0, "mel", ATYPICAL, ATYPICAL),
        case(1, "mel", ATYPICAL, HARMLESS),
        case(2, "nv", HARMLESS, HARMLESS),
        case(3, "bcc", HARMLESS, ATYPICAL),
    ]
    found = values(cases)
    assert found["images"] == 4
    assert found["accuracy pigment_network"] == found["accuracy blue_whitish_veil"] == 0.5
    assert found["accuracy streaks"] == 1
    assert found[MEAN] == pytest.approx((0.5 + 0.5 + 5) / 7)
    assert found["AUC blue_whitish_veil: present"] == 0.5
    assert math.isnan(found["AUC streaks: irregular"])
    assert found["7-point score: sensitivity"] == 0.5
    assert found["7-point score: specificity"] == 0.5
    assert found["7-point score as labelled: sensitivity"] == 1
    assert found["7-point score as labelled: specificity"] == 1


def test_two_points_are_not_suspicious_and_three_are() -> None:
    two = HARMLESS | {"pigment_network": "atypical"}
    three = two | {"streaks": "irregular"}
    found = values([case(0, "mel", HARMLESS, two), case(1, "mel", HARMLESS, three)])
    assert found["7-point score: sensitivity"] == 0.5


def test_a_label_of_several_categories_counts_for_what_it_excludes_alone() -> None:
    present = {"streaks": ("regular", "irregular")}
    cases = [
        case(0, "nv", present, HARMLESS | {"streaks": "regular"}),
        case(1, "nv", {"streaks": "absent"}, HARMLESS),
        case(2, "nv", {"streaks": "irregular"}, HARMLESS | {"streaks": "irregular"}),
    ]
    found = values(cases)
    assert found["AUC streaks: absent"] == 1
    assert found["accuracy streaks"] == 1
    assert math.isnan(found["AUC streaks: regular"])
    assert math.isnan(found[MEAN])  # the others are not labelled: seven are seven
    assert math.isnan(found["7-point score as labelled: specificity"])
    assert found["7-point score: specificity"] == 1


def test_what_is_not_known_to_be_no_melanoma_is_left_out_of_the_score() -> None:
    unknown = case(0, "nv", HARMLESS, ATYPICAL)
    unknown = replace(unknown, record=replace(unknown.record, label=None, malignant=None))
    assert math.isnan(values([unknown])["7-point score: specificity"])
    benign = replace(unknown, record=replace(unknown.record, malignant=False))
    assert values([benign])["7-point score: specificity"] == 0


def test_without_labels_or_without_such_a_bundle_there_are_no_figures() -> None:
    assert checklist_figures(many(5)) == {}
    unlabelled = case(0, "nv", {}, HARMLESS)
    untold = replace(case(0, "nv", HARMLESS, HARMLESS), checklist={})
    assert checklist_figures([unlabelled, untold]) == {}


def test_every_interval_holds_its_value() -> None:
    rng = np.random.default_rng(1)
    cases = []
    for number in range(120):
        truth, said = (
            {criterion: str(rng.choice(names)) for criterion, names in CHECKLIST.items()} for _ in range(2)
        )
        mixed = {name: truth[name] if rng.random() < 0.5 else said[name] for name in truth}
        cases.append(case(number, str(rng.choice(["mel", "nv"])), truth, mixed))
    found = checklist_figures(cases, replicates=200)
    for name, figure in found.items():
        if name != "images":
            assert figure.low <= figure.value <= figure.high, name
    assert 0.55 < found[MEAN].value < 0.8


def test_the_checklist_comes_from_the_assessment_and_an_old_one_has_none() -> None:
    line: dict[str, Any] = {"status": "abstained", "reason": "Blurred.", "checklist": {}}
    measured = {"jaccard": None, "dice": None, "ita_deg": None}
    assert case_of(record_of(0, 5), line, measured).checklist == {}
    del line["checklist"]
    assert case_of(record_of(0, 5), line, measured).checklist == {}
    line["checklist"] = {"streaks": {"probabilities": None}, "pigmentation": {"probabilities": {"absent": 1}}}
    assert case_of(record_of(0, 5), line, measured).checklist == {
        "streaks": None,
        "pigmentation": {"absent": 1},
    }


def test_report_and_card_show_it_where_there_are_figures() -> None:
    from augderm.learn.evaluation.evaluation import Subject, evaluate_cases

    subject = Subject(
        bundle="b",
        version="1",
        sha256="ab" * 32,
        dataset="d",
        chosen="all",
        manifest={},
        versions={},
        command="augderm evaluate b d",
    )
    shown = evaluate_cases([case(i, "mel", ATYPICAL, ATYPICAL) for i in range(4)], subject, replicates=5)
    without = evaluate_cases(many(4), subject, replicates=5)
    for page in (report_html, model_card):
        assert "7-point score as labelled" in page(shown).replace("\\", "")
        assert "as labelled" not in page(without)
