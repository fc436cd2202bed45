"""Which amounts of known absorbers explain the optical densities of a pixel: linear least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig

MAX_CONDITION = 50.0
"""Largest condition number of the spectra, each scaled to length 1. Sets over the visible have 8 to 14; in
the near infrared alone, where melanin and scattering look alike, it is above 100, and 1 % of noise makes
oxyhaemoglobin more uncertain than its amount in skin."""


@dataclass(frozen=True, slots=True, eq=False)
class Unmixed:
    """The amounts, and how well they explain what was seen.

    Attributes:
        amounts: (k, h, w) float32, in the unit that the spectra are per. Not held above 0: noise around 0
            then has a mean of 0, and a share of clearly negative pixels says that the model does not fit.
        offset: (h, w) float32, what is common to all wavelengths (light, distance, surface gloss); 0 where
            it was not asked for.
        residual: (h, w) float32, root mean square of what is left, per degree of freedom, in optical
            density.
        noise_gain: (k,) standard deviation of each amount for noise of 1 in optical density.
    """

    amounts: NDArray[np.float32]
    offset: NDArray[np.float32]
    residual: NDArray[np.float32]
    noise_gain: NDArray[np.float64]


def unmix(
    density: NDArray[np.float32], spectra: NDArray[np.float64], *, with_offset: bool = False
) -> Unmixed:
    """Unmix every pixel.

    Args:
        density: (n, h, w) optical densities; a pixel with nan gets nan.
        spectra: (n, k) optical density per unit of each absorber.
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
    inverse = np.linalg.pinv(columns / lengths) / lengths[:, None]
    seen = density.reshape(count, -1)
    found = inverse.astype(np.float32) @ seen
    left = seen - columns.astype(np.float32) @ found
    residual = np.sqrt(np.einsum("np,np->p", left, left) / (count - unknowns))
    shape = density.shape[1:]
    absorbers = spectra.shape[1]
    return Unmixed(
        amounts=found[:absorbers].reshape(absorbers, *shape),
        offset=found[-1].reshape(shape) if with_offset else np.zeros(shape, np.float32),
        residual=residual.reshape(shape).astype(np.float32),
        noise_gain=np.linalg.norm(inverse, axis=1)[:absorbers],
    )
