"""Errors of the multispectral maps on simulated stacks, and of the model where skin differs from it.

    python tools/experiments/maps_errors.py

Each row: relative error of a pixel (root mean square) and of the mean, over the lesion, for melanin, oxy- and
deoxyhaemoglobin; and the residual there, in optical density.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augderm.analysis.maps.multispectral_maps import multispectral_maps
from augderm.analysis.maps.phantom import EIGHT_SHIFTS_PX, StackSpec, simulate_stack

SIDE_PX = 192


def main() -> None:
    """Simulate, unmix, print."""
    plain = StackSpec(side_px=SIDE_PX)
    noisy = replace(plain, noise=0.01)
    uneven = replace(noisy, uneven=0.5, dark_level=0.05)
    specs = {
        "no noise": plain,
        "1 % noise": noisy,
        "moved planes": replace(plain, shifts=EIGHT_SHIFTS_PX),
        "moved planes, 1 % noise": replace(noisy, shifts=EIGHT_SHIFTS_PX),
        "uneven light, dark, 1 % noise": uneven,
        "the same with vessels": replace(uneven, vessels=0.3),
        "five bands 500-600 nm, 1 % noise": replace(noisy, wavelengths_nm=(500, 540, 560, 580, 600)),
        "melanin exponent 3.33": replace(plain, melanin_exponent=3.33),
        "melanin exponent 3.00": replace(plain, melanin_exponent=3.0),
        "path grows 10 % to the red": replace(plain, path_growth=0.1),
        "path grows 50 % to the red": replace(plain, path_growth=0.5),
    }
    print(f"{'':34}{'melanin':>15}{'oxy':>15}{'deoxy':>15}{'residual':>10}")
    for name, spec in specs.items():
        phantom = simulate_stack(spec)
        maps = multispectral_maps(phantom.planes, spec.wavelengths_nm, dark=phantom.dark, flat=phantom.flat)
        cells = []
        for found, truth in zip(maps.maps[:3], phantom.amounts, strict=True):
            known = phantom.lesion & np.isfinite(found.values)
            pixel = np.sqrt(np.mean((found.values[known] / truth[known] - 1) ** 2))
            mean = found.values[known].mean() / truth[known].mean() - 1
            cells.append(f"{100 * pixel:6.1f} {100 * mean:+6.1f} %")
        residual = np.nanmean(maps.maps[3].values[phantom.lesion])
        print(f"{name:34}" + "".join(f"{cell:>15}" for cell in cells) + f"{residual:10.4f}")


if __name__ == "__main__":
    main()
