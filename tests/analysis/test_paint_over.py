"""What is hidden is painted from what is around, and nothing else is touched."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from augderm.analysis.paint_over import REACH_PX, paint_over
from augderm.analysis.phantom import PhantomSpec, draw_phantom

IMAGES = arrays.arrays(np.uint8, (24, 30, 3))
MASKS = arrays.arrays(np.bool_, (24, 30))


@settings(max_examples=50)
@given(IMAGES, MASKS)
def test_what_is_seen_stays_and_the_input_is_not_changed(
    pixels: NDArray[np.uint8], hidden: NDArray[np.bool_]
) -> None:
    before = pixels.copy()
    painted = paint_over(pixels, hidden)
    np.testing.assert_array_equal(painted[~hidden], pixels[~hidden])
    np.testing.assert_array_equal(pixels, before)


@settings(max_examples=50)
@given(IMAGES, MASKS, IMAGES)
def test_what_is_painted_does_not_depend_on_what_was_hidden(
    pixels: NDArray[np.uint8], hidden: NDArray[np.bool_], other: NDArray[np.uint8]
) -> None:
    changed = np.where(hidden[..., None], other, pixels)
    one, two = paint_over(pixels, hidden), paint_over(changed, hidden)
    # Where nothing is seen as far as the window reaches, the pixels stay as they are.
    near = np.array(
        [
            [
                (
                    ~hidden[max(0, y - REACH_PX) : y + REACH_PX + 1, max(0, x - REACH_PX) : x + REACH_PX + 1]
                ).any()
                for x in range(hidden.shape[1])
            ]
            for y in range(hidden.shape[0])
        ]
    )
    np.testing.assert_array_equal(one[near], two[near])


def test_one_colour_is_painted_in_that_colour() -> None:
    pixels = np.full((60, 60, 3), (200, 150, 120), np.uint8)
    hidden = np.zeros((60, 60), bool)
    hidden[:, 28:32] = True
    hairy = pixels.copy()
    hairy[hidden] = 20
    np.testing.assert_array_equal(paint_over(hairy, hidden), pixels)


def test_where_nothing_is_seen_the_pixels_stay() -> None:
    pixels = np.arange(40 * 40 * 3, dtype=np.uint8).reshape(40, 40, 3)
    np.testing.assert_array_equal(paint_over(pixels, np.ones((40, 40), bool)), pixels)


def test_a_phantom_with_its_hair_painted_over_is_nearer_to_the_bare_one() -> None:
    spec = PhantomSpec(width_px=300, height_px=300, long_axis_px=150, short_axis_px=120, noise=0)
    bare = draw_phantom(spec).pixels.astype(float)
    hairy = draw_phantom(dataclasses.replace(spec, hairs=8)).pixels
    hidden = (np.abs(hairy - bare) > 0).any(axis=2)
    painted = paint_over(hairy, hidden)
    assert np.abs(painted - bare)[hidden].mean() < 0.15 * np.abs(hairy - bare)[hidden].mean()


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="same size"):
        paint_over(np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4), bool))
