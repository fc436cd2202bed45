"""Round spots are found where they are, as large as they are, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.structures.blobs import Blobs, bright_blobs

RADII = (1.6, 2.3, 3.2, 4.5)
EVERYWHERE = np.ones((64, 64), bool)


def disc(x: float, y: float, radius: float, height: float = 10.0) -> NDArray[np.float32]:
    ys, xs = np.indices((64, 64)) + 0.5
    drawn: NDArray[np.float32] = np.clip(radius - np.hypot(xs - x, ys - y) + 0.5, 0, 1).astype(np.float32)
    return drawn * np.float32(height)


@pytest.mark.parametrize("radius", RADII)
def test_a_disc_is_found_at_its_place_with_its_radius_and_contrast(radius: float) -> None:
    found = bright_blobs(disc(31.5, 20.5, radius), EVERYWHERE, RADII, 3.0)
    assert len(found) == 1
    assert (found.x[0], found.y[0]) == (31.5, 20.5)
    assert found.radius[0] == radius
    assert found.contrast[0] == pytest.approx(10, rel=0.25)


def test_two_discs_are_two_and_one_within_another_is_one() -> None:
    two = disc(20, 20, 3) + disc(40, 40, 3)
    assert len(bright_blobs(two, EVERYWHERE, RADII, 3.0)) == 2
    assert len(bright_blobs(disc(30, 30, 4.5) + disc(30, 30, 1.6), EVERYWHERE, RADII, 3.0)) == 1


def test_neither_a_line_nor_an_edge_nor_a_slope_is_a_spot() -> None:
    ys, xs = np.indices((64, 64))
    for plane in (np.abs(xs - 32) < 2, xs > 32, xs / 64, (xs > 32) & (ys > -1)):
        assert len(bright_blobs((plane * 10).astype(np.float32), EVERYWHERE, RADII, 1.0)) == 0


def test_spots_are_looked_for_only_where_asked() -> None:
    where = EVERYWHERE.copy()
    where[:, :30] = False
    found = bright_blobs(disc(20, 20, 3) + disc(45, 40, 3), where, RADII, 3.0)
    assert found.x.tolist() == pytest.approx([45], abs=0.6)


@settings(max_examples=25)
@given(st.integers(8, 56), st.integers(8, 56), st.floats(-50, 50), st.floats(0.5, 5))
def test_a_spot_moves_with_its_plane_and_scales_with_its_height(
    x: int, y: int, level: float, factor: float
) -> None:
    found = bright_blobs(disc(x, y, 3.2) * np.float32(factor) + np.float32(level), EVERYWHERE, RADII, 1.0)
    plain = bright_blobs(disc(32, 32, 3.2), EVERYWHERE, RADII, 1.0)
    assert len(found) == 1
    assert (found.x[0] - x, found.y[0] - y) == (plain.x[0] - 32, plain.y[0] - 32)
    assert found.contrast[0] == pytest.approx(plain.contrast[0] * factor, rel=1e-2)


def test_drawn_spots_cover_their_discs_also_at_the_frame() -> None:
    one = Blobs(*(np.array([value]) for value in (1.0, 30.0, 4.0, 1.0)))
    drawn = one.drawn((64, 64))
    ys, xs = np.indices((64, 64)) + 0.5
    np.testing.assert_array_equal(drawn, np.hypot(xs - 1, ys - 30) <= 4)
