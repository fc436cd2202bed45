"""Flips and turns, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.reader.views import VIEWS, View, seen_upright, steady_view, view_of

IMAGE = np.random.default_rng(0).normal(size=(3, 5, 5)).astype(np.float32)


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_found_in_a_view_is_laid_back_where_it_was(view: View) -> None:
    np.testing.assert_array_equal(seen_upright(view_of(IMAGE, view), view), IMAGE)


def test_the_views_are_all_different_and_the_first_is_the_image_itself() -> None:
    seen = {view_of(IMAGE, view).tobytes() for view in VIEWS}
    assert len(seen) == len(VIEWS) == 8
    np.testing.assert_array_equal(view_of(IMAGE, VIEWS[0]), IMAGE)


@pytest.mark.parametrize("view", VIEWS)
def test_whichever_view_is_given_the_steady_one_looks_the_same(view: View) -> None:
    steady = view_of(IMAGE, steady_view(IMAGE))
    given = view_of(IMAGE, view)
    np.testing.assert_array_equal(view_of(given, steady_view(given)), steady)


def test_the_steady_view_is_brighter_to_the_right_and_then_downwards() -> None:
    steady = view_of(IMAGE, steady_view(IMAGE)).mean(axis=0)
    ramp = np.arange(5) - 2
    across, down = (steady @ ramp).sum(), (ramp @ steady).sum()
    assert across >= down >= 0


def test_an_image_of_one_brightness_stays_as_it_is() -> None:
    assert steady_view(np.full((3, 4, 4), 0.3, np.float32)) == VIEWS[0]
