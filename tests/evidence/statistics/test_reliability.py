"""Reliability, Brier score, calibration error of replicates, and the decision curve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.evidence.statistics.reliability import (
    brier_binary,
    brier_multiclass,
    decision_curve,
    reliability,
    weighted_calibration_error,
)
from augderm.learn.evaluation.scores import expected_calibration_error

some = settings(max_examples=80)
answers = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def test_the_reliability_bins_hold_every_case_once() -> None:
    probability = np.array([0.0, 0.05, 0.31, 0.39, 1.0])
    true = np.array([False, True, True, False, True])
    bins = reliability(probability, true)
    assert [held.count for held in bins] == [2, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert bins[0].mean_probability == pytest.approx(0.025)
    assert bins[3].share_true == 0.5
    assert math.isnan(bins[1].share_true)


@some
@given(answers, st.integers(0, 10**6))
def test_the_weighted_calibration_error_is_that_of_the_copies(
    rows: list[tuple[float, bool]], seed: int
) -> None:
    confidence, correct = np.array([p for p, _ in rows]), np.array([t for _, t in rows])
    weights = np.random.default_rng(seed).integers(0, 3, (2, len(rows)))
    errors = weighted_calibration_error(confidence, correct, weights.astype(float))
    for row, error in zip(weights, errors, strict=True):
        wanted = expected_calibration_error(np.repeat(confidence, row), np.repeat(correct, row))
        assert error == pytest.approx(wanted, abs=1e-9, nan_ok=True)


@some
@given(answers)
def test_the_binary_brier_score_is_that_of_scikit_learn(rows: list[tuple[float, bool]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the train extra")
    probability, true = np.array([p for p, _ in rows]), np.array([t for _, t in rows])
    wanted = metrics.brier_score_loss(true, probability, pos_label=True)
    assert brier_binary(probability, true).mean() == pytest.approx(wanted)


def test_the_multiclass_brier_score_runs_from_sure_and_right_to_sure_and_wrong() -> None:
    probabilities = np.array([[1.0, 0, 0], [1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
    found = brier_multiclass(probabilities, np.array([0, 1, 2]))
    assert found == pytest.approx([0, 2, 4 / 9 + 2 / 9])
    assert probabilities[0, 0] == 1, "the argument is left as it was"


def test_the_decision_curve_agrees_with_a_hand_count() -> None:
    probability = np.array([0.9, 0.6, 0.4, 0.1])
    positive = np.array([True, False, True, False])
    curve = decision_curve(probability, positive, np.array([0.5, 0.2]))
    # At 0.5: one found, one false; at 0.2: two found, one false.
    assert curve.by_probability == pytest.approx([1 / 4 - 1 / 4, 2 / 4 - 1 / 4 * 0.25])
    assert curve.treat_all == pytest.approx([0.5 - 0.5, 0.5 - 0.5 * 0.25])


@some
@given(answers)
def test_below_every_probability_acting_on_it_is_treating_all(rows: list[tuple[float, bool]]) -> None:
    probability = np.array([0.5 + p / 2 for p, _ in rows])
    curve = decision_curve(probability, np.array([t for _, t in rows]), np.array([0.1, 0.3, 0.49]))
    assert curve.by_probability == pytest.approx(curve.treat_all)


def test_without_cases_the_decision_curve_is_undefined() -> None:
    curve = decision_curve(np.zeros(0), np.zeros(0, bool), np.array([0.1]))
    assert math.isnan(curve.by_probability[0])
    assert math.isnan(curve.treat_all[0])
