"""Melanin, oxy- and deoxyhaemoglobin maps of a stack of one picture a wavelength."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augderm.analysis.maps.alike_neighbours import average_alike
from augderm.analysis.maps.chromophores import CHROMOPHORES, SOURCES, UNITS, density_per_unit
from augderm.analysis.maps.density_noise import density_variance
from augderm.analysis.maps.optical_density import optical_density, reflectance
from augderm.analysis.maps.parameter_map import ParameterMap, ParameterMaps
from augderm.analysis.maps.regions import darker_region, skin_around
from augderm.analysis.maps.registration import Shift, find_shift, moved_by, moved_variance
from augderm.analysis.maps.unmixing import unmix

REFERENCE_NM = 560.0
"""The plane nearest to it is what the others are laid on: melanin and blood both show there."""
VISIBLE_NM = 700.0
"""Up to it a lesion is darker than the skin; in the infrared melanin fades."""
TOGETHER = ([0], [1, 2])
"""Amounts that are averaged together: melanin lies above the blood and has another outline, while the two
haemoglobins run in the same vessels."""
LIMITS = (
    (
        "Amounts are concentration times the mean path of the light, which is not known and differs with the "
        "wavelength and the depth; they compare places and visits of one set-up."
    ),
    (
        "The law of Beer and Lambert without a model of scattering: what scattering does with the wavelength "
        "goes into the amounts, and partly into the residual."
    ),
    "Planes are taken as linear in light and as narrow bands at their wavelength.",
    (
        "Each pixel is averaged with neighbours within 3 pixels that differ from it by no more than their "
        "noise: what is fainter than the noise of a single pixel may be gone."
    ),
    "Registration is by a shift; a turn or a stretch of the skin between planes stays.",
)
NO_FLAT = (
    "No flat was given: each plane was divided by its own brightest place, so the amounts are those above "
    "that place, and uneven light counts as absorption where it differs between planes. Give dark and flat."
)
STAY = Shift(0.0, 0.0, 1.0, believed=True)
SHIFT_NOT_BELIEVED = (
    "The plane at {wavelength:g} nm was left where it is: its edges have too little in common with the "
    "plane at {reference:g} nm (agreement {agreement:.2f}), or it moved too far."
)


def multispectral_maps(
    planes: NDArray[np.float32],
    wavelengths_nm: Sequence[float],
    *,
    dark: NDArray[np.float32] | None = None,
    flat: NDArray[np.float32] | None = None,
) -> ParameterMaps:
    """Correct, register and unmix a stack.

    Args:
        planes: (n, h, w) float32 linear levels, nan where saturated.
        wavelengths_nm: of each plane, all different.
        dark, flat: (n, h, w) levels without light, and of a white standard; see `reflectance`.

    Raises:
        InvalidConfig: a wavelength is outside the table, there are fewer than five, or they do not tell the
            absorbers apart.
        InvalidImage: a plane or flat has no light, or no lesion with skin around it is found.
    """
    spectra = density_per_unit(wavelengths_nm)
    density = optical_density(reflectance(planes, dark, flat))
    variance = density_variance(density, planes if dark is None else planes - dark)
    density, variance, shifts, reference = _registered(density, variance, wavelengths_nm)
    found = unmix(density, spectra, variance=variance, with_offset=True)
    amounts = np.concatenate(
        [average_alike(found.amounts[group], found.covariance[group][:, group]) for group in TOGETHER]
    )
    visible = [index for index, at in enumerate(wavelengths_nm) if at <= VISIBLE_NM] or [reference]
    lesion = darker_region(density[visible].mean(axis=0))
    skin = skin_around(lesion, np.isfinite(found.residual))
    notes = [] if flat is not None else [NO_FLAT]
    notes += [
        SHIFT_NOT_BELIEVED.format(
            wavelength=at, reference=wavelengths_nm[reference], agreement=shift.agreement
        )
        for at, shift in zip(wavelengths_nm, shifts, strict=True)
        if not shift.believed
    ]
    maps = [
        ParameterMap(name, name.capitalize(), UNITS[name], amount)
        for name, amount in zip(CHROMOPHORES, amounts, strict=True)
    ]
    return ParameterMaps(
        kind="multispectral",
        maps=(*maps, ParameterMap("residual", "Residual", "optical density", found.residual)),
        lesion=lesion,
        skin=skin,
        limits=LIMITS,
        facts={
            "planes": [
                {
                    "wavelength_nm": at,
                    "down_px": shift.down_px if shift.believed else 0.0,
                    "right_px": shift.right_px if shift.believed else 0.0,
                    "agreement": shift.agreement,
                    "registered": shift.believed,
                    "noise": float(np.sqrt(np.nanmedian(noise[lesion]))),
                }
                for at, shift, noise in zip(wavelengths_nm, shifts, variance, strict=True)
            ],
            "reference_nm": wavelengths_nm[reference],
            "flat_corrected": flat is not None,
            "dark_corrected": dark is not None,
            "noise_of_a_lesion_pixel": {
                name: float(np.sqrt(np.nanmedian(found.covariance[index, index][lesion])))
                for index, name in enumerate(CHROMOPHORES)
            },
            "sources": dict(SOURCES),
        },
        notes=tuple(notes),
    )


def _registered(
    density: NDArray[np.float32], variance: NDArray[np.float32], wavelengths_nm: Sequence[float]
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[Shift], int]:
    reference = int(np.argmin([abs(at - REFERENCE_NM) for at in wavelengths_nm]))
    shifts = [
        STAY if index == reference else find_shift(density[reference], plane)
        for index, plane in enumerate(density)
    ]
    moves = [shift if shift.believed else STAY for shift in shifts]
    return (
        np.stack([moved_by(plane, move) for plane, move in zip(density, moves, strict=True)]),
        np.stack([moved_variance(noise, move) for noise, move in zip(variance, moves, strict=True)]),
        shifts,
        reference,
    )
