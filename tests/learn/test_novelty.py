"""Fitting what is familiar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.learn.novelty import MIN_IMAGES, fit_novelty, shrunk_covariance


def _vectors(count: int, seed: int, size: int = 30) -> NDArray[np.float64]:
    """Correlated, of very different spreads, one of them silent."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(size, size)) * np.logspace(-2, 2, size)
    vectors = rng.normal(size=(count, size)) @ mixing + 5
    vectors[:, 0] = 3.0
    return vectors


def test_familiar_images_score_about_one_and_few_exceed_the_limit() -> None:
    model = fit_novelty(_vectors(2000, 1), _vectors(1000, 2))
    assert model
    scores = model.scores(_vectors(4000, 3))
    assert np.sqrt(np.mean(scores**2)) == pytest.approx(1, abs=0.1)
    assert np.mean(scores > model.limit) == pytest.approx(0.025, abs=0.015)


def test_what_breaks_the_pattern_is_novel_though_each_number_is_ordinary() -> None:
    model = fit_novelty(_vectors(2000, 1), _vectors(1000, 2))
    assert model
    shuffled = _vectors(500, 3)
    rng = np.random.default_rng(0)
    for column in shuffled.T:
        rng.shuffle(column)
    assert np.mean(model.scores(shuffled) > model.limit) > 0.95


def test_the_unit_of_a_feature_does_not_matter() -> None:
    learned, apart, new = (_vectors(400, seed) for seed in (1, 2, 3))
    factors = np.logspace(-3, 3, learned.shape[1])
    factors[0] = 1
    one, other = fit_novelty(learned, apart), fit_novelty(learned * factors, apart * factors)
    assert one
    assert other
    np.testing.assert_allclose(other.scores(new * factors), one.scores(new), rtol=1e-3)


def test_few_images_are_enough_for_many_features() -> None:
    model = fit_novelty(_vectors(60, 1, size=200), _vectors(60, 2, size=200))
    assert model
    assert np.isfinite(model.scores(_vectors(10, 3, size=200))).all()
    far = _vectors(10, 3, size=200) + 50 * np.random.default_rng(1).normal(size=200)
    assert (model.scores(far) > model.limit).all()


@pytest.mark.parametrize(("learned", "apart"), [(MIN_IMAGES - 1, 100), (100, MIN_IMAGES - 1), (0, 0)])
def test_too_few_images_give_no_measure(learned: int, apart: int) -> None:
    assert fit_novelty(_vectors(learned, 1), _vectors(apart, 2)) is None


def test_blank_skin_is_novel_and_lesions_of_the_same_size_are_not() -> None:
    # Windows differ from whole images in one way (blur, say), blank from lesion in another.
    blur, empty = 40 * np.eye(30)[5], 2 * np.std(_vectors(2000, 9), axis=0) * np.eye(30)[7]
    windows, blank = _vectors(200, 4) + blur, _vectors(200, 5) + blur + 3 * empty
    model = fit_novelty(_vectors(2000, 1), _vectors(1000, 2), blank=blank, windows=windows)
    assert model
    new_blank = _vectors(500, 6) + blur + 3 * empty
    assert np.mean(model.scores(new_blank) > model.limit) > 0.95
    sharp_blank = _vectors(500, 8) + 3 * empty
    assert np.mean(model.scores(sharp_blank) > model.limit) > 0.95
    lesions = np.mean(model.scores(_vectors(4000, 3)) > model.limit)
    assert lesions < 0.05


def test_without_windows_nothing_is_said_of_blank_skin() -> None:
    model = fit_novelty(_vectors(200, 1), _vectors(100, 2), blank=_vectors(5, 3), windows=_vectors(90, 4))
    assert model
    assert not model.blankness.any()


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(5, 80), st.integers(2, 40))
def test_the_shrinkage_agrees_with_scikit_learn(seed: int, count: int, size: int) -> None:
    covariance = pytest.importorskip("sklearn.covariance")
    rows = np.random.default_rng(seed).normal(size=(count, size)) @ np.diag(np.linspace(0.1, 3, size))
    expected, _ = covariance.ledoit_wolf(rows, assume_centered=True)
    np.testing.assert_allclose(shrunk_covariance(rows), expected, rtol=1e-8, atol=1e-10)
