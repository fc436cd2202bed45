"""Curvature says how a plane bends, and along which direction it bends least."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.structures.hessian import curvature


@settings(max_examples=25)
@given(st.floats(-1.5, 1.5), st.floats(1.5, 3.0))
def test_the_angle_is_that_of_a_bright_line(angle: float, sigma: float) -> None:
    ys, xs = np.indices((64, 64)) - 31.5
    off = -xs * np.sin(angle) + ys * np.cos(angle)
    bent = curvature(np.exp(-(off**2) / 8).astype(np.float32), sigma)
    turned = bent.angle[31, 31] - angle
    assert abs(np.sin(turned)) < 0.05
    assert bent.least[31, 31] < -0.2
    assert abs(bent.greatest[31, 31]) < 0.1 * abs(bent.least[31, 31])


def test_a_gaussian_spot_bends_alike_in_all_directions_as_the_formula_says() -> None:
    ys, xs = np.indices((64, 64)) - 32.0
    sigma, spot = 2.0, 3.0
    bent = curvature(np.exp(-(xs**2 + ys**2) / (2 * spot**2)).astype(np.float32), sigma)
    # A Gaussian of variance v blurred by s^2: height v / (v + s^2), second derivative -height / (v + s^2).
    wanted = -(sigma**2) * spot**2 / (spot**2 + sigma**2) ** 2
    assert bent.greatest[32, 32] == pytest.approx(wanted, rel=0.05)
    assert bent.least[32, 32] == pytest.approx(wanted, rel=0.05)


def test_a_plane_that_rises_evenly_does_not_bend() -> None:
    ys, xs = np.indices((64, 64), dtype=np.float32)
    bent = curvature(2 * xs + 3 * ys, 2.0)
    assert np.abs(bent.greatest[16:48, 16:48]).max() < 1e-2
