"""Simulated stacks with known concentrations: what the unmixing is tested with.

A lesion of the shape of `analysis.phantom`, more pigmented and fuller of blood than its skin, seen through
Beer and Lambert's law with the published spectra; optionally with what real skin and hands add and the
unmixing does not model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.maps.chromophores import MELANOSOME_EXPONENT, density_per_unit
from augderm.analysis.phantom import PhantomSpec, draw_phantom

EIGHT_BANDS_NM = (450.0, 500.0, 540.0, 560.0, 580.0, 620.0, 660.0, 700.0)
EIGHT_SHIFTS_PX = (
    (0.0, 2.2),
    (0.2, -0.9),
    (-0.4, -1.4),
    (0.0, 0.0),
    (-0.8, -0.3),
    (1.0, -1.8),
    (-1.1, 1.9),
    (1.2, 0.3),
)
"""Down and right by which a hand moves between eight planes, against the fourth: an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSpec:
    """What to simulate. Amounts in the units of `chromophores.UNITS`.

    Attributes:
        side_px: of the square planes.
        wavelengths_nm: of the planes.
        lesion, skin: melanin, oxy- and deoxyhaemoglobin.
        offset: optical density that all planes share.
        noise: standard deviation of the levels, as a share of each level.
        shifts: down and right of each plane in pixels; none where empty.
        uneven: share by which the light falls from the middle to the corners; the flat shows it.
        dark_level: what the camera reads without light, of 1.
        vessels: share by which fine vessels hold more blood than the skin between them; 3 pixels wide, all
            over the picture, and none where 0.
        melanin_exponent: of the melanin that is drawn, with the same height at 560 nm.
        path_growth: share by which the mean path grows from 450 to 700 nm, as red light goes deeper.
        seed: of noise and texture.
    """

    side_px: int = 96
    wavelengths_nm: tuple[float, ...] = EIGHT_BANDS_NM
    lesion: tuple[float, float, float] = (20.0, 4.0, 1.5)
    skin: tuple[float, float, float] = (4.0, 2.0, 1.0)
    offset: float = 0.2
    noise: float = 0.0
    shifts: tuple[tuple[float, float], ...] = ()
    uneven: float = 0.0
    dark_level: float = 0.0
    vessels: float = 0.0
    melanin_exponent: float = MELANOSOME_EXPONENT
    path_growth: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class StackPhantom:
    """Planes, dark and flat (n, h, w) float32 in 0..1, truth (3, h, w), inner lesion and outer skin, and the
    course of the vessels (h, w) from 0 to 1 in their middle, whether drawn or not.
    """

    planes: NDArray[np.float32]
    dark: NDArray[np.float32]
    flat: NDArray[np.float32]
    amounts: NDArray[np.float64]
    lesion: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    vessels: NDArray[np.float64]


def simulate_stack(spec: StackSpec) -> StackPhantom:
    """Simulate a stack. The same spec gives the same planes."""
    side = spec.side_px
    mask = draw_phantom(
        PhantomSpec(
            width_px=side,
            height_px=side,
            long_axis_px=0.42 * side,
            short_axis_px=0.32 * side,
            dent=0.4,
            noise=0.0,
        )
    ).mask
    cover = ndimage.gaussian_filter(mask.astype(np.float64), 1.0)
    rng = np.random.default_rng(spec.seed)
    # The fine relief and network of skin: without it there is nothing to register by.
    texture = ndimage.gaussian_filter(rng.normal(size=(side, side)), 2.0)
    relief = 1 + 0.15 * texture / texture.std()
    amounts = np.stack(
        [(skin + (lesion - skin) * cover) for lesion, skin in zip(spec.lesion, spec.skin, strict=True)]
    )
    amounts[0] *= relief
    vessels = _vessels(side)
    amounts[1:] *= 1 + spec.vessels * vessels
    density = np.tensordot(_spectra(spec), amounts, axes=1) + spec.offset
    shifts = spec.shifts or ((0.0, 0.0),) * len(density)
    density = np.stack(
        [
            ndimage.shift(plane, by, order=3, mode="nearest") if any(by) else plane
            for plane, by in zip(density, shifts, strict=True)
        ]
    )
    y, x = np.mgrid[:side, :side] / (side - 1) * 2 - 1
    light = 1 - spec.uneven * (y * y + x * x) / 2
    # Lamps differ from band to band.
    lamp = np.linspace(0.6, 0.9, len(density))[:, None, None] if spec.uneven else 1.0
    white = (1 - spec.dark_level) * light * lamp
    planes = spec.dark_level + white * 10**-density
    planes *= 1 + spec.noise * rng.normal(size=planes.shape)
    dark = np.full_like(planes, spec.dark_level)
    return StackPhantom(
        planes=planes.astype(np.float32),
        dark=dark.astype(np.float32),
        flat=np.broadcast_to(dark + white, planes.shape).astype(np.float32),
        amounts=amounts,
        lesion=ndimage.binary_erosion(mask, iterations=4),
        skin=~ndimage.binary_dilation(mask, iterations=4),
        vessels=vessels,
    )


def _vessels(side: int) -> NDArray[np.float64]:
    """Winding lines from left to right, an eighth of the side apart, 2.8 pixels wide at half their height."""
    y, x = np.mgrid[:side, :side].astype(np.float64)
    phase, swing = 6 * np.pi * x / side, 0.03 * side
    across = np.hypot(1, swing * np.cos(phase) * 6 * np.pi / side)
    away = [np.abs(y - middle * side - swing * np.sin(phase)) / across for middle in np.arange(0.1, 1, 0.13)]
    course: NDArray[np.float64] = np.exp(-((np.min(away, axis=0) / 1.2) ** 2) / 2)
    return course


def _spectra(spec: StackSpec) -> NDArray[np.float64]:
    spectra = density_per_unit(spec.wavelengths_nm)
    at = np.array(spec.wavelengths_nm)
    spectra[:, 0] *= (at / 560.0) ** (MELANOSOME_EXPONENT - spec.melanin_exponent)
    path = 1 + spec.path_growth * (at - 450.0) / 250.0
    return spectra * path[:, None]
