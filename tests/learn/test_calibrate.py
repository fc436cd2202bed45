"""Calibration on images that the network was not trained on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.domain.errors import InvalidDataset
from augderm.domain.taxonomy import CODES, DIAGNOSES
from augderm.learn.calibrate import fit_calibration, fit_set_threshold, fit_temperature
from augderm.reader.calibrated import read_diagnosis, read_malignancy, softmax


def _cases(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits that are calibrated by construction, and labels drawn from them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, 7))
    labels = np.array([rng.choice(7, p=p) for p in softmax(logits)])
    return logits, labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_a_known_overconfidence(factor: float) -> None:
    logits, labels = _cases(4000)
    assert fit_temperature(logits * factor, labels) == pytest.approx(factor, rel=0.1)


@given(st.integers(0, 1000), st.sampled_from([0.8, 0.9, 0.95]))
def test_at_least_the_coverage_is_held_on_the_calibration_cases(seed: int, coverage: float) -> None:
    scores = np.random.default_rng(seed).uniform(0, 1, 300)
    threshold = fit_set_threshold(scores, coverage)
    assert (scores >= threshold).mean() >= coverage


def test_sets_hold_the_wanted_share_of_new_cases() -> None:
    calibration = fit_calibration(*_cases(3000, seed=1))
    logits, labels = _cases(3000, seed=2)
    held = [
        CODES[label] in read_diagnosis(row, calibration).prediction_set
        for row, label in zip(logits, labels, strict=True)
    ]
    assert np.mean(held) == pytest.approx(0.9, abs=0.025)


def test_malignancy_is_calibrated_on_new_cases() -> None:
    calibration = fit_calibration(*_cases(6000, seed=3))
    logits, labels = _cases(6000, seed=4)
    behaviours = np.array([d.behaviour for d in DIAGNOSES])[labels]
    decided = behaviours != "indeterminate"
    found = np.array([read_malignancy(row, calibration).probability for row in logits[decided]])
    truth = behaviours[decided] == "malignant"
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        here = (found >= low) & (found < high)
        assert found[here].mean() == pytest.approx(truth[here].mean(), abs=0.06)


def test_too_few_or_one_sided_cases_are_refused() -> None:
    logits, labels = _cases(300)
    with pytest.raises(InvalidDataset, match="calibration_share"):
        fit_calibration(logits[:20], labels[:20])
    with pytest.raises(InvalidDataset, match="malignant"):
        fit_calibration(logits, np.full(300, CODES.index("nv")))
