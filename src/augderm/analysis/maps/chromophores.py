"""What skin absorbs with: published extinction of haemoglobin and absorption of melanin.

Haemoglobin: the molar extinction coefficients that Scott Prahl compiled from data of W. B. Gratzer and
N. Kollias (omlc.org/spectra/hemoglobin), in `haemoglobin.csv`, one row a wavelength with its source; 2 nm
apart up to 700 nm, 10 nm beyond, where the curves are smooth. Taken from a copy of the table, and compared
with a second one at every tenth nanometre from 450 to 750; the original measurements were not seen.

Melanin: the absorption of the inside of a skin melanosome, 1.70e12 / nm^3.48 per cm (S. L. Jacques,
omlc.org/spectra/melanin/mua.html, 1998), an approximation through thresholds of explosive vaporisation. The
same page expects a tenfold variation of the amount of melanin in a melanosome: the shape of the curve is
better known than its height.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from augderm.domain.errors import InvalidConfig

CHROMOPHORES: tuple[str, ...] = ("melanin", "oxyhaemoglobin", "deoxyhaemoglobin")
UNITS: dict[str, str] = {
    "melanin": "µm of melanosome",
    "oxyhaemoglobin": "µM·cm",
    "deoxyhaemoglobin": "µM·cm",
}
"""Concentration times mean path of the light: volume fraction of melanosomes times micrometres, and
micromoles a litre times centimetres. The path is not known, so neither is the concentration by itself."""
SOURCES: dict[str, str] = {
    "haemoglobin": "molar extinction tabulated by S. Prahl from data of W. B. Gratzer and N. Kollias "
    "(omlc.org/spectra/hemoglobin)",
    "melanin": "melanosome absorption 1.70e12 nm^-3.48 per cm, S. L. Jacques 1998 "
    "(omlc.org/spectra/melanin/mua.html)",
}

MELANOSOME_PER_CM = 1.70e12
MELANOSOME_EXPONENT = 3.48
CM_PER_UM = 1e-4
MOLAR_PER_UM = 1e-6


@cache
def _table() -> NDArray[np.float64]:
    """(rows, 3): nanometres, oxy- and deoxyhaemoglobin in 1/(cm M)."""
    text = resources.files("augderm.analysis.maps").joinpath("haemoglobin.csv").read_text(encoding="utf-8")
    rows = csv.reader(io.StringIO(text))
    next(rows)
    return np.array([[float(value) for value in row[:3]] for row in rows])


def wavelength_range() -> tuple[float, float]:
    """The first and the last wavelength of the table, in nanometres."""
    nanometres = _table()[:, 0]
    return float(nanometres[0]), float(nanometres[-1])


def density_per_unit(wavelengths_nm: Sequence[float]) -> NDArray[np.float64]:
    """The optical density (decadic) that one unit of each chromophore makes.

    Args:
        wavelengths_nm: n wavelengths. Between two rows of the table the coefficients are interpolated
            linearly.

    Returns:
        (n, 3) float: for `CHROMOPHORES`, per unit of `UNITS`.

    Raises:
        InvalidConfig: a wavelength is outside the table.
    """
    low, high = wavelength_range()
    for wavelength in wavelengths_nm:
        if not low <= wavelength <= high:
            raise InvalidConfig(
                f"The wavelength {wavelength:g} nm is outside the table of extinction coefficients "
                f"({low:g} to {high:g} nm); leave that plane out, or correct the wavelength"
            )
    at = np.asarray(wavelengths_nm, dtype=np.float64)
    table = _table()
    # An absorption coefficient is per natural logarithm, an optical density per decade.
    melanin = MELANOSOME_PER_CM * at**-MELANOSOME_EXPONENT * CM_PER_UM / math.log(10)
    oxy, deoxy = (np.interp(at, table[:, 0], table[:, column]) * MOLAR_PER_UM for column in (1, 2))
    return np.stack([melanin, oxy, deoxy], axis=1)
