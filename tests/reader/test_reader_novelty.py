"""The score of how unlike an image is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.errors import ModelMismatch
from augderm.reader.novelty import LARGEST_EXCESS, NoveltyModel

SILENT = np.zeros(5, np.float32)
PLAIN = NoveltyModel(np.zeros(4, np.float32), np.eye(4, dtype=np.float32), SILENT, limit=2.0)
BLANK = NoveltyModel(PLAIN.mean, PLAIN.whitening, np.array([1.0, 0.0, 0.0, 0.0, -0.5], np.float32), limit=2.0)
"""Blank skin above 0.5 of the first feature."""


def test_the_score_agrees_with_a_hand_computed_value() -> None:
    read = PLAIN.read(np.array([2.0, 4.0, 4.0, 0.0], np.float32))
    assert read.score == pytest.approx(3.0)
    assert read.limit == 2.0
    assert read.beyond


@given(st.integers(0, 999), st.floats(1, 5))
def test_the_score_grows_away_from_the_mean(seed: int, further: float) -> None:
    rng = np.random.default_rng(seed)
    mean, whitening = rng.normal(size=4).astype(np.float32), rng.normal(size=(4, 4)).astype(np.float32)
    model = NoveltyModel(mean, whitening, SILENT, limit=1.0)
    step = rng.normal(size=4)
    near, far = model.scores(np.stack([model.mean + step, model.mean + further * step]))
    assert far == pytest.approx(further * near, rel=1e-3, abs=1e-5)
    assert model.scores(model.mean) == 0


def test_it_is_one_on_the_mean_over_what_it_was_whitened_for() -> None:
    features = np.random.default_rng(0).normal(size=(4000, 4))
    assert math.sqrt(float((PLAIN.scores(features) ** 2).mean())) == pytest.approx(1, abs=0.02)


def test_blank_skin_is_beyond_the_limit_though_it_is_near() -> None:
    lesion, blank, surely = (BLANK.read(np.array([x, 0, 0, 0], np.float32)) for x in (0.4, 0.7, 1.5))
    assert not lesion.beyond
    assert lesion.score == pytest.approx(0.2)
    assert blank.beyond
    assert blank.score == pytest.approx(2 * math.exp(0.2))
    assert surely.score > blank.score
    assert BLANK.read(np.array([100, 0, 0, 0], np.float32)).score == pytest.approx(50)


@given(st.floats(0.51, 1e3))
def test_blankness_raises_the_score_but_not_without_end(x: float) -> None:
    score = float(BLANK.scores(np.array([x, 0, 0, 0])))
    assert 2 < score <= max(2 * math.exp(LARGEST_EXCESS), x / 2) * (1 + 1e-6)


def test_another_network_s_features_are_refused() -> None:
    with pytest.raises(ModelMismatch, match="fitted to 4 features, the network gives 5"):
        PLAIN.read(np.zeros(5, np.float32))
