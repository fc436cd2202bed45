"""What a bundle carries of calibration is whole and makes sense, or it is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.errors import ModelMismatch
from augderm.domain.taxonomy import ARTEFACTS, CODES, STRUCTURES
from augderm.reader.calibration import LogisticCurve, calibrations_from, to_entry
from support.bundles import DERMOSCOPIC, calibration


def test_what_is_written_is_read_again() -> None:
    found = calibrations_from(calibration())
    assert to_entry(found) == calibration()
    assert calibrations_from(to_entry(found)) == found


def test_by_class_means_by_name_not_by_place() -> None:
    entry = calibration()
    entry["dermoscopic"]["biases"] = dict(reversed(entry["dermoscopic"]["biases"].items()))
    assert calibrations_from(entry) == calibrations_from(calibration())


@pytest.mark.parametrize("key", [*calibration(), *(f"dermoscopic.{key}" for key in DERMOSCOPIC)])
def test_each_entry_is_needed(key: str) -> None:
    entry: dict[str, Any] = calibration()
    part, _, inner = key.partition(".")
    del (entry[part] if inner else entry)[inner or part]
    with pytest.raises((KeyError, TypeError), match=inner or part):
        calibrations_from(entry)


@pytest.mark.parametrize(
    "key", ["structures", "artefacts", "dermoscopic.biases", "dermoscopic.set_thresholds"]
)
def test_each_class_and_structure_is_needed(key: str) -> None:
    for name in {"structures": STRUCTURES, "artefacts": ARTEFACTS}.get(key, CODES):
        entry: dict[str, Any] = calibration()
        part, _, inner = key.partition(".")
        del (entry[part][inner] if inner else entry[part])[name]
        with pytest.raises(KeyError, match=name):
            calibrations_from(entry)


def test_an_unknown_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="dermatoscope"):
        calibrations_from(calibration() | {"dermatoscope": None})
    with pytest.raises(TypeError, match="extra"):
        calibrations_from(calibration() | {"clinical": DERMOSCOPIC | {"extra": 1}})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("temperature", value) for value in (0, -1.0, math.nan, math.inf)),
        *(("set_coverage", value) for value in (0.0, 1.0, math.nan)),
        *(("images", value) for value in (0, -5)),
        ("confidence", {"slope": 0.0, "offset": 0.0}),
        ("confidence", {"slope": -1.0, "offset": 0.0}),
        ("malignancy", {"slope": math.nan, "offset": 0.0}),
        ("malignancy", {"slope": 1.0, "offset": math.inf}),
        ("biases", dict.fromkeys(CODES, math.nan)),
        ("mixture", dict.fromkeys(CODES, 0.5)),
        ("mixture", dict.fromkeys(CODES, math.nan)),
        ("set_thresholds", dict.fromkeys(CODES, 1.5)),
        ("set_thresholds", dict.fromkeys(CODES, -0.1)),
    ],
)
def test_what_gives_no_probability_is_refused(key: str, value: object) -> None:
    entry = calibration()
    entry["dermoscopic"][key] = value
    with pytest.raises(ModelMismatch, match=r"calibration: .*calibrate"):
        calibrations_from(entry)


def test_two_modalities_must_be_told_apart() -> None:
    with pytest.raises(ModelMismatch, match="tell them apart"):
        calibrations_from(calibration() | {"modality": None})
    assert calibrations_from(calibration() | {"modality": None, "clinical": None}).clinical is None


@given(st.floats(0.01, 10), st.floats(-10, 10), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_a_rising_curve_rises_and_stays_a_probability(
    slope: float, offset: float, logit: float, step: float
) -> None:
    curve = LogisticCurve(slope, offset)
    assert 0 <= curve.probability(logit) <= curve.probability(logit + step) <= 1


def test_a_curve_agrees_with_a_hand_computed_value() -> None:
    assert LogisticCurve(2.0, math.log(3)).probability(0.0) == pytest.approx(0.75)
    assert LogisticCurve(2.0, 0.0).probability(math.log(3)) == pytest.approx(0.9)
