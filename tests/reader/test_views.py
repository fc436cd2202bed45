"""Flips and turns, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from augderm.reader.views import VIEWS, View, seen_upright, view_of

IMAGE = np.random.default_rng(0).normal(size=(3, 5, 5)).astype(np.float32)


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_found_in_a_view_is_laid_back_where_it_was(view: View) -> None:
    np.testing.assert_array_equal(seen_upright(view_of(IMAGE, view), view), IMAGE)


def test_the_views_are_all_different_and_the_first_is_the_image_itself() -> None:
    seen = {view_of(IMAGE, view).tobytes() for view in VIEWS}
    assert len(seen) == len(VIEWS) == 8
    np.testing.assert_array_equal(view_of(IMAGE, VIEWS[0]), IMAGE)
