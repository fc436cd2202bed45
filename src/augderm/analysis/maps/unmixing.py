"""Which amounts of known absorbers explain the optical densities of a pixel: weighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig

MAX_CONDITION = 50.0
"""Largest condition number of the spectra, each scaled to length 1. Sets over the visible have 8 to 14; in
the near infrared alone, where melanin and scattering look alike, it is above 100, and 1 % of noise makes
oxyhaemoglobin more uncertain than its amount in skin."""
MODEL_SPREAD = 0.0043
"""Optical density (1 % of the light) by which spectra and bands are wrong at best: a plane with less noise
than that weighs no more."""
PIXELS_AT_ONCE = 65_536
"""Pixels whose equations are held in memory together: 16 MB for four unknowns."""


@dataclass(frozen=True, slots=True, eq=False)
class Unmixed:
    """The amounts, and how well they explain what was seen.

    Attributes:
        amounts: (k, h, w) float32, in the unit that the spectra are per. Not held above 0: noise around 0
            then has a mean of 0, and a share of clearly negative pixels says that the model does not fit.
        offset: (h, w) float32, what is common to all wavelengths (light, distance, surface gloss); 0 where
            it was not asked for.
        residual: (h, w) float32, root mean square of what is left, per degree of freedom, in optical
            density; planes count by their weights.
        covariance: (k, k, h, w) float32, of the amounts, made by the noise; 0 where none was given.
    """

    amounts: NDArray[np.float32]
    offset: NDArray[np.float32]
    residual: NDArray[np.float32]
    covariance: NDArray[np.float32]


def unmix(
    density: NDArray[np.float32],
    spectra: NDArray[np.float64],
    *,
    variance: NDArray[np.float32] | None = None,
    with_offset: bool = False,
) -> Unmixed:
    """Unmix every pixel.

    Each plane weighs by 1 / (variance + `MODEL_SPREAD`^2). No other linear estimate without a bias has less
    noise than the one weighted by the variance (Gauss and Markov); it reaches the bound of Cramer and Rao.

    Args:
        density: (n, h, w) optical densities; a pixel with nan gets nan.
        spectra: (n, k) optical density per unit of each absorber.
        variance: (n, h, w) of the noise of each density; planes weigh alike where None.
        with_offset: also fit what is the same at all wavelengths. A factor common to all planes, such as
            the exposure, then changes nothing but the offset.

    Raises:
        InvalidConfig: there are fewer than k + 1 wavelengths (k + 2 with an offset), so that nothing would
            be left to judge the fit by; or the spectra are too much alike at these wavelengths.
    """
    columns = np.hstack([spectra, np.ones((len(spectra), 1))]) if with_offset else spectra
    count, unknowns = columns.shape
    if count <= unknowns:
        raise InvalidConfig(
            f"There are {count} wavelengths for {unknowns} unknowns; at least {unknowns + 1} are needed, so "
            "that a residual shows whether the model fits; add planes"
        )
    lengths = np.linalg.norm(columns, axis=0)
    condition = float(np.linalg.cond(columns / lengths))
    if not condition <= MAX_CONDITION:
        raise InvalidConfig(
            "The absorbers look alike at these wavelengths (condition number "
            f"{condition:.0f}, the limit is {MAX_CONDITION:.0f}): their amounts would be noise; add planes "
            "between 500 and 600 nm"
        )
    shape = density.shape[1:]
    seen = density.reshape(count, -1)
    noise = np.zeros_like(seen) if variance is None else variance.reshape(count, -1)
    parts = [
        _solved(seen[:, start : start + PIXELS_AT_ONCE], noise[:, start : start + PIXELS_AT_ONCE], columns)
        for start in range(0, seen.shape[1], PIXELS_AT_ONCE)
    ]
    found, residual, covariance = (np.concatenate(part, axis=-1) for part in zip(*parts, strict=True))
    absorbers = spectra.shape[1]
    return Unmixed(
        amounts=found[:absorbers].reshape(absorbers, *shape),
        offset=found[-1].reshape(shape) if with_offset else np.zeros(shape, np.float32),
        residual=residual.reshape(shape),
        covariance=covariance[:absorbers, :absorbers].reshape(absorbers, absorbers, *shape),
    )


def _solved(
    density: NDArray[np.float32], variance: NDArray[np.float32], columns: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Unknowns (k, p), residual (p,) and covariance (k, k, p) of pixels (n, p)."""
    count, unknowns = columns.shape
    known = (np.isfinite(density) & np.isfinite(variance)).all(axis=0)
    seen, noise = np.where(known, density, 0).astype(np.float64), np.where(known, variance, 0)
    weights = 1 / (noise + MODEL_SPREAD**2)
    # In units of the columns' lengths the equations are well conditioned.
    lengths = np.linalg.norm(columns, axis=0)
    unit = columns / lengths
    products = np.einsum("ni,nj->nij", unit, unit).reshape(count, -1)
    inverse = np.linalg.inv((weights.T @ products).reshape(-1, unknowns, unknowns))
    found = np.einsum("pij,jp->ip", inverse, unit.T @ (weights * seen))
    left = seen - unit @ found
    residual = np.sqrt((weights * left**2).sum(axis=0) / weights.mean(axis=0) / (count - unknowns))
    noisy = ((weights**2 * noise).T @ products).reshape(-1, unknowns, unknowns)
    covariance = np.moveaxis(inverse @ noisy @ inverse, 0, -1) / np.outer(lengths, lengths)[..., None]
    return (
        np.where(known, found / lengths[:, None], np.nan).astype(np.float32),
        np.where(known, residual, np.nan).astype(np.float32),
        np.where(known, covariance, np.nan).astype(np.float32),
    )
