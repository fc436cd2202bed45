"""Sharpness of the border: a step is 1, a ramp less, no contrast has none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.edge import MIN_CONTRAST_L, WIDE, border_eighths

SIDE, RADIUS = 300, 80.0
AREA = np.pi * RADIUS**2


def circle(x: float = 150, y: float = 150, clockwise: bool = True) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * np.pi, 400)
    points = np.stack([x + RADIUS * np.cos(t), y + RADIUS * np.sin(t)], axis=1)
    return points if clockwise else points[::-1]


def lesion(edge_px: float, x: float = 150, y: float = 150, contrast: float = 30.0) -> NDArray[np.float32]:
    rows, columns = np.ogrid[:SIDE, :SIDE]
    depth = RADIUS - np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    found: NDArray[np.float32] = (70 - contrast * np.clip(depth / edge_px + 0.5, 0, 1)).astype(np.float32)
    return found


def test_a_step_is_sharp_with_its_contrast() -> None:
    for eighth in border_eighths(lesion(1), circle(), AREA):
        assert eighth.contrast == pytest.approx(30, abs=0.5)
        assert eighth.sharpness == pytest.approx(1, abs=0.05)


def test_a_ramp_over_the_wide_band_gives_a_fifth() -> None:
    for eighth in border_eighths(lesion(2 * WIDE * 2 * RADIUS), circle(), AREA):
        assert eighth.sharpness == pytest.approx(0.2, abs=0.03)


def test_sharpness_falls_with_the_width_of_the_edge() -> None:
    found = [border_eighths(lesion(width), circle(), AREA) for width in (2, 8, 12, 20, 32)]
    for eighth in range(8):
        values = [row[eighth].sharpness for row in found]
        assert None not in values
        assert all(a > b + 0.02 for a, b in itertools.pairwise(values) if a and b)
        assert values[0] is not None
        assert values[1] is not None
        assert values[0] >= values[1]


@pytest.mark.parametrize("seed", range(5))
def test_sharpness_falls_with_blur_for_any_noise(seed: int) -> None:
    noisy = lesion(2) + np.random.default_rng(seed).normal(0, 2, (SIDE, SIDE)).astype(np.float32)
    means = []
    for sigma in (0.0, 4.0, 8.0, 12.0):
        eighths = border_eighths(ndimage.gaussian_filter(noisy, sigma), circle(), AREA)
        means.append(np.mean([eighth.sharpness for eighth in eighths if eighth.sharpness is not None]))
    assert all(a > b for a, b in itertools.pairwise(means))


def test_a_lighter_lesion_has_a_negative_contrast_and_the_same_sharpness() -> None:
    dark = border_eighths(lesion(12), circle(), AREA)
    light = border_eighths(140 - lesion(12), circle(), AREA)
    for one, other in zip(dark, light, strict=True):
        assert one.contrast is not None
        assert other.contrast == pytest.approx(-one.contrast, abs=0.01)
        assert other.sharpness == pytest.approx(one.sharpness, abs=0.01)


def test_without_contrast_there_is_no_sharpness() -> None:
    for eighth in border_eighths(lesion(4, contrast=0.8 * MIN_CONTRAST_L), circle(), AREA):
        assert eighth.contrast is not None
        assert eighth.sharpness is None


@pytest.mark.parametrize("which", range(8))
def test_eighths_run_clockwise_from_the_right(which: int) -> None:
    rows, columns = np.ogrid[:SIDE, :SIDE]
    angle = np.arctan2(rows + 0.5 - 150, columns + 0.5 - 150) % (2 * np.pi)
    dim = (angle // (np.pi / 4)).astype(int) == which
    image = np.where(dim, lesion(1, contrast=10), lesion(1)).astype(np.float32)
    contrasts = [eighth.contrast or 0.0 for eighth in border_eighths(image, circle(), AREA)]
    assert int(np.argmin(contrasts)) == which
    assert contrasts[which] == pytest.approx(10, abs=1)


def test_the_direction_of_the_outline_does_not_matter() -> None:
    one = border_eighths(lesion(12), circle(), AREA)
    other = border_eighths(lesion(12), circle(clockwise=False), AREA)
    for a, b in zip(one, other, strict=True):
        assert b.contrast == pytest.approx(a.contrast, abs=0.2)
        assert b.sharpness == pytest.approx(a.sharpness, abs=0.02)


def test_a_border_out_of_the_frame_is_not_judged() -> None:
    # The centre lies on the right edge: the right half of the border is out of sight.
    eighths = border_eighths(lesion(1, x=SIDE), circle(x=SIDE), AREA)
    for which in (0, 7):
        assert eighths[which].contrast is None
        assert eighths[which].sharpness is None
    for which in (3, 4):
        assert eighths[which].sharpness == pytest.approx(1, abs=0.05)


def test_the_same_lesion_at_half_size_has_the_same_sharpness() -> None:
    large = border_eighths(lesion(16), circle(), AREA)
    small = border_eighths(lesion(16)[::2, ::2], circle() / 2, AREA / 4)
    for a, b in zip(large, small, strict=True):
        assert b.sharpness == pytest.approx(a.sharpness, abs=0.06)
