"""Unmixing is linear, blind to a common gain, and honest about what it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.maps.chromophores import density_per_unit
from augderm.analysis.maps.phantom import EIGHT_BANDS_NM
from augderm.analysis.maps.unmixing import unmix
from augderm.domain.errors import InvalidConfig

SPECTRA = density_per_unit(EIGHT_BANDS_NM)
amounts = st.tuples(st.floats(0, 60), st.floats(0, 20), st.floats(0, 20))


def seen(amount: tuple[float, ...], offset: float = 0.0) -> NDArray[np.float32]:
    density: NDArray[np.float32] = (SPECTRA @ np.array(amount) + offset).astype(np.float32)[:, None, None]
    return density


@settings(max_examples=40)
@given(amounts, st.floats(-0.5, 0.5))
def test_known_amounts_come_back_whatever_the_common_gain(
    amount: tuple[float, float, float], offset: float
) -> None:
    found = unmix(seen(amount, offset), SPECTRA, with_offset=True)
    assert found.amounts[:, 0, 0] == pytest.approx(amount, abs=2e-3)
    assert found.offset[0, 0] == pytest.approx(offset, abs=1e-3)
    assert found.residual[0, 0] < 1e-4


@settings(max_examples=40)
@given(amounts, amounts, st.floats(-3, 3), st.floats(-3, 3))
def test_unmixing_is_linear(one: tuple[float, ...], other: tuple[float, ...], a: float, b: float) -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (8, 1, 1)).astype(np.float32)
    first, second = seen(one) + noise, seen(other) - noise
    mixed = unmix((a * first + b * second).astype(np.float32), SPECTRA, with_offset=True).amounts
    apart = [unmix(each, SPECTRA, with_offset=True).amounts for each in (first, second)]
    assert mixed == pytest.approx(a * apart[0] + b * apart[1], abs=5e-3)


def test_the_covariance_is_what_noise_does() -> None:
    spread = np.linspace(0.002, 0.03, 8, dtype=np.float32)[:, None, None] * np.ones((1, 100, 100), np.float32)
    noise = np.random.default_rng(0).normal(0, spread).astype(np.float32)
    found = unmix(seen((20, 4, 2)) + noise, SPECTRA, variance=spread**2, with_offset=True)
    covariance = np.cov(found.amounts.reshape(3, -1))
    assert covariance == pytest.approx(found.covariance[..., 0, 0], rel=0.05)
    assert not unmix(seen((20, 4, 2)), SPECTRA, with_offset=True).covariance.any()


def test_the_residual_is_the_noise_where_the_model_is_right() -> None:
    noise = np.random.default_rng(0).normal(0, 0.01, (8, 100, 100)).astype(np.float32)
    for variance in (None, np.full_like(noise, 1e-4)):
        found = unmix(seen((20, 4, 2)) + noise, SPECTRA, variance=variance, with_offset=True)
        # Root mean square per degree of freedom: that of the noise itself.
        assert np.sqrt((found.residual**2).mean()) == pytest.approx(0.01, rel=0.02)


def test_weights_lessen_the_noise_and_equal_ones_change_nothing() -> None:
    spread = np.full((8, 60, 60), 0.005, np.float32)
    plain = seen((20, 4, 2)) + np.random.default_rng(1).normal(0, spread).astype(np.float32)
    alike = unmix(plain, SPECTRA, variance=spread**2, with_offset=True).amounts
    assert alike == pytest.approx(unmix(plain, SPECTRA, with_offset=True).amounts, abs=1e-3)
    spread[0] = 0.1
    noisy = seen((20, 4, 2)) + np.random.default_rng(1).normal(0, spread).astype(np.float32)
    weighted = unmix(noisy, SPECTRA, variance=spread**2, with_offset=True).amounts.std(axis=(1, 2))
    assert (weighted < unmix(noisy, SPECTRA, with_offset=True).amounts.std(axis=(1, 2))).all()


def test_an_absorber_that_is_not_in_the_model_shows_in_the_residual() -> None:
    foreign = np.zeros((8, 1, 1), np.float32)
    foreign[5] = 0.3
    assert unmix(seen((20, 4, 2)) + foreign, SPECTRA, with_offset=True).residual[0, 0] > 0.05


def test_an_unknown_level_makes_its_pixel_unknown_and_no_other() -> None:
    density = np.repeat(seen((20, 4, 2)), 2, axis=2)
    density[3, 0, 1] = np.nan
    found = unmix(density, SPECTRA, with_offset=True)
    assert np.isfinite(found.amounts[:, 0, 0]).all()
    assert np.isnan(found.amounts[:, 0, 1]).all()
    assert np.isnan(found.residual[0, 1])


def test_as_many_unknowns_as_wavelengths_are_refused() -> None:
    with pytest.raises(InvalidConfig, match="4 wavelengths for 4 unknowns; at least 5"):
        unmix(seen((20, 4, 2))[:4], SPECTRA[:4], with_offset=True)


def test_wavelengths_that_do_not_tell_the_absorbers_apart_are_refused() -> None:
    infrared = density_per_unit([660, 700, 740, 780, 850, 940])
    with pytest.raises(InvalidConfig, match=r"look alike .*between 500 and 600 nm"):
        unmix(np.zeros((6, 2, 2), np.float32), infrared, with_offset=True)
