"""Planted lesions are found where they lie and as large as they are, on skin only."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from augderm.analysis.overview.bare import bare_skin
from augderm.analysis.overview.detect import Cloud, find_spots
from augderm.analysis.overview.phantom import OverviewPair, PairSpec, draw_pair


@pytest.fixture(scope="module")
def pair() -> OverviewPair:
    return draw_pair(PairSpec(lesions=30, seed=7))


@pytest.fixture(scope="module")
def cloud(pair: OverviewPair) -> Cloud:
    return find_spots(pair.baseline)


def test_plain_lesions_are_found_with_place_and_size(pair: OverviewPair, cloud: Cloud) -> None:
    plain = [
        each
        for each in pair.planted
        if each.fate != "new" and each.seen[0] and each.diameters_px[0] >= 7 and each.density >= 0.18
    ]
    assert len(plain) >= 12
    away, nearest = KDTree(cloud.at[cloud.listed]).query(np.array([each.baseline for each in plain]))
    assert np.count_nonzero(np.asarray(away) < 2) >= 0.95 * len(plain)
    sizes = cloud.diameter[cloud.listed][nearest] / [each.diameters_px[0] for each in plain]
    assert np.median(sizes) == pytest.approx(1, abs=0.05)


def test_most_of_what_is_listed_was_planted(pair: OverviewPair, cloud: Cloud) -> None:
    places = np.array([each.baseline for each in pair.planted if each.fate != "new"])
    away, _ = KDTree(places).query(cloud.at[cloud.listed])
    assert np.count_nonzero(np.asarray(away) < 6) >= 0.9 * np.count_nonzero(cloud.listed)


def test_wall_and_trousers_are_no_skin(pair: OverviewPair, cloud: Cloud) -> None:
    height, width = cloud.skin.shape
    assert 0.3 < cloud.skin.mean() < 0.8
    assert not cloud.skin[height // 2, :5].any()
    assert not cloud.skin[-5:, width // 2].any()
    assert cloud.skin[height // 2, width // 2]


def test_a_picture_without_skin_has_no_lesions() -> None:
    blue = np.random.default_rng(0).integers(0, 60, (200, 300, 3)).astype(np.uint8) + np.array(
        [0, 40, 150], np.uint8
    )
    assert not bare_skin(blue).any()
    assert len(find_spots(blue)) == 0
