"""From a border map to one lesion: one piece, no holes, an outline in the right place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.border import MIN_LESION_FRACTION, clean_mask, enlarge, outline
from augderm.analysis.shape import measure_shape

few = settings(max_examples=50)


def disc(height: int, width: int, x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[:height, :width]
    found: NDArray[np.bool_] = np.hypot(columns + 0.5 - x, rows + 0.5 - y) <= radius
    return found


def as_map(mask: NDArray[np.bool_], level: float = 0.9) -> NDArray[np.float32]:
    return np.where(mask, level, 0.05).astype(np.float32)


def blobs(seed: int) -> NDArray[np.float32]:
    """A random smooth map in 0..1 with several regions and holes."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=(60, 80)), rng.uniform(1, 6))
    found: NDArray[np.float32] = (1 / (1 + np.exp(-3 * smooth / smooth.std()))).astype(np.float32)
    return found


def test_a_single_region_is_kept_as_it_is() -> None:
    mask = disc(90, 120, 50, 40, 20)
    np.testing.assert_array_equal(clean_mask(as_map(mask)), mask)


def test_only_the_larger_of_two_regions_is_kept() -> None:
    large, small = disc(90, 120, 35, 45, 20), disc(90, 120, 95, 45, 10)
    np.testing.assert_array_equal(clean_mask(as_map(large | small)), large)


def test_a_certain_region_outweighs_a_larger_doubtful_one() -> None:
    certain, doubtful = disc(90, 120, 35, 45, 18), disc(90, 120, 90, 45, 20)
    probability = np.maximum(as_map(certain, 0.99), as_map(doubtful, 0.55))
    np.testing.assert_array_equal(clean_mask(probability), certain)


def test_holes_are_filled() -> None:
    mask = disc(90, 120, 60, 45, 30)
    holed = mask & ~disc(90, 120, 55, 40, 6) & ~disc(90, 120, 70, 50, 3)
    np.testing.assert_array_equal(clean_mask(as_map(holed)), mask)


def test_a_bay_that_is_open_to_the_skin_is_no_hole() -> None:
    mask = disc(90, 120, 60, 45, 30)
    mask[:45, 55:65] = False
    np.testing.assert_array_equal(clean_mask(as_map(mask)), mask)


def test_skin_cut_off_by_the_frame_is_no_hole() -> None:
    mask = np.zeros((90, 120), bool)
    mask[:, 40:60] = True
    np.testing.assert_array_equal(clean_mask(as_map(mask)), mask)


@pytest.mark.parametrize("level", [0.0, 0.2, 0.5])
def test_a_map_without_lesion_gives_an_empty_mask(level: float) -> None:
    mask = clean_mask(np.full((90, 120), level, np.float32))
    assert mask.shape == (90, 120)
    assert mask.dtype == np.bool_
    assert not mask.any()


def test_a_map_full_of_lesion_gives_a_full_mask() -> None:
    assert clean_mask(np.ones((90, 120), np.float32)).all()


def test_tiny_specks_are_no_lesion() -> None:
    specks = np.zeros((200, 300), bool)
    specks[::40, ::40] = True
    specks[10:15, 10:15] = True
    assert np.count_nonzero(specks[10:15, 10:15]) < MIN_LESION_FRACTION * specks.size
    assert not clean_mask(as_map(specks)).any()


def test_the_smallest_lesion_is_one_of_the_stated_share() -> None:
    mask = np.zeros((100, 100), bool)
    mask[50, 50:59] = True
    assert not clean_mask(as_map(mask)).any()
    mask[50, 59] = True
    assert np.count_nonzero(clean_mask(as_map(mask))) == 10


def test_the_threshold_decides() -> None:
    mask = disc(90, 120, 60, 45, 20)
    assert clean_mask(as_map(mask, 0.4), threshold=0.3).any()
    assert not clean_mask(as_map(mask, 0.4), threshold=0.5).any()


@few
@given(st.integers(0, 10**6))
def test_any_map_gives_one_piece_without_holes_and_cleaning_again_changes_nothing(seed: int) -> None:
    probability = blobs(seed)
    mask = clean_mask(probability)
    assert ndimage.label(mask)[1] <= 1
    np.testing.assert_array_equal(ndimage.binary_fill_holes(mask), mask)
    np.testing.assert_array_equal(clean_mask(mask.astype(np.float32)), mask)
    if mask.any():
        assert np.count_nonzero(mask & (probability > 0.5)) >= MIN_LESION_FRACTION * mask.size


@few
@given(st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_a_turned_map_gives_the_turned_mask(seed: int, turns: int, mirror: bool) -> None:
    flip = -1 if mirror else 1
    probability = blobs(seed)
    moved = np.ascontiguousarray(np.rot90(probability, turns)[:, ::flip])
    np.testing.assert_array_equal(clean_mask(moved), np.rot90(clean_mask(probability), turns)[:, ::flip])


def test_enlarging_keeps_a_level_and_the_place() -> None:
    np.testing.assert_allclose(enlarge(np.full((7, 7), 0.3, np.float32), 101, 64), 0.3, atol=1e-6)
    grid = np.zeros((10, 10), np.float32)
    grid[2, 7] = 1
    large = enlarge(grid, 400, 200)
    assert large.shape == (200, 400)
    row, column = np.unravel_index(int(large.argmax()), large.shape)
    assert abs(row + 0.5 - 2.5 * 20) < 11
    assert abs(column + 0.5 - 7.5 * 40) < 21


@few
@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(1, 200))
def test_enlarging_never_leaves_the_range(seed: int, width: int, height: int) -> None:
    grid = np.random.default_rng(seed).random((9, 9), np.float32)
    large = enlarge(grid, width, height)
    assert large.shape == (height, width)
    assert large.min() >= grid.min() - 1e-6
    assert large.max() <= grid.max() + 1e-6


@pytest.mark.parametrize(("x", "y", "radius"), [(60, 45, 30), (50.5, 40.25, 12), (100, 100, 60.7)])
def test_the_outline_of_a_disc_runs_along_its_rim(x: float, y: float, radius: float) -> None:
    edge = outline(disc(200, 200, x, y, radius))
    distance = np.hypot(edge[:, 0] - x, edge[:, 1] - y)
    assert np.abs(distance - radius).max() < 1
    assert abs(distance.mean() - radius) < 0.15


@few
@given(st.integers(0, 10**6))
def test_every_outline_is_closed_and_close_to_its_mask(seed: int) -> None:
    mask = clean_mask(blobs(seed))
    edge = outline(mask)
    if not len(edge):
        assert np.count_nonzero(mask) < 60
        return
    np.testing.assert_allclose(edge[0], edge[-1])
    height, width = mask.shape
    assert edge.min() >= 0
    assert edge[:, 0].max() <= width
    assert edge[:, 1].max() <= height
    rim = ndimage.binary_dilation(mask, iterations=2) & ~ndimage.binary_erosion(mask, iterations=4)
    columns, rows = np.minimum(edge.astype(int), [width - 1, height - 1]).T
    assert rim[rows, columns].all()


@few
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_turning_and_flipping_the_mask_keeps_area_perimeter_and_axes(seed: int, turns: int) -> None:
    mask = clean_mask(blobs(seed))
    if np.count_nonzero(mask) < 100:
        return
    one = measure_shape(outline(mask))
    for moved in (np.rot90(mask, turns), mask[::-1], mask[:, ::-1], mask.T):
        other = measure_shape(outline(np.ascontiguousarray(moved)))
        assert other.area == pytest.approx(one.area, rel=1e-4)
        assert other.perimeter == pytest.approx(one.perimeter, rel=1e-4)
        assert other.long_axis == pytest.approx(one.long_axis, rel=1e-4)
        assert other.circularity == pytest.approx(one.circularity, rel=1e-3)


def test_the_outline_of_nothing_is_empty() -> None:
    assert outline(np.zeros((40, 40), bool)).shape == (0, 2)


def test_the_outline_of_a_few_pixels_never_fails() -> None:
    for height in range(1, 5):
        for width in range(1, 5):
            mask = np.zeros((20, 20), bool)
            mask[3 : 3 + height, 5 : 5 + width] = True
            edge = outline(mask)
            assert edge.shape[1] == 2
            if len(edge):
                assert measure_shape(edge).area <= 1.3 * height * width


def test_the_outline_of_a_full_frame_is_the_frame() -> None:
    edge = outline(np.ones((60, 80), bool))
    assert measure_shape(edge).area == pytest.approx(60 * 80, rel=0.01)
