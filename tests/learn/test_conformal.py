"""Prediction sets hold the truth of each class as often as they say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.learn.conformal import (
    FEW_CASES,
    RARE_BELOW,
    class_thresholds,
    least_cases,
    set_threshold,
)
from augderm.reader.calibrated import softmax

some = settings(max_examples=60)
SHARES = np.array([0.03, 0.05, 0.11, 0.01, 0.13, 0.66, 0.01])
"""A mixture as uneven as a clinic's."""


def _cases(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities of imperfect sharpness, and labels of an uneven mixture."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(7, count, p=SHARES)
    logits = rng.normal(0, 1.2, (count, 7)) + 1.5 * np.eye(7)[labels] + np.log(SHARES)
    return softmax(logits), labels


def naive_threshold(true_probabilities: list[float], coverage: float) -> float:
    """The largest candidate that would exclude few enough of one more exchangeable case."""
    best = 0.0
    for candidate in true_probabilities:
        excluded = sum(p < candidate for p in true_probabilities)
        # One new case: its rank among N + 1 is uniform.
        if (excluded + 1) / (len(true_probabilities) + 1) <= 1 - coverage + 1e-12:
            best = max(best, candidate)
    return best


@some
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_the_rank_agrees_with_a_loop_over_all_candidates(scores: list[float], coverage: float) -> None:
    assert set_threshold(np.array(scores), coverage) == naive_threshold(scores, coverage)


@some
@given(st.integers(0, 10**6), st.sampled_from([0.8, 0.9, 0.95]))
def test_at_least_the_coverage_is_held_on_the_calibration_cases(seed: int, coverage: float) -> None:
    scores = np.random.default_rng(seed).uniform(0, 1, 300)
    assert (scores >= set_threshold(scores, coverage)).mean() >= coverage


@some
@given(st.integers(0, 10**6))
def test_more_coverage_is_a_lower_threshold_for_each_class(seed: int) -> None:
    probabilities, labels = _cases(300, seed)
    by_level = [class_thresholds(probabilities, labels, level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)]
    for lower, higher in itertools.pairwise(by_level):
        assert all(h <= low for low, h in zip(lower, higher, strict=True))


@pytest.mark.parametrize(("count", "zero"), [(0, True), (1, True), (8, True), (9, False), (30, False)])
def test_a_class_with_too_few_cases_is_in_every_set(count: int, zero: bool) -> None:
    assert (set_threshold(np.full(count, 0.4), 0.9) == 0) == zero


def test_new_cases_are_covered_in_each_class_and_in_all() -> None:
    held, sizes = [], []
    for seed in range(40):
        thresholds = np.array(class_thresholds(*_cases(1000, seed)))
        probabilities, labels = _cases(2000, 1000 + seed)
        inside = probabilities >= thresholds
        truth = inside[np.arange(len(labels)), labels]
        held.append([truth[labels == label].mean() for label in range(7)])
        sizes.append(inside.sum(axis=1).mean())
    by_class = np.mean(held, axis=0)
    few = SHARES * 1000 < RARE_BELOW
    assert (by_class[~few] >= 0.89).all()
    assert np.average(by_class[few], weights=SHARES[few]) >= 0.89, "together, not each"
    # Not by holding everything: with enough cases the sets are hardly larger than they must be.
    assert by_class[5] == pytest.approx(0.9, abs=0.01)
    assert np.mean(sizes) < 4


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_the_least_cases_are_the_first_that_exclude(coverage: float) -> None:
    least = least_cases(coverage)
    assert set_threshold(np.full(least, 0.4), coverage) == 0.4
    assert set_threshold(np.full(least - 1, 0.4), coverage) == 0


def test_classes_with_few_cases_share_a_threshold_which_holds_for_them_together() -> None:
    labels = np.repeat(np.arange(4), [200, 20, 15, 5])
    truth = np.random.default_rng(0).uniform(0.2, 1, len(labels))
    truth[200] = 0.001  # one of the twenty is far off
    probabilities = np.zeros((len(labels), 4))
    probabilities[np.arange(len(labels)), labels] = truth
    many, twenty, fifteen, five = class_thresholds(probabilities, labels)
    assert many == set_threshold(truth[:200])
    assert twenty == fifteen == set_threshold(truth[200:])
    assert twenty > 0.1
    assert five == 0


def test_the_harder_collection_is_held_as_often_as_the_easier_one() -> None:
    rng = np.random.default_rng(3)
    easy, hard = rng.uniform(0.5, 1, 800), rng.uniform(0.1, 1, 200)
    probabilities = np.concatenate([easy, hard])[:, None]
    labels = np.zeros(1000, np.int64)
    places = ["easy"] * 800 + ["hard"] * 200
    (alone,) = class_thresholds(probabilities, labels)
    (both,) = class_thresholds(probabilities, labels, collections=places)
    assert (hard >= alone).mean() < 0.8
    assert (hard >= both).mean() >= 0.9
    assert (easy >= both).mean() >= 0.9
    assert both == set_threshold(hard)


def test_a_collection_with_few_cases_of_a_class_has_no_say_about_it() -> None:
    probabilities = np.concatenate([np.linspace(0.5, 1, 300), np.full(FEW_CASES - 1, 0.01)])[:, None]
    labels = np.zeros(len(probabilities), np.int64)
    places = ["many"] * 300 + ["few"] * (FEW_CASES - 1)
    assert class_thresholds(probabilities, labels, collections=places) == class_thresholds(
        probabilities, labels
    )


def test_one_threshold_for_all_would_fail_the_rare_classes() -> None:
    probabilities, labels = _cases(20_000, 1)
    common = set_threshold(probabilities[np.arange(len(labels)), labels])
    held = [(probabilities[labels == label, label] >= common).mean() for label in range(7)]
    assert min(held) < 0.5
