"""ROC, areas, precision and operating points, against brute force, scikit-learn and hand counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.learn.evaluation.ranking import (
    area_above_sensitivity,
    area_beyond_sensitivity,
    average_precision,
    operating_point,
    roc_curve,
    threshold_for_sensitivity,
    weighted_area_above_sensitivity,
    weighted_area_under_roc,
    weighted_average_precision,
    weighted_operating_figures,
)
from augderm.learn.evaluation.scores import area_under_roc

some = settings(max_examples=100)
Cases = tuple[NDArray[np.bool_], NDArray[np.float64]]
cases = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=1, max_size=40).map(
    lambda rows: (np.array([p for p, _ in rows]), np.array([s / 8 for _, s in rows]))
)
both_sides = cases.filter(lambda c: bool(c[0].any() and not c[0].all()))


@some
@given(cases)
def test_a_weight_of_one_each_gives_the_plain_area(case: Cases) -> None:
    positive, score = case
    area = weighted_area_under_roc(positive, score, np.ones((1, len(score))))[0]
    assert area == pytest.approx(area_under_roc(positive, score), nan_ok=True)


@some
@given(cases, st.integers(0, 10**6))
def test_a_weight_counts_as_that_many_copies(case: Cases, seed: int) -> None:
    positive, score = case
    weights = np.random.default_rng(seed).integers(0, 4, (3, len(score)))
    areas = weighted_area_under_roc(positive, score, weights.astype(float))
    for row, area in zip(weights, areas, strict=True):
        copies = np.repeat(positive, row), np.repeat(score, row)
        assert area == pytest.approx(area_under_roc(*copies), nan_ok=True)


@some
@given(both_sides)
def test_the_curve_is_that_of_scikit_learn(case: Cases) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the train extra")
    false, found, thresholds = metrics.roc_curve(*case, drop_intermediate=False)
    mine = roc_curve(*case)
    assert mine[0] == pytest.approx(false)
    assert mine[1] == pytest.approx(found)
    assert mine[2] == pytest.approx(thresholds)


@some
@given(cases)
def test_average_precision_is_that_of_scikit_learn(case: Cases) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the train extra")
    if not case[0].any():
        assert math.isnan(average_precision(*case))
    else:
        assert average_precision(*case) == pytest.approx(metrics.average_precision_score(*case))


@some
@given(both_sides)
def test_the_area_above_no_sensitivity_is_the_whole_area(case: Cases) -> None:
    assert area_above_sensitivity(*case, 0.0) == pytest.approx(area_under_roc(*case))
    assert 0 <= area_above_sensitivity(*case, 0.8) <= 0.2 + 1e-12


def test_the_area_above_sensitivity_of_a_perfect_and_of_a_random_score() -> None:
    positive = np.array([True, True, False, False])
    assert area_above_sensitivity(positive, np.array([4.0, 3, 2, 1]), 0.8) == pytest.approx(0.2)
    # On the diagonal the triangle above 80 % is left.
    assert area_above_sensitivity(positive, np.zeros(4), 0.8) == pytest.approx(0.02)


@some
@given(both_sides)
def test_the_area_above_80_percent_is_what_the_2024_challenge_computes(case: Cases) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the train extra")
    # The challenge turns labels and scores round, and undoes scikit-learn's rescaling (McClish 1989).
    rescaled = metrics.roc_auc_score(~case[0], -case[1], max_fpr=0.2)
    least, most = 0.5 * 0.2**2, 0.2
    assert area_above_sensitivity(*case, 0.8) == pytest.approx(
        least + (most - least) * (rescaled - 0.5) / 0.5
    )


def test_the_area_beyond_a_sensitivity_goes_down_to_none() -> None:
    positive = np.array([True, True, False, False])
    assert area_beyond_sensitivity(positive, np.array([4.0, 3, 2, 1]), 0.8) == pytest.approx(1)
    assert area_beyond_sensitivity(positive, np.zeros(4), 0.8) == pytest.approx(0.2 * 0.9)


@some
@given(cases, st.floats(0.01, 1.0))
def test_the_threshold_is_the_highest_that_finds_the_share_wanted(case: Cases, wanted: float) -> None:
    positive, score = case
    threshold = threshold_for_sensitivity(positive, score, wanted)
    if not positive.any():
        assert math.isnan(threshold)
        return
    assert operating_point(positive, score, threshold).sensitivity >= wanted - 1e-9
    above = score[score > threshold]
    if len(above):
        assert operating_point(positive, score, float(above.min())).sensitivity < wanted


def test_an_operating_point_agrees_with_a_hand_count() -> None:
    positive = np.array([True, True, True, False, False, False, False, False])
    score = np.array([0.9, 0.8, 0.2, 0.85, 0.3, 0.1, 0.1, 0.0])
    point = operating_point(positive, score, 0.8)
    assert (point.flagged, point.found) == (3, 2)
    assert point.sensitivity == pytest.approx(2 / 3)
    assert point.specificity == pytest.approx(4 / 5)
    assert point.needed_to_biopsy == pytest.approx(1.5)


def test_what_cannot_be_said_is_undefined() -> None:
    none = operating_point(np.zeros(3, bool), np.array([0.1, 0.2, 0.3]), 0.5)
    assert math.isnan(none.sensitivity)
    assert math.isnan(none.needed_to_biopsy)
    assert none.specificity == 1
    assert math.isnan(area_above_sensitivity(np.ones(3, bool), np.arange(3.0), 0.8))
    assert math.isnan(average_precision(np.zeros(0, bool), np.zeros(0)))
    assert np.isnan(weighted_area_under_roc(np.zeros(0, bool), np.zeros(0), np.ones((2, 0)))).all()


@some
@given(cases, st.integers(0, 2**31), st.sampled_from((0.8, 0.9, 0.95)))
def test_in_a_bootstrap_too_a_weight_counts_as_that_many_copies(
    case: Cases, seed: int, sensitivity: float
) -> None:
    positive, score = case
    weights = np.random.default_rng(seed).integers(0, 3, len(score))
    copies = np.repeat(positive, weights), np.repeat(score, weights)
    drawn = weights[None].astype(float)
    threshold = threshold_for_sensitivity(*copies, sensitivity)
    specificity, needed = weighted_operating_figures(positive, score, drawn, sensitivity)
    precision = weighted_average_precision(positive, score, drawn)
    area = weighted_area_above_sensitivity(positive, score, drawn, sensitivity)
    assert precision[0] == pytest.approx(average_precision(*copies), nan_ok=True)
    assert area[0] == pytest.approx(area_above_sensitivity(*copies, sensitivity), nan_ok=True)
    if math.isnan(threshold):
        assert math.isnan(specificity[0])
        assert math.isnan(needed[0])
    else:
        plain = operating_point(*copies, threshold)
        assert specificity[0] == pytest.approx(plain.specificity, nan_ok=True)
        assert needed[0] == pytest.approx(plain.needed_to_biopsy)
