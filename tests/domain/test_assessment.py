"""The dataclasses of a read: millimetres only with a scale, arrays never in a comparison."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.assessment import (
    LIMIT_OF_USE,
    SCHEMA,
    Assessment,
    DiagnosisRead,
    LeastAsymmetry,
    Measures,
    ModelName,
    Pictures,
    Scale,
)

MODEL = ModelName("reader", "1.0", "0" * 64)


def measures(mm_per_px: float | None) -> Measures:
    return Measures(
        area_px2=1200.0,
        perimeter_px=140.0,
        long_axis_px=50.0,
        short_axis_px=30.0,
        orientation_deg=0.0,
        circularity=0.8,
        shape_asymmetry=(0.0, 0.0),
        colour_asymmetry=(0.0, 0.0),
        least_asymmetry=LeastAsymmetry(0.0, (0.0, 0.0), (0.0, 0.0)),
        border_eighths=(),
        colours={},
        lab_mean=(50.0, 0.0, 0.0),
        lab_spread=(1.0, 1.0, 1.0),
        touches_frame=0.0,
        scale=None if mm_per_px is None else Scale(mm_per_px),
    )


def test_without_a_scale_there_are_no_millimetres() -> None:
    found = measures(None)
    assert found.area_mm2 is None
    assert found.perimeter_mm is None
    assert found.long_axis_mm is None
    assert found.short_axis_mm is None


@given(st.floats(1e-4, 1))
def test_lengths_follow_the_scale_and_areas_its_square(scale: float) -> None:
    found = measures(scale)
    assert found.area_mm2 == pytest.approx(1200 * scale**2)
    assert found.perimeter_mm == pytest.approx(140 * scale)
    assert found.long_axis_mm == pytest.approx(50 * scale)
    assert found.short_axis_mm == pytest.approx(30 * scale)


def test_the_likeliest_diagnosis_has_the_highest_probability() -> None:
    shares = {"mel": 0.2, "nv": 0.7, "bcc": 0.1}
    assert DiagnosisRead(shares, ("nv",), 0.9, mixture=shares).likeliest == "nv"


def test_pictures_and_timings_take_no_part_in_a_comparison() -> None:
    pictures = Pictures(
        pixels=np.zeros((4, 4, 3), np.uint8),
        mask=np.zeros((4, 4), bool),
        outline=np.zeros((0, 2)),
        attention=np.zeros((7, 2, 2), np.float32),
        size_px=(4, 4),
        embedding=np.zeros(8, np.float32),
        structure_maps=np.zeros((5, 4, 4), np.float32),
    )
    one = Assessment("a.jpg", None, MODEL, "ok", pictures=pictures, timings_ms={"decode": 1.0})
    assert one == Assessment("a.jpg", None, MODEL, "ok")
    assert one != Assessment("b.jpg", None, MODEL, "ok")
    assert "pictures" not in repr(one)


def test_an_assessment_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Assessment("a.jpg", None, MODEL, "ok").status = "failed"  # type: ignore[misc]


def test_the_schema_and_the_limit_of_use_are_as_published() -> None:
    assert SCHEMA == "augderm.assessment/1"
    assert LIMIT_OF_USE.startswith("Not a medical device")
    assert "dermatologist" in LIMIT_OF_USE
