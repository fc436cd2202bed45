"""Where a lesion is: words and codes follow from the map, and left and right are never mixed up silently."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.lesions import LesionEntry, change_lesion, create_lesion, see_lesion
from augderm.clinic.patients import create_patient
from augderm.clinic.platform import Platform
from augderm.clinic.sites import Place, PlaceEntry, place_of
from augderm.domain.body_map import REGIONS, middle_of, views_of
from augderm.domain.sites import GENERAL_SITES
from augderm.store.models import AuditRow
from support.clinic import ADA, somebody


def _point(region: str, view: str | None = None) -> dict[str, str]:
    view = view or views_of(region)[-1]
    x, y = middle_of(region, view)
    return {"region": region, "view": view, "x": str(x), "y": str(y)}


@given(st.sampled_from(sorted(REGIONS)))
def test_every_region_gives_its_words_codes_and_side(code: str) -> None:
    region = REGIONS[code]
    place = place_of(PlaceEntry(**_point(code)))
    assert place.site == region.site.general
    assert place.site in GENERAL_SITES
    assert (place.site_detail, place.site_code) == (region.site.special, region.site.sct)
    assert place.site_code_meaning
    assert place.laterality == region.side
    assert (place.map_region, place.map_view) == (code, views_of(code)[-1])
    assert place_of(PlaceEntry(region=code)).map_x is None, "a region alone is no point"


def test_words_alone_are_words_alone() -> None:
    assert place_of(PlaceEntry(site="posterior torso", laterality="left")) == Place(
        site="posterior torso", laterality="left"
    )
    assert place_of(PlaceEntry()) == Place()


@pytest.mark.parametrize(
    ("region", "view", "said", "fits"),
    [
        ("left_cheek", "head_front", "left", True),
        ("left_cheek", "head_front", "right", False),
        ("left_cheek", "head_front", "midline", False),
        ("right_back_middle", "back", "right", True),
        ("right_back_middle", "back", "left", False),
        ("left_palm", "palms", "right", False),
        ("forehead", "head_front", "left", True),
        ("forehead", "head_front", "midline", True),
        ("forehead", "head_left", "right", False),
        ("forehead", "head_left", "midline", True),
        ("forehead", "head_right", "right", True),
    ],
)
def test_a_left_and_a_right_that_contradict_are_refused(
    region: str, view: str, said: str, fits: bool
) -> None:
    entry = PlaceEntry(laterality=said, **_point(region, view))
    if fits:
        assert place_of(entry).laterality == said
    else:
        with pytest.raises(InvalidEntry, match=r"on the patient's (left|right), and the side says otherwise"):
            place_of(entry)


@pytest.mark.parametrize(("x", "side", "other"), [("0.35", "right", "left"), ("0.65", "left", "right")])
def test_a_point_beside_the_middle_of_the_forehead_has_the_patients_side(
    x: str, side: str, other: str
) -> None:
    y = str(middle_of("forehead", "head_front")[1])
    entry = {"region": "forehead", "view": "head_front", "x": x, "y": y}
    assert place_of(PlaceEntry(**entry, laterality=side)).laterality == side
    with pytest.raises(InvalidEntry, match=f"patient's {side}"):
        place_of(PlaceEntry(**entry, laterality=other))


@pytest.mark.parametrize(
    "entry",
    [
        {"region": "nowhere"},
        {"view": "front", "x": "0.5", "y": "0.5"},
        _point("left_cheek") | {"region": "right_cheek"},
        _point("left_cheek") | {"x": "nan"},
        _point("left_cheek") | {"x": ""},
        _point("left_cheek") | {"y": "-1"},
        _point("left_cheek") | {"view": "<script>"},
        {"region": "left_cheek", "site": "posterior torso"},
    ],
)
def test_what_is_no_place_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(InvalidEntry):
        place_of(PlaceEntry(**entry))


def test_a_lesion_keeps_its_place_and_a_correction_is_logged_with_where_it_was(platform: Platform) -> None:
    person = somebody(platform, "nurse")
    patient = create_patient(platform, person, ADA)
    made = create_lesion(platform, person, patient.id, LesionEntry(**_point("left_cheek"), note="brown"))
    assert (made.label, made.map_region, made.laterality) == ("L1", "left_cheek", "left")
    changed = change_lesion(platform, person, made.id, LesionEntry(**_point("chin")), made.version)
    found: dict[str, Any] = {"map_region": changed.map_region, "laterality": changed.laterality}
    assert found == {"map_region": "chin", "laterality": None}
    assert see_lesion(platform, person, made.id).lesion == changed
    with pytest.raises(Conflict, match="changed by someone else"):
        change_lesion(platform, person, made.id, LesionEntry(), made.version)
    with platform.database.reading() as session:
        entry = session.query(AuditRow).filter_by(action="lesion.change").one()
    was = {name.removeprefix("was_"): value for name, value in entry.details.items() if "was_" in name}
    assert was == asdict(place_of(PlaceEntry(**_point("left_cheek"))))
