"""Ways to less noise in the multispectral maps, on the simulated stack that is hardest: uneven light, a dark
level, and 1 % noise.

    python tools/experiments/maps_noise.py

Each row: relative error of a pixel (root mean square) over the lesion for melanin, oxy- and deoxyhaemoglobin;
without vessels, and with vessels of 15 % more blood, for which the share of their contrast that is left is
shown for both haemoglobins. The two bounds are those of Cramer and Rao for one pixel by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import nnls
from skimage.restoration import denoise_tv_chambolle

from augderm.analysis.maps.alike_neighbours import TOLERANCE, average_alike
from augderm.analysis.maps.chromophores import density_per_unit
from augderm.analysis.maps.density_noise import density_variance
from augderm.analysis.maps.multispectral_maps import TOGETHER
from augderm.analysis.maps.optical_density import optical_density, reflectance
from augderm.analysis.maps.phantom import StackPhantom, StackSpec, simulate_stack
from augderm.analysis.maps.unmixing import unmix

SPEC = StackSpec(side_px=192, noise=0.01, uneven=0.5, dark_level=0.05)
VESSELS = 0.15
SPECTRA = density_per_unit(SPEC.wavelengths_nm)
Amounts = NDArray[np.floating]


def main() -> None:
    """Simulate, unmix in each way, print."""
    smooth, drawn = simulate_stack(SPEC), simulate_stack(replace(SPEC, vessels=VESSELS))
    for name, bound in bounds(smooth).items():
        print(f"{name:46}" + "".join(f"{value:6.1f}" for value in bound))
    for (name, plain), (_, vessels) in zip(ways(smooth), ways(drawn), strict=True):
        row = "".join(f"{value:6.1f}" for value in errors(plain, smooth))
        row += "   " + "".join(f"{value:6.1f}" for value in errors(vessels, drawn))
        row += "   " + "".join(f"{value:6.2f}" for value in contrast_left(vessels, drawn))
        print(f"{name:46}{row}", flush=True)


def bounds(phantom: StackPhantom) -> dict[str, Amounts]:
    """Least error of a pixel without a bias, in per cent, with the offset fitted and with it known."""
    clean = simulate_stack(replace(SPEC, noise=0))
    spread = SPEC.noise * clean.planes / (clean.planes - clean.dark) / np.log(10)
    precision = 1 / spread[:, phantom.lesion].astype(np.float64) ** 2
    truth = phantom.amounts[:, phantom.lesion].T
    found = {}
    for name, columns in (
        ("bound", np.hstack([SPECTRA, np.ones((len(SPECTRA), 1))])),
        ("bound, were the offset known", SPECTRA),
    ):
        information = np.einsum("ni,np,nj->pij", columns, precision, columns)
        variance = np.diagonal(np.linalg.inv(information), axis1=1, axis2=2)[:, :3]
        found[name] = 100 * np.sqrt((variance / truth**2).mean(axis=0))
    return found


def ways(phantom: StackPhantom) -> Iterator[tuple[str, Amounts]]:
    """Amounts (3, h, w) by each way."""
    density = optical_density(reflectance(phantom.planes, phantom.dark, phantom.flat))
    variance = density_variance(density, phantom.planes - phantom.dark)
    yield "least squares", unmix(density, SPECTRA, with_offset=True).amounts
    weighted = unmix(density, SPECTRA, variance=variance, with_offset=True)
    yield "weighted by the noise that is seen", weighted.amounts
    yield "the same, not below 0", not_negative(density, variance, phantom)
    known = unmix((density - SPEC.offset).astype(np.float32), SPECTRA, variance=variance)
    yield "weighted, the offset told", known.amounts
    for sigma in (0.5, 1.0):
        blurred = ndimage.gaussian_filter(weighted.amounts, (0, sigma, sigma))
        yield f"weighted, then a blur of {sigma} pixels", blurred
    unit = weighted.amounts[:, phantom.lesion].std(axis=1)[:, None, None]
    for weight in (0.1, 0.5):
        flat = denoise_tv_chambolle(weighted.amounts / unit, weight=weight, channel_axis=0) * unit
        yield f"weighted, then total variation {weight}", flat
    whole = average_alike(weighted.amounts, weighted.covariance)
    yield "weighted, neighbours alike in all three", whole
    for tolerance in (1.0, TOLERANCE):
        parts = [
            average_alike(weighted.amounts[g], weighted.covariance[g][:, g], tolerance=tolerance)
            for g in TOGETHER
        ]
        yield f"melanin and blood apart, tolerance {tolerance}", np.concatenate(parts)


def not_negative(
    density: NDArray[np.float32], variance: NDArray[np.float32], phantom: StackPhantom
) -> Amounts:
    """Weighted, with no absorber below 0; the offset may be. Only over the lesion."""
    ones = np.ones((len(SPECTRA), 1))
    columns = np.hstack([SPECTRA, ones, -ones])
    found = np.full(phantom.amounts.shape, np.nan)
    for row, column in np.argwhere(phantom.lesion):
        weight = variance[:, row, column] ** -0.5
        amounts, _ = nnls(columns * weight[:, None], density[:, row, column] * weight)
        found[:, row, column] = amounts[:3]
    return found


def errors(found: Amounts, phantom: StackPhantom) -> Amounts:
    """Relative error of a pixel in per cent, root mean square, by absorber."""
    inside, truth = found[:, phantom.lesion], phantom.amounts[:, phantom.lesion]
    rms: Amounts = 100 * np.sqrt(((inside / truth - 1) ** 2).mean(axis=1))
    return rms


def contrast_left(found: Amounts, phantom: StackPhantom) -> Amounts:
    """Of the difference between vessels and the skin between them, the share that is found."""
    on, off = (phantom.lesion & where for where in (phantom.vessels > 0.8, phantom.vessels < 0.05))
    rises = [each[1:, on].mean(axis=1) - each[1:, off].mean(axis=1) for each in (found, phantom.amounts)]
    return np.asarray(rises[0] / rises[1])


if __name__ == "__main__":
    main()
