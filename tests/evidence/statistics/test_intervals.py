"""Bootstrap by group: what is drawn together, and what an interval may say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from augderm.evidence.statistics import intervals
from augderm.evidence.statistics.intervals import bootstrap, draws, group_codes, interval, weighted_share
from augderm.learn.evaluation.ranking import weighted_area_under_roc

Rows = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def test_the_images_of_one_group_are_drawn_together() -> None:
    codes = group_codes(["b", "a", "b", "c", "a"])
    assert codes.tolist() == [1, 0, 1, 2, 0]
    weights = np.concatenate(list(draws(codes, 200, seed=1)))
    assert weights.shape == (200, 5)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 4]).all()
    # As many groups as there are, and each as often as any other.
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert weights[:, 3].mean() == pytest.approx(1, abs=0.2)


def test_the_seed_gives_the_same_draws_whatever_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.arange(50)
    whole = np.concatenate(list(draws(codes, 40, seed=3)))
    monkeypatch.setattr(intervals, "CHUNK_CELLS", 50 * 7)
    chunks = list(draws(codes, 40, seed=3))
    assert len(chunks) == 6
    assert (np.concatenate(chunks) == whole).all()


def test_the_interval_of_a_share_is_about_that_of_the_binomial() -> None:
    truths = np.arange(1000) < 300
    low, high = bootstrap(lambda w: {"share": weighted_share(truths, w)}, np.arange(1000))["share"]
    spread = 1.96 * math.sqrt(0.3 * 0.7 / 1000)
    assert low == pytest.approx(0.3 - spread, abs=0.004)
    assert high == pytest.approx(0.3 + spread, abs=0.004)


def test_copies_of_an_image_do_not_make_the_interval_narrower() -> None:
    truths = np.arange(200) < 60

    def width(copies: int) -> float:
        many = np.repeat(truths, copies)
        groups = np.repeat(np.arange(200), copies)
        low, high = bootstrap(lambda w: {"share": weighted_share(many, w)}, groups)["share"]
        return high - low

    assert width(5) == pytest.approx(width(1), rel=0.1)


@pytest.mark.slow
def test_the_interval_covers_the_truth_in_about_95_of_100_samples() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        positive = np.arange(200) < 80
        score = rng.normal(size=200) + positive  # true area: Phi(1 / sqrt 2) = 0.7602
        low, high = bootstrap(
            lambda w, p=positive, s=score: {"area": weighted_area_under_roc(p, s, w)},  # type: ignore[misc]
            np.arange(200),
            replicates=400,
        )["area"]
        covered += low <= 0.7602 <= high
    assert 180 <= covered <= 198


def test_a_figure_that_is_often_undefined_has_no_interval() -> None:
    assert np.isnan(interval(np.array([0.5, 0.6] * 40 + [np.nan] * 20))).all()
    assert not np.isnan(interval(np.array([0.5, 0.6] * 49 + [np.nan] * 2))).any()
    assert np.isnan(interval(np.array([]))).all()


def test_none_in_three_does_not_claim_to_be_exactly_none() -> None:
    found = bootstrap(lambda w: {"share": weighted_share(np.zeros(3, bool), w)}, np.arange(3))
    assert np.isnan(found["share"]).all()


def test_without_cases_there_is_no_interval() -> None:
    assert bootstrap(lambda w: {"share": weighted_share(np.zeros(0, bool), w)}, np.zeros(0, np.int64)) == {}
