"""Marks are labelled as whole-image labelling would, and none of two images touch."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from augderm.analysis.ticks import _connected, find_marks


@given(
    arrays.arrays(
        np.bool_, st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)), elements=st.booleans()
    )
)
def test_pixels_that_touch_are_one_and_images_stay_apart(images: np.ndarray) -> None:
    height, width = images.shape[1:]
    label, count = _connected(*np.divmod(np.flatnonzero(images), width), height)
    found = np.zeros(images.shape, int)
    found[images] = label + 1
    wanted, before = np.zeros(images.shape, int), 0
    for i, image in enumerate(images):
        wanted[i], here = ndimage.label(image, np.ones((3, 3), bool))
        wanted[i][image] += before
        before += here
    assert count == before
    np.testing.assert_array_equal(found, wanted)


def test_a_single_tick_is_found_where_it_stands_and_as_long_as_it_is() -> None:
    level = np.full((60, 80), 200, np.uint8)
    level[20:32, 40] = 120
    (upright, _), *others = find_marks(level)
    assert len(upright) == 1
    assert (upright.x[0], upright.y[0]) == (40.5, 26.0)
    assert abs(upright.length_px[0] - 12) < 0.1
    assert not any(len(marks) for marks, _ in others)


def test_an_image_without_contrast_has_no_marks() -> None:
    assert not any(len(marks) for marks, _ in find_marks(np.full((30, 40), 128, np.uint8)))
