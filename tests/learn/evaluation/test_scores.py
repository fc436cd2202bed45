"""The figures that a reader is judged by, against hand-computed values and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.learn.evaluation.scores import (
    area_under_roc,
    expected_calibration_error,
    jaccard,
    mean_class_recall,
    mean_jaccard,
)

Labels = NDArray[np.int64]
some = settings(max_examples=120)


def array(values: list[int]) -> Labels:
    return np.array(values, np.int64)


pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60).map(
    lambda rows: (array([a for a, _ in rows]), array([b for _, b in rows]))
)


def test_mean_class_recall_agrees_with_a_hand_computed_value() -> None:
    # Class 0: 3 of 4, class 1: 1 of 2, class 5: 0 of 1.
    labels, chosen = array([0, 0, 0, 0, 1, 1, 5]), array([0, 0, 0, 1, 1, 0, 3])
    assert mean_class_recall(labels, chosen) == pytest.approx((3 / 4 + 1 / 2 + 0) / 3)


@some
@given(pairs)
def test_mean_class_recall_agrees_with_brute_force(pair: tuple[Labels, Labels]) -> None:
    labels, chosen = pair
    recalls = []
    for label in set(labels.tolist()):
        mine = [c for t, c in zip(labels, chosen, strict=True) if t == label]
        recalls.append(sum(c == label for c in mine) / len(mine))
    assert mean_class_recall(labels, chosen) == pytest.approx(sum(recalls) / len(recalls))


@some
@given(pairs, st.permutations(range(7)))
def test_mean_class_recall_does_not_depend_on_names_or_order(
    pair: tuple[Labels, Labels], names: list[int]
) -> None:
    labels, chosen = pair
    value = mean_class_recall(labels, chosen)
    assert 0 <= value <= 1
    renamed = array(names)
    assert mean_class_recall(renamed[labels][::-1], renamed[chosen][::-1]) == pytest.approx(value)


def test_always_naming_the_commonest_class_does_not_pay() -> None:
    labels = array([5] * 93 + [4] * 7)
    assert mean_class_recall(labels, array([5] * 100)) == pytest.approx(0.5)


@some
@given(pairs)
def test_a_perfect_reader_scores_one(pair: tuple[Labels, Labels]) -> None:
    assert mean_class_recall(pair[0], pair[0]) == 1


def test_without_cases_a_figure_is_undefined() -> None:
    assert math.isnan(mean_class_recall(array([]), array([])))
    assert math.isnan(mean_jaccard(np.array([], np.float32)))
    assert math.isnan(expected_calibration_error(np.array([]), np.array([], bool)))
    assert math.isnan(area_under_roc(np.array([True, True]), np.array([0.1, 0.2])))
    assert math.isnan(area_under_roc(np.array([False]), np.array([0.1])))


def test_mean_jaccard_is_the_plain_mean() -> None:
    assert mean_jaccard(np.array([0.2, 0.9, 1.0], np.float32)) == pytest.approx(0.7)


def test_jaccard_agrees_with_a_hand_computed_value() -> None:
    found, wanted = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    found[:6], wanted[4:] = True, True
    assert jaccard(found, wanted) == pytest.approx(0.2)
    assert jaccard(found, ~found) == 0
    assert jaccard(~found & found, wanted & ~wanted) == 1


@some
@given(st.integers(0, 10**6))
def test_jaccard_is_symmetric_and_one_only_for_equals(seed: int) -> None:
    one, other = np.random.default_rng(seed).random((2, 5, 5)) < 0.5
    assert jaccard(one, other) == jaccard(other, one)
    assert (jaccard(one, other) == 1) == bool((one == other).all())
    assert 0 <= jaccard(one, other) <= 1


@some
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=50))
def test_the_area_under_roc_agrees_with_counting_pairs(cases: list[tuple[bool, int]]) -> None:
    positives = [score for positive, score in cases if positive]
    negatives = [score for positive, score in cases if not positive]
    value = area_under_roc(np.array([p for p, _ in cases]), np.array([float(s) for _, s in cases]))
    if not positives or not negatives:
        assert math.isnan(value)
        return
    won = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    assert value == pytest.approx(won / (len(positives) * len(negatives)))


def test_the_area_under_roc_of_order_reversal_and_chance() -> None:
    positive = np.array([False, False, True, True])
    assert area_under_roc(positive, np.array([0.1, 0.2, 0.3, 0.4])) == 1
    assert area_under_roc(positive, np.array([0.4, 0.3, 0.2, 0.1])) == 0
    assert area_under_roc(positive, np.zeros(4)) == 0.5


def test_the_calibration_error_agrees_with_a_hand_computed_value() -> None:
    # Bins of 1/15: 0.97 x 2 with one right, 0.51 x 2 with both right.
    confidence = np.array([0.97, 0.97, 0.51, 0.51])
    correct = np.array([True, False, True, True])
    wanted = 0.5 * abs(0.97 - 0.5) + 0.5 * abs(0.51 - 1)
    assert expected_calibration_error(confidence, correct) == pytest.approx(wanted)


@some
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_the_calibration_error_lies_between_none_and_one(cases: list[tuple[float, bool]]) -> None:
    value = expected_calibration_error(np.array([c for c, _ in cases]), np.array([k for _, k in cases]))
    assert 0 <= value <= 1


def test_a_sure_and_right_reader_has_no_calibration_error() -> None:
    assert expected_calibration_error(np.ones(5), np.ones(5, bool)) == 0
    assert expected_calibration_error(np.ones(5), np.zeros(5, bool)) == 1
