"""Photographs that do not belong together are refused by name; what is not stated is not checked."""

from __future__ import annotations

import pytest

from augderm.domain.assessment import Assessment, ModelName
from augderm.domain.belonging import (
    check_after,
    check_each_once,
    check_same,
    check_twice,
    days_between,
    latest_day,
)
from augderm.domain.capture import Capture
from augderm.domain.errors import InvalidConfig

MODEL = ModelName("m", "1", "0" * 64)


def read(image: str, patient: str | None = None, lesion: str | None = None) -> Assessment:
    capture = Capture(patient=patient, lesion=lesion)
    return Assessment(image, f"sha of {image[0]}", MODEL, "failed", reason="x", capture=capture)


def test_two_patients_are_refused_and_an_unstated_one_is_not() -> None:
    check_same("patient", [read("a", "p"), read("b"), read("c", "p")])
    with pytest.raises(InvalidConfig, match="a is of patient p and c of patient q"):
        check_same("patient", [read("a", "p"), read("b"), read("c", "q")])
    with pytest.raises(InvalidConfig, match="one lesion"):
        check_same("lesion", [read("a", lesion="1"), read("b", lesion="2")])


def test_the_same_picture_under_two_names_is_refused() -> None:
    check_twice([read("a"), read("b")])
    with pytest.raises(InvalidConfig, match="another a is the same picture as a"):
        check_twice([read("a"), read("b"), read("another a")])


def test_a_lesion_that_counts_once_is_not_given_twice() -> None:
    check_each_once([read("a", "p", "1"), read("b", "q", "1"), read("c"), read("d")])
    with pytest.raises(InvalidConfig, match="b and a are both of lesion 1"):
        check_each_once([read("a", "p", "1"), read("b", "p", "1")])


def test_a_follow_up_from_before_its_baseline_is_refused_and_days_are_counted() -> None:
    def taken(image: str, day: str | None) -> Assessment:
        return Assessment(image, None, MODEL, "failed", reason="x", capture=Capture(taken_on=day))

    first, later, unknown = taken("a", "2024-02-28"), taken("b", "2024-03-01"), taken("c", None)
    check_after(first, [later, unknown])
    assert days_between(first, later) == 2  # a leap year
    assert days_between(first, unknown) is None
    assert latest_day([later, first]) == latest_day([first, later]) == "2024-03-01"
    assert latest_day([later, unknown]) is latest_day([]) is None
    with pytest.raises(InvalidConfig, match="a was taken on 2024-02-28, before the baseline b"):
        check_after(later, [first])
