"""From a point of the body map to the skin under it, and back."""

from __future__ import annotations

from typing import cast, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.sr._concepts_dict import concepts

from augderm.domain.anamnesis import LesionStory
from augderm.domain.body_drawings import ViewCode
from augderm.domain.body_map import REGIONS, VIEWS, middle_of, region_at, region_indices, view_named, views_of
from augderm.domain.body_sites import SITES, GeneralSite
from augderm.domain.errors import InvalidConfig
from augderm.domain.questions import questions_of

MIRRORED = [view for view in VIEWS.values() if view.viewers_left is not None]
fractions = st.floats(0, 1)


@pytest.mark.parametrize("view", VIEWS)
def test_every_region_is_reached_by_its_own_middle(view: ViewCode) -> None:
    for each in VIEWS[view].regions:
        assert region_at(view, *middle_of(each.region.code, view)) == each.region


def test_every_site_has_a_region_on_each_of_its_sides() -> None:
    for site in SITES:
        expected = {f"left_{site.code}", f"right_{site.code}"} if site.paired else {site.code}
        assert {code for code, region in REGIONS.items() if region.site == site} == expected


def test_every_site_word_of_the_anamnesis_has_a_region() -> None:
    words = set(questions_of(LesionStory)["site"].choices)
    assert words - {each.site.anamnesis for each in REGIONS.values()} == set()


def test_every_general_site_of_isic_has_a_region() -> None:
    assert {each.general for each in SITES} == set(get_args(GeneralSite))


def test_every_code_is_of_the_dicom_context_group() -> None:
    names = cast(dict[str, dict[str, tuple[str, list[int]]]], concepts["SCT"])
    known = {code for codes in names.values() for code, (_, groups) in codes.items() if 4029 in groups}
    assert {each.sct for each in SITES} - known == set()


def test_no_place_on_the_body_is_without_a_region() -> None:
    """Off the very edge, on a grid; a place counts as on the body if its four neighbours have a region."""
    for view in VIEWS.values():
        width, height = (round(side / 2) for side in view.size)
        places = np.stack(np.meshgrid(np.arange(width) * 2 + 0.5, np.arange(height) * 2 + 0.5), axis=-1)
        known = region_indices(view, places.reshape(-1, 2)).reshape(height, width) >= 0
        around = known[:-2, 1:-1] & known[2:, 1:-1] & known[1:-1, :-2] & known[1:-1, 2:]
        assert not np.any(around & ~known[1:-1, 1:-1]), view.code


@given(st.sampled_from([view.code for view in MIRRORED]), fractions, fractions)
def test_a_mirrored_point_is_the_same_site_on_the_other_side(view: str, x: float, y: float) -> None:
    here, there = region_at(view, x, y), region_at(view, 1 - x, y)
    if here is None or there is None or abs(x - 0.5) < 0.01:
        return
    if here.site == there.site and here.side is not None:
        assert {here.side, there.side} == {"left", "right"}


@given(fractions, fractions)
def test_the_right_profile_is_the_left_ones_mirror_image(x: float, y: float) -> None:
    for left, right in (("left", "right"), ("head_left", "head_right")):
        here, there = region_at(left, x, y), region_at(right, 1 - x, y)
        if here is not None and there is not None and here.site == there.site:
            assert (here.side, there.side) in (("left", "right"), (None, None))


@pytest.mark.parametrize(
    ("view", "viewers_right"),
    [
        ("front", "left"), ("back", "right"), ("head_front", "left"), ("head_back", "right"),
        ("head_top", "right"),
        ("palms", "left"), ("backs_of_hands", "right"), ("soles", "left"), ("tops_of_feet", "right"),
    ],
)  # fmt: skip
def test_left_and_right_are_the_patients(view: str, viewers_right: str) -> None:
    seen = view_named(view)
    assert seen.viewers_right == viewers_right
    for each in seen.regions:
        if each.region.side is not None:
            x, _ = middle_of(each.region.code, view)
            assert (x > 0.5) == (each.region.side == viewers_right)
            assert each.region.words().endswith(f"patient's {each.region.side}")


def test_a_profile_shows_one_side_only() -> None:
    for view, side in (("left", "left"), ("right", "right"), ("head_left", "left"), ("head_right", "right")):
        assert {each.region.side for each in view_named(view).regions} <= {side, None}


def test_every_region_has_a_view_and_a_name_of_its_own() -> None:
    assert all(views_of(code) for code in REGIONS)
    assert len({each.words() for each in REGIONS.values()}) == len(REGIONS)


def test_what_is_not_on_the_map_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="no view"):
        region_at("inside", 0.5, 0.5)
    with pytest.raises(InvalidConfig, match="from 0 to 1"):
        region_at("front", 1.2, 0.5)
    with pytest.raises(InvalidConfig, match="from 0 to 1"):
        region_at("front", float("nan"), 0.5)
    with pytest.raises(InvalidConfig, match="no region"):
        views_of("tail")
    with pytest.raises(InvalidConfig, match="does not show"):
        middle_of("chin", "soles")
    assert region_at("front", 0.01, 0.01) is None
