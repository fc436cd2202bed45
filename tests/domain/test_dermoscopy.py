"""A decoded image knows how far it was reduced, and does not change."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from augderm.domain.dermoscopy import Dermoscopy


def image(width: int, height: int, native_width: int, native_height: int) -> Dermoscopy:
    return Dermoscopy(np.zeros((height, width, 3), np.uint8), native_width, native_height, "0" * 64)


@pytest.mark.parametrize(("native", "reduction"), [(800, 1.0), (1600, 2.0), (6000, 7.5)])
def test_the_reduction_is_unreduced_over_reduced_pixels(native: int, reduction: float) -> None:
    assert image(800, 600, native, native * 3 // 4).reduction == reduction


def test_an_image_cannot_be_changed() -> None:
    one = image(8, 6, 8, 6)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.width_px = 9  # type: ignore[misc]


def test_the_scale_is_unknown_until_it_is_given() -> None:
    assert image(8, 6, 8, 6).mm_per_px is None
    assert image(8, 6, 8, 6).notes == ()
