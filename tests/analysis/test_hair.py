"""Hair: what is drawn as hair is masked, what is skin is not."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageFilter

from augderm.analysis.hair import _RUNS, STRAIGHT_PX, _straight, hair_mask
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from support.hindrances import with_network

SPEC = PhantomSpec(width_px=400, height_px=300, long_axis_px=180, short_axis_px=130, noise=0)


def level_of(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.fromarray(pixels).convert("L"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_hair_is_masked_and_little_else(seed: int) -> None:
    spec = dataclasses.replace(SPEC, seed=seed)
    bare = draw_phantom(spec)
    hairy = draw_phantom(dataclasses.replace(spec, hairs=8))
    drawn = (hairy.pixels != bare.pixels).any(axis=2)
    # Over black or dark brown, hair can hardly be seen, and does not matter.
    seen = drawn & (np.abs(level_of(hairy.pixels).astype(int) - level_of(bare.pixels)) > 25)
    found = hair_mask(level_of(hairy.pixels))
    assert found[seen].mean() > 0.9
    near = np.asarray(Image.fromarray(drawn).convert("L").filter(ImageFilter.MaxFilter(7))) > 0
    assert found[~near].mean() < 0.01


@settings(max_examples=20)
@given(arrays.arrays(np.bool_, (20, 23), elements=st.sampled_from([True] * 9 + [False])))
def test_runs_that_are_straight_and_long_enough_stay_and_nothing_else(mask: np.ndarray) -> None:
    wanted = np.zeros_like(mask)
    for down, right in _RUNS:
        steps = np.arange(max(2, round(STRAIGHT_PX / np.hypot(down, right))))
        for row, column in np.argwhere(mask):
            rows, columns = row + down * steps, column + right * steps
            inside = (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
            if inside.all() and mask[rows, columns].all():
                wanted[rows, columns] = True
    np.testing.assert_array_equal(_straight(mask), wanted)


def test_a_lesion_without_hair_has_none() -> None:
    for noise in (0, 4):
        bare = draw_phantom(dataclasses.replace(SPEC, noise=noise))
        assert hair_mask(level_of(bare.pixels)).mean() < 0.001


@pytest.mark.parametrize("cell_px", [6, 9, 13])
def test_nine_tenths_of_a_pigment_network_are_not_taken_for_hair(cell_px: float) -> None:
    drawn = draw_phantom(SPEC)
    netted = with_network(drawn.pixels, drawn.mask, cell_px, depth=35)
    assert hair_mask(level_of(netted))[drawn.mask].mean() < 0.1


def test_dots_and_short_dashes_are_no_hair() -> None:
    level = np.full((200, 200), 190, np.uint8)
    level[20:180:20, 20:180:20] = 30
    level[100, 30:38] = level[60:70, 150] = 30
    assert not hair_mask(level).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (40, 3), (9, 9)])
def test_an_image_smaller_than_a_hair_has_none(shape: tuple[int, int]) -> None:
    assert not hair_mask(np.zeros(shape, np.uint8)).any()
