"""The published spectra: whole, with their landmarks, and refused outside of the table."""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
import pytest

from augderm.analysis.maps.chromophores import CHROMOPHORES, UNITS, density_per_unit, wavelength_range
from augderm.domain.errors import InvalidConfig


def test_every_row_of_the_table_is_positive_rising_and_has_its_source() -> None:
    text = resources.files("augderm.analysis.maps").joinpath("haemoglobin.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    at = [float(row["wavelength_nm"]) for row in rows]
    assert at == sorted(set(at))
    assert all(float(row[key]) > 0 for row in rows for key in list(row)[1:3])
    assert {row["source"] for row in rows} == {"Prahl"}


def test_no_figure_of_the_table_changes_unnoticed() -> None:
    text = resources.files("augderm.analysis.maps").joinpath("haemoglobin.csv").read_text(encoding="utf-8")
    rows = [list(map(float, row[:3])) for row in csv.reader(text.splitlines()[1:])]
    assert np.array(rows).sum(axis=0) == pytest.approx([108_700, 9_960_930, 12_193_400], rel=1e-5)


def test_the_two_haemoglobins_are_equal_near_their_isosbestic_points() -> None:
    # 500, 529, 545, 570 and 584 nm are named as isosbestic; the table is 2 nm apart.
    for at in (500, 529, 545, 570, 584):
        _, oxy, deoxy = density_per_unit([at])[0]
        assert oxy == pytest.approx(deoxy, rel=0.05)


def test_oxyhaemoglobin_has_its_two_bands_and_deoxyhaemoglobin_its_one() -> None:
    at = np.arange(500.0, 621.0, 2.0)
    spectra = density_per_unit(at.tolist())
    inner = spectra[1:-1]
    peaks = at[1:-1][(inner > spectra[:-2])[:, 1] & (inner > spectra[2:])[:, 1]]
    assert [peak for peak in peaks if peak > 530] == [542, 576]
    assert at[spectra[:, 2].argmax()] == 556


def test_melanin_falls_by_its_power_law() -> None:
    melanin = density_per_unit([500, 1000])[:, 0]
    assert melanin[0] / melanin[1] == pytest.approx(2**3.48)
    # 1.70e12 / 500^3.48 per cm is 689; a hundredth of a centimetre of it, in decades.
    assert melanin[0] * 100 == pytest.approx(689 / 100 / np.log(10), rel=0.01)


def test_every_chromophore_has_a_unit() -> None:
    assert set(UNITS) == set(CHROMOPHORES)


@pytest.mark.parametrize("wavelength", [399.9, 1000.1, -5, 0])
def test_a_wavelength_outside_the_table_is_refused_with_the_range(wavelength: float) -> None:
    assert wavelength_range() == (400, 1000)
    with pytest.raises(InvalidConfig, match="400 to 1000 nm"):
        density_per_unit([550, wavelength])
