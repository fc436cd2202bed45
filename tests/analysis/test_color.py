"""Colours: CIE Lab against known values, and shares that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.color import rgb2lab

from augderm.analysis.color import (
    DERMOSCOPIC_COLOURS,
    PRESENT_SHARE,
    WHITE_OVER_SKIN_L,
    colour_shares,
    to_lab,
)

KNOWN = {
    # Lindbloom's values for sRGB primaries, D65, 2 degrees.
    (255, 255, 255): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (128, 128, 128): (53.59, 0.0, 0.0),
}


@pytest.mark.parametrize("rgb", KNOWN)
def test_lab_agrees_with_published_values(rgb: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(to_lab(np.array([[rgb]], np.uint8))[0, 0], KNOWN[rgb], atol=0.05)


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3))))
def test_lab_is_that_of_scikit_image_for_every_colour(pixels: np.ndarray) -> None:
    np.testing.assert_allclose(to_lab(pixels), rgb2lab(pixels / 255), atol=1e-3)


def test_lab_keeps_the_shape_and_is_single_precision() -> None:
    lab = to_lab(np.zeros((4, 5, 3), np.uint8))
    assert lab.shape == (4, 5, 3)
    assert lab.dtype == np.float32


@pytest.mark.parametrize("name", DERMOSCOPIC_COLOURS)
def test_each_prototype_is_its_own_colour(name: str) -> None:
    lesion = np.array([DERMOSCOPIC_COLOURS[name]] * 7, np.float32)
    shares = colour_shares(lesion, skin_lightness=70.0)
    assert shares[name].share == 1
    assert shares[name].present
    assert sum(share.present for share in shares.values()) == 1


def test_white_counts_only_above_the_skin() -> None:
    white = np.array([DERMOSCOPIC_COLOURS["white"]], np.float32)
    lightness = DERMOSCOPIC_COLOURS["white"][0]
    assert colour_shares(white, lightness - WHITE_OVER_SKIN_L - 0.1)["white"].share == 1
    assert colour_shares(white, lightness - WHITE_OVER_SKIN_L + 0.1)["white"].share == 0
    assert colour_shares(white, None)["white"].share == 0


def test_a_colour_is_present_from_its_least_share_on() -> None:
    count = 1000
    least = int(PRESENT_SHARE * count)
    for black, present in ((least - 1, False), (least, True)):
        names = ["black"] * black + ["red"] * (count - black)
        shares = colour_shares(np.array([DERMOSCOPIC_COLOURS[n] for n in names], np.float32), 70.0)
        assert shares["black"].present is present
        assert shares["black"].share == pytest.approx(black / count)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 300), st.one_of(st.none(), st.floats(0, 100)))
def test_shares_sum_to_one_in_any_order_of_the_pixels(seed: int, count: int, skin: float | None) -> None:
    rng = np.random.default_rng(seed)
    lesion = to_lab(rng.integers(0, 256, (count, 3), dtype=np.uint8))
    shares = colour_shares(lesion, skin)
    assert set(shares) == set(DERMOSCOPIC_COLOURS)
    assert sum(share.share for share in shares.values()) == pytest.approx(1)
    assert all(0 <= share.share <= 1 for share in shares.values())
    assert colour_shares(rng.permutation(lesion), skin) == shares
    assert colour_shares(np.concatenate([lesion, lesion]), skin) == shares


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_each_pixel_goes_to_the_nearest_prototype(seed: int) -> None:
    lesion = to_lab(np.random.default_rng(seed).integers(0, 256, (40, 3), dtype=np.uint8))
    prototypes = {name: np.array(lab) for name, lab in DERMOSCOPIC_COLOURS.items() if name != "white"}
    nearest = [min(prototypes, key=lambda n, p=p: float(np.linalg.norm(p - prototypes[n]))) for p in lesion]  # type: ignore[misc]
    shares = colour_shares(lesion, None)
    for name in prototypes:
        assert shares[name].share == pytest.approx(nearest.count(name) / len(lesion))
