"""A capture's parameters hold together, or are refused with the remedy."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.capture import CAPTURE_KEYS, IMMERSIONS, POLARISATIONS, Capture
from augderm.domain.errors import InvalidConfig


@given(
    st.sampled_from([None, *POLARISATIONS]),
    st.sampled_from([None, *IMMERSIONS]),
    st.none() | st.floats(201, 2500),
    st.none() | st.floats(0.1, 1000),
)
def test_what_is_in_range_is_kept_as_given(
    polarisation: Any, immersion: Any, wavelength: float | None, magnification: float | None
) -> None:
    capture = Capture(
        polarisation=polarisation,
        immersion=immersion,
        wavelength_nm=wavelength,
        magnification=magnification,
    )
    assert dataclasses.astuple(capture)[:6] == (
        polarisation,
        None,
        immersion,
        wavelength,
        magnification,
        None,
    )


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        ({"polarisation": "circular"}, "polarised, non_polarised"),
        ({"immersion": "honey"}, "alcohol"),
        ({"immersion": []}, "alcohol"),
        ({"contact": "yes"}, "true or false"),
        ({"contact": 1}, "true or false"),
        ({"wavelength_nm": True}, "number"),
        ({"wavelength_nm": "550"}, "number"),
        ({"wavelength_nm": float("nan")}, "number"),
        ({"wavelength_nm": 100}, "more than 200"),
        ({"magnification": 0}, "more than 0"),
        ({"magnification": -10}, "more than 0"),
        ({"device": ""}, "maker and model"),
        ({"device": "x" * 101}, "100"),
        ({"device": "a\nb"}, "printable"),
        ({"device": "a\udcff"}, "printable"),
        ({"device": 7}, "maker and model"),
        ({"patient": " "}, "pseudonym"),
        ({"lesion": "x" * 101}, "100"),
        ({"taken_on": "2025-02-29"}, "YYYY-MM-DD"),
        ({"taken_on": "01.02.2025"}, "YYYY-MM-DD"),
        ({"taken_on": 20250201}, "YYYY-MM-DD"),
        ({"contact": False, "immersion": "gel"}, "correct one"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_the_remedy(wrong: dict[str, Any], remedy: str) -> None:
    with pytest.raises(InvalidConfig, match=next(iter(wrong))) as refused:
        Capture(**wrong)
    assert remedy in str(refused.value)


def test_the_keys_are_those_of_the_task() -> None:
    assert set(CAPTURE_KEYS) == {
        "polarisation", "contact", "immersion", "wavelength_nm", "magnification", "device", "patient",
        "lesion", "taken_on",
    }  # fmt: skip
