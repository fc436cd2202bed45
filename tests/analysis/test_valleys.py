"""Valleys: thin dark lines have depth, edges and flat parts have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augderm.analysis.valleys import STEPS, valley_depths


def test_a_line_is_as_deep_as_it_is_dark_across_and_flat_along() -> None:
    level = np.full((30, 40), 200, np.uint8)
    level[:, 20] = 150
    upright, falling, level_ones, rising = valley_depths(level, 3)
    assert (upright[5:-5, 20] == 50).all()
    assert (falling[5:-5, 20] == 50).all()
    assert (rising[5:-5, 20] == 50).all()
    assert not level_ones.any()
    assert not upright[:, 21:].any()


def test_an_edge_is_no_valley() -> None:
    level = np.full((30, 40), 200, np.uint8)
    level[:, 20:] = 20
    assert not any(depth.any() for depth in valley_depths(level, 3))


@settings(max_examples=40)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(1, 6), st.integers(0, 10**6))
def test_depth_is_the_lower_side_less_the_pixel(height: int, width: int, reach: int, seed: int) -> None:
    level = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    for (down, right), depth in zip(STEPS, valley_depths(level, reach), strict=True):
        far = max(1, round(reach / np.hypot(down, right)))
        for y, x in np.ndindex(height, width):
            ys, xs = (y - far * down, y + far * down), (x - far * right, x + far * right)
            inside = all(0 <= v < height for v in ys) and all(0 <= v < width for v in xs)
            sides = min(int(level[ys[0], xs[0]]), int(level[ys[1], xs[1]])) if inside else 0
            assert depth[y, x] == max(0, sides - int(level[y, x])) * inside


@pytest.mark.parametrize("reach", [1, 4])
def test_the_image_is_not_changed(reach: int) -> None:
    level = np.arange(100, dtype=np.uint8).reshape(10, 10)
    valley_depths(level, reach)
    np.testing.assert_array_equal(level, np.arange(100, dtype=np.uint8).reshape(10, 10))
