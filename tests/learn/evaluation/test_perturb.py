"""Changes that leave the lesion what it is: the same each time, and no more than they say."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.analysis.phantom import Phantom
from augderm.learn.evaluation.perturb import (
    PERTURBATIONS,
    brightened,
    compressed,
    mirrored,
    turned,
    unchanged,
    with_dark_corners,
    with_hair,
    with_ink,
    zoomed,
)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_change_gives_an_image_and_leaves_the_original_alone(name: str, phantom: Phantom) -> None:
    before = phantom.pixels.copy()
    changed = PERTURBATIONS[name](phantom.pixels, 5)
    assert changed.dtype == np.uint8
    assert changed.size == before.size
    assert not np.array_equal(changed, before)
    assert np.array_equal(phantom.pixels, before)
    assert np.array_equal(changed, PERTURBATIONS[name](phantom.pixels, 5)), "the same seed, the same image"


def test_turns_and_mirrors_undo_themselves(phantom: Phantom) -> None:
    pixels = phantom.pixels
    assert np.array_equal(turned(3)(turned(1)(pixels, 0), 0), pixels)
    for axis in (0, 1):
        assert np.array_equal(mirrored(axis)(mirrored(axis)(pixels, 0), 0), pixels)
    assert unchanged(pixels, 0) is pixels


def test_enlarging_makes_the_lesion_larger_by_the_square(phantom: Phantom) -> None:
    mask = np.repeat(phantom.mask[..., None], 3, axis=2).astype(np.uint8) * 255
    for factor in (1.2, 0.8):
        area = (zoomed(factor)(mask, 0)[..., 0] >= 128).mean()
        assert area == pytest.approx(phantom.mask.mean() * factor**2, rel=0.02)


def test_brightness_is_a_factor_on_the_levels(phantom: Phantom) -> None:
    darker = brightened(0.8)(phantom.pixels, 0).astype(float)
    assert darker == pytest.approx(phantom.pixels * 0.8, abs=0.51)
    assert brightened(1.2)(np.full((4, 4, 3), 250, np.uint8), 0).max() == 255


def test_a_lower_quality_is_farther_from_the_original(phantom: Phantom) -> None:
    def error(quality: int) -> float:
        return float(np.abs(compressed(quality)(phantom.pixels, 0).astype(float) - phantom.pixels).mean())

    assert error(20) > error(50) > error(95) > 0


@pytest.mark.parametrize("plant", [with_hair, with_ink])
def test_what_is_planted_covers_little_and_darkens(plant: object, phantom: Phantom) -> None:
    assert callable(plant)
    changed = plant(phantom.pixels, 1)
    touched = (changed != phantom.pixels).any(axis=2)
    assert 0.005 < touched.mean() < 0.15
    assert changed[touched].mean() < phantom.pixels[touched].mean()


def test_another_seed_plants_other_hairs(phantom: Phantom) -> None:
    assert not np.array_equal(with_hair(phantom.pixels, 1), with_hair(phantom.pixels, 2))


def test_dark_corners_are_black_and_the_middle_is_untouched(phantom: Phantom) -> None:
    changed = with_dark_corners(phantom.pixels, 0)
    height, width = changed.shape[:2]
    assert changed[0, 0].max() == 0
    middle = (slice(height // 4, 3 * height // 4), slice(width // 4, 3 * width // 4))
    assert np.array_equal(changed[middle], phantom.pixels[middle])
