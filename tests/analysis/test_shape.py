"""Size and form of closed polygons, against geometry and under the motions of the plane."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis.shape import FRAME_MARGIN_PX, measure_shape, share_on_frame

Polygon = NDArray[np.float64]
few = settings(max_examples=60)


def ellipse(a: float, b: float, angle_deg: float = 0.0, corners: int = 720) -> Polygon:
    t = np.linspace(0, 2 * np.pi, corners + 1)
    return turned(np.stack([a * np.cos(t), b * np.sin(t)], axis=1), angle_deg)


def turned(polygon: Polygon, angle_deg: float) -> Polygon:
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    moved: Polygon = polygon @ np.array([[cos, sin], [-sin, cos]])
    return moved


@st.composite
def stars(draw: st.DrawFn) -> Polygon:
    """A polygon whose corners are seen from its centre in turn."""
    radii = np.array(draw(st.lists(st.floats(1, 100), min_size=5, max_size=30)))
    t = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    # Unequal axes, so that the long one is not a matter of chance.
    corners = np.stack([1.7 * radii * np.cos(t), radii * np.sin(t)], axis=1)
    return np.concatenate([corners, corners[:1]])


def test_a_rectangle_has_the_figures_of_the_schoolbook() -> None:
    shape = measure_shape(np.array([[0, 0], [40, 0], [40, 30], [0, 30], [0, 0]], float))
    assert shape.area == pytest.approx(1200)
    assert shape.perimeter == pytest.approx(140)
    assert shape.long_axis == pytest.approx(50)
    assert shape.short_axis == pytest.approx(48)  # two heights of the triangle: 2 * 40 * 30 / 50
    assert shape.circularity == pytest.approx(4 * math.pi * 1200 / 140**2)


@pytest.mark.parametrize("angle", range(-85, 95, 20))
def test_an_ellipse_has_its_axes_area_and_orientation(angle: int) -> None:
    shape = measure_shape(ellipse(60, 35, angle))
    assert shape.area == pytest.approx(math.pi * 60 * 35, rel=1e-4)
    assert shape.long_axis == pytest.approx(120, rel=1e-4)
    assert shape.short_axis == pytest.approx(70, rel=1e-4)
    assert abs((shape.orientation_deg - angle + 90) % 180 - 90) < 0.5
    assert -90 <= shape.orientation_deg < 90


def test_a_circle_is_the_roundest() -> None:
    assert measure_shape(ellipse(50, 50)).circularity == pytest.approx(1, abs=1e-4)
    assert measure_shape(ellipse(50, 25)).circularity < 0.9


@few
@given(stars(), st.floats(-180, 180), st.floats(-500, 500), st.booleans())
def test_turning_moving_and_mirroring_change_no_size(
    star: Polygon, angle: float, shift: float, mirror: bool
) -> None:
    moved = turned(star * np.array([-1.0 if mirror else 1.0, 1.0]), angle) + shift
    one, other = measure_shape(star), measure_shape(moved)
    assert other.area == pytest.approx(one.area, rel=1e-6)
    assert other.perimeter == pytest.approx(one.perimeter, rel=1e-9)
    assert other.long_axis == pytest.approx(one.long_axis, rel=1e-9)
    assert other.circularity == pytest.approx(one.circularity, rel=1e-6)


@few
@given(st.floats(1.05, 5), st.floats(-180, 180))
def test_turning_turns_the_orientation_and_keeps_the_short_axis(ratio: float, angle: float) -> None:
    shape = measure_shape(ellipse(40 * ratio, 40, angle))
    assert shape.short_axis == pytest.approx(80, rel=1e-3)
    assert abs((shape.orientation_deg - angle + 90) % 180 - 90) < 1


@few
@given(st.floats(1.05, 5), st.floats(0.1, 20))
def test_the_axes_of_an_ellipse_scale(ratio: float, factor: float) -> None:
    one, other = (
        measure_shape(ellipse(40 * ratio, 40, 25)),
        measure_shape(ellipse(40 * ratio, 40, 25) * factor),
    )
    assert other.short_axis == pytest.approx(one.short_axis * factor, rel=1e-4)
    assert abs((other.orientation_deg - one.orientation_deg + 90) % 180 - 90) < 0.01


@few
@given(stars(), st.floats(0.1, 20))
def test_lengths_scale_and_areas_scale_squared(star: Polygon, factor: float) -> None:
    # The short axis is not among them: two diagonals may be the longest to the last bit.
    one, other = measure_shape(star), measure_shape(star * factor)
    assert other.area == pytest.approx(one.area * factor**2, rel=1e-9)
    assert other.perimeter == pytest.approx(one.perimeter * factor, rel=1e-9)
    assert other.long_axis == pytest.approx(one.long_axis * factor, rel=1e-9)


@few
@given(stars())
def test_the_direction_and_start_of_the_outline_do_not_matter(star: Polygon) -> None:
    opened = np.roll(star[:-1], 3, axis=0)[::-1]
    one, other = measure_shape(star), measure_shape(np.concatenate([opened, opened[:1]]))
    assert other.area == pytest.approx(one.area, rel=1e-9)
    assert other.long_axis == pytest.approx(one.long_axis, rel=1e-12)


@few
@given(stars())
def test_figures_keep_their_order(star: Polygon) -> None:
    shape = measure_shape(star)
    assert 0 < shape.short_axis <= shape.long_axis * (1 + 1e-9)
    assert shape.area <= shape.long_axis * shape.short_axis * (1 + 1e-9)
    assert shape.perimeter >= 2 * shape.long_axis * (1 - 1e-9)
    assert 0 < shape.circularity <= 1
    assert -90 <= shape.orientation_deg <= 90


def test_a_line_has_a_length_and_no_area() -> None:
    shape = measure_shape(np.array([[0, 0], [10, 0], [30, 0], [10, 0], [0, 0]], float))
    assert shape.area == 0
    assert shape.long_axis == pytest.approx(30)
    assert shape.short_axis == 0
    assert shape.circularity == 0


def square(left: float, top: float, side: float) -> Polygon:
    corners = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
    fine = [np.linspace(a, b, 50) for a, b in zip(np.array(corners)[:-1], np.array(corners)[1:], strict=True)]
    sides: Polygon = np.concatenate(fine) * side + np.array([left, top])
    return sides


@pytest.mark.parametrize(
    ("left", "top", "share"),
    [(100, 50, 0), (0, 50, 1 / 4), (200, 50, 1 / 4), (0, 0, 1 / 2), (200, 100, 1 / 2)],
)
def test_the_share_on_the_frame_is_that_of_its_sides(left: float, top: float, share: float) -> None:
    # The sides that meet the frame at right angles are on it for the margin's width.
    found = share_on_frame(square(left, top, 100), 300, 200)
    assert found == pytest.approx(share, abs=4 * (FRAME_MARGIN_PX + 2) / 400)
    assert (found == 0) == (share == 0)


def test_an_outline_all_along_the_frame_is_wholly_on_it() -> None:
    assert share_on_frame(square(0, 0, 200), 200, 200) == pytest.approx(1)


def test_an_outline_near_the_frame_is_not_on_it() -> None:
    assert share_on_frame(square(3, 3, 100), 300, 200) == 0


@few
@given(stars(), st.floats(-100, 400), st.floats(-100, 400))
def test_the_share_on_the_frame_lies_between_none_and_all(star: Polygon, x: float, y: float) -> None:
    assert 0 <= share_on_frame(star + np.array([x, y]), 300, 300) <= 1 + 1e-9
