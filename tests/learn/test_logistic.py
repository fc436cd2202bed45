"""A logistic curve is found, stays finite, and starts from where it is held."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.learn.logistic import fit_curve
from augderm.reader.calibration import LogisticCurve


@pytest.mark.parametrize(("slope", "offset"), [(0.5, 0.0), (1.0, -2.0), (2.0, 1.0)])
def test_a_known_curve_is_found(slope: float, offset: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    truths = rng.uniform(size=20_000) < 1 / (1 + np.exp(-(slope * logits + offset)))
    found = fit_curve(logits, truths)
    assert found.slope == pytest.approx(slope, rel=0.08)
    assert found.offset == pytest.approx(offset, abs=0.1)


def test_separable_logits_still_give_a_finite_curve() -> None:
    found = fit_curve(np.array([-2.0, -1, 1, 2] * 10), np.array([False, False, True, True] * 10))
    assert 1 < found.slope < 20
    assert found.probability(1.0) < 1


def test_a_curve_starts_from_its_centre() -> None:
    centre = LogisticCurve(2.0, -1.0)
    held = fit_curve(
        np.array([0.0, 1.0]),
        np.array([True, False]),
        centre=centre,
        precision=1e6,
        offset_precision=1e6,
    )
    assert held.slope == pytest.approx(2.0, abs=1e-3)
    assert held.offset == pytest.approx(-1.0, abs=1e-3)
