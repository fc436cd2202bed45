"""Where figures are taken: the lesion, and skin near it but off its border."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.analysis.maps.parameter_map import figures_over
from augderm.analysis.maps.regions import GAP, RING, darker_region, plain_skin, skin_around
from augderm.domain.errors import InvalidImage

Y, X = np.mgrid[:120, :160] - np.array([60, 80])[:, None, None]
RADIUS = np.hypot(X, Y)
DISC = RADIUS < 25
ALL = np.ones(DISC.shape, bool)


def test_the_ring_keeps_its_distances_from_the_border() -> None:
    ring = skin_around(DISC, ALL)
    assert RADIUS[ring].min() > 25 + GAP * 50 - 1
    assert RADIUS[ring].max() < 25 + RING * 50 + 1
    assert (plain_skin(DISC, ALL) & ~DISC)[0, 0]


def test_what_is_not_in_view_is_no_skin() -> None:
    assert not (skin_around(DISC, X > 0) & (X <= 0)).any()


def test_a_lesion_without_skin_around_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidImage, match="margin of skin"):
        skin_around(ALL, ALL)


def test_the_darker_region_is_found_through_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, DISC.shape)
    found = darker_region((0.3 + 0.4 * DISC + noise).astype(np.float32))
    assert (found & DISC).sum() / (found | DISC).sum() > 0.9


def test_unknown_corners_are_not_the_lesion() -> None:
    density = np.where(RADIUS < 70, 0.3 + 0.4 * DISC, np.nan).astype(np.float32)
    found = darker_region(density)
    assert (found & DISC).sum() / (found | DISC).sum() > 0.9


@pytest.mark.parametrize("value", [0.3, np.nan])
def test_nothing_darker_is_refused_with_the_remedy(value: float) -> None:
    with pytest.raises(InvalidImage, match="No lesion was found"):
        darker_region(np.full(DISC.shape, value, np.float32))


def test_figures_say_what_share_is_known_and_negative() -> None:
    values = np.array([[1, -1, np.nan, 3]], np.float32)
    found = figures_over(values, np.ones((1, 4), bool))
    assert (found.mean, found.known_share) == (1, 0.75)
    assert found.negative_share == pytest.approx(1 / 3)
    assert figures_over(values * np.nan, np.ones((1, 4), bool)).mean is None
