"""Neighbours that differ by noise only are averaged, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.maps.alike_neighbours import REACH_PX, average_alike

SIDE = 48
NOISE = np.array([[1.0, -0.8], [-0.8, 2.0]])


def covariance(of: NDArray[np.float64] = NOISE) -> NDArray[np.float32]:
    return np.broadcast_to(of[..., None, None], (*of.shape, SIDE, SIDE)).astype(np.float32)


def noise(seed: int = 0) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).multivariate_normal([0, 0], NOISE, (SIDE, SIDE))
    return np.moveaxis(drawn, -1, 0).astype(np.float32)


def step(height: float) -> NDArray[np.float32]:
    picture = np.zeros((2, SIDE, SIDE), np.float32)
    picture[:, :, SIDE // 2 :] = height
    return picture


def test_on_even_skin_noise_falls_to_less_than_a_quarter_and_the_mean_stays() -> None:
    found = average_alike(noise(), covariance())
    assert (found.std(axis=(1, 2)) < noise().std(axis=(1, 2)) / 4).all()
    assert found.mean(axis=(1, 2)) == pytest.approx(noise().mean(axis=(1, 2)), abs=0.02)


def test_an_edge_above_the_noise_stays_as_sharp_as_it_was() -> None:
    found = average_alike(step(12) + noise(), covariance()).mean(axis=1)
    assert found[:, SIDE // 2 - 1] == pytest.approx(0, abs=0.8)
    assert found[:, SIDE // 2] == pytest.approx(12, abs=0.8)


@settings(max_examples=15)
@given(st.floats(-1e4, 1e4), st.floats(1e-3, 1e3), st.integers(0, 9))
def test_a_common_amount_and_the_unit_do_not_matter(amount: float, unit: float, seed: int) -> None:
    plain = average_alike(step(4) + noise(seed), covariance())
    shifted = average_alike(
        ((step(4) + noise(seed)) + amount) * np.float32(unit), covariance(NOISE * unit**2)
    )
    assert shifted / unit - amount == pytest.approx(plain, abs=0.02 + 1e-5 * abs(amount))


@settings(max_examples=15)
@given(st.integers(0, 99), st.floats(0, 20))
def test_nothing_leaves_the_range_of_its_neighbourhood(seed: int, height: float) -> None:
    before = step(height) + noise(seed)
    found = average_alike(before, covariance())
    assert found.min() >= before.min() - 1e-3
    assert found.max() <= before.max() + 1e-3


def test_without_noise_nothing_changes() -> None:
    before = step(3) + noise()
    assert np.array_equal(average_alike(before, covariance(0 * NOISE)), before)
    assert average_alike(before, covariance(1e-9 * NOISE)) == pytest.approx(before, abs=1e-5)


def test_a_turned_picture_gives_the_turned_result() -> None:
    before = step(3) + noise()
    turned = average_alike(before[:, ::-1, ::-1], covariance())[:, ::-1, ::-1]
    assert turned == pytest.approx(average_alike(before, covariance()), abs=1e-4)


def test_unknown_pixels_give_nothing_and_stay_unknown() -> None:
    before = noise()
    before[1, 20:25, 20:25] = np.nan
    found = average_alike(before, covariance())
    unknown = np.isnan(before[1])
    assert np.array_equal(np.isnan(found).all(axis=0), unknown)
    beside = np.zeros_like(unknown)
    beside[19:26, 19:26] = True
    assert np.abs(found[:, beside & ~unknown]).max() < 2
    assert np.isnan(average_alike(np.full_like(before, np.nan), covariance())).all()


def test_a_picture_smaller_than_the_reach_is_averaged_too() -> None:
    small = average_alike(noise()[:, :2, : REACH_PX - 1], covariance()[..., :2, : REACH_PX - 1])
    assert small.shape == (2, 2, 2)
    assert np.isfinite(small).all()
