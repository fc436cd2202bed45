"""What a page shows of the body map."""

from __future__ import annotations

import pytest

from augderm.domain.body_map import REGIONS, view_named
from augderm.domain.errors import InvalidConfig
from augderm.formats.body_map_page import MapPoint, all_words, map_content


def test_every_region_stands_once_in_the_list() -> None:
    codes = [code for _, regions in map_content().options for code, _ in regions]
    assert sorted(codes) == sorted(REGIONS)


def test_every_word_shown_is_one_that_the_translator_is_given() -> None:
    asked: set[str] = set()

    def translate(text: str) -> str:
        asked.add(text)
        return text

    map_content([MapPoint("1", "chin")], translate=translate)
    assert asked == set(all_words())


def test_a_lesion_is_drawn_once_and_says_whether_its_place_is_exact() -> None:
    exact = MapPoint("1", "left_chest_upper", "front", 0.6, 0.2)
    drawn = [(v.code, p) for v in map_content([exact, MapPoint("2", "chin")]).views for p in v.points]
    assert [(view, point.number, point.exact) for view, point in drawn] == [
        ("front", "1", True), ("head_right", "2", False),
    ]  # fmt: skip
    assert (drawn[0][1].left, drawn[0][1].top) == (0.6 * 200, 0.2 * 440)
    assert drawn[0][1].name == "Lesion 1: Upper chest, patient's left"


def test_a_profile_names_no_sides_and_every_other_view_does() -> None:
    for view in map_content().views:
        sides = {view.viewers_left, view.viewers_right}
        profile = view.code in ("left", "right", "head_left", "head_right")
        assert sides == ({""} if profile else {"patient's left", "patient's right"})
        assert len(view.regions) == len(view_named(view.code).regions)


@pytest.mark.parametrize(
    "point",
    [
        MapPoint("1", "tail"),
        MapPoint("1", "chin", "inside", 0.5, 0.5),
        MapPoint("1", "chin", "head_front", 0.5, None),
        MapPoint("1", "chin", "head_front", 0.5, 1.5),
        MapPoint("1", "chin", "head_front", float("nan"), 0.5),
    ],
)
def test_a_point_that_is_nowhere_is_refused(point: MapPoint) -> None:
    with pytest.raises(InvalidConfig):
        map_content([point])
