"""Borders drawn by colour: the same at two visits, and not called steady where the level decides."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from augderm.analysis.followup.level import Borders, borders_by_level

SKIN, DARK = (214, 168, 148), (100, 60, 48)
ROWS, COLUMNS = np.mgrid[:200, :240]


def disc(radius: float) -> NDArray[np.bool_]:
    return np.asarray(np.hypot(ROWS - 100, COLUMNS - 120) < radius)


def drawn(first: NDArray[np.uint8], second: NDArray[np.uint8], radii: tuple[float, float]) -> Borders:
    clear = np.ones(ROWS.shape, bool)
    rng = np.random.default_rng(1)
    noisy = [
        np.clip(each + rng.normal(0, 2, each.shape), 0, 255).astype(np.uint8) for each in (first, second)
    ]
    found = borders_by_level(
        (noisy[0], noisy[1]), (disc(radii[0]), disc(radii[1])), ~disc(75), (clear, clear)
    )
    assert found
    return found


def picture(radius: float, weak: tuple[int, int, int] = DARK) -> NDArray[np.uint8]:
    """A lesion whose right side has another colour."""
    pixels = np.full((*ROWS.shape, 3), SKIN, np.uint8)
    pixels[disc(radius)] = DARK
    pixels[disc(radius) & (120 + 0.5 * radius < COLUMNS)] = weak
    return pixels


@pytest.mark.parametrize("radius", [50.0, 55.0])
def test_a_lesion_that_stands_out_is_steady_with_its_true_growth(radius: float) -> None:
    found = drawn(picture(50), picture(radius), (49, radius + 1))
    assert found.steady
    ratio = np.count_nonzero(found.follow_up) / np.count_nonzero(found.baseline)
    assert ratio == pytest.approx((radius / 50) ** 2, abs=0.02)


def test_a_side_like_the_skin_that_the_level_runs_through_is_not_steady() -> None:
    # The same lesion; its faint side comes out nearer to the skin in the second picture.
    first = picture(50, (190, 138, 117))
    alike = drawn(first, picture(50, (194, 143, 122)), (50, 50))
    assert alike.steady
    assert np.count_nonzero(alike.follow_up) == pytest.approx(np.count_nonzero(alike.baseline), rel=0.02)
    assert not drawn(first, picture(50, (202, 153, 132)), (50, 50)).steady
