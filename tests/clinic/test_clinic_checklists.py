"""Checklists: machine and reader side by side; an item that is overruled moves the score."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from augderm.clinic.checklists import Checklist, set_items
from augderm.clinic.errors import Conflict, InvalidEntry
from augderm.clinic.person import Person
from augderm.clinic.platform import Platform
from augderm.clinic.reading import open_reading
from augderm.clinic.reads import commit_impression
from augderm.clinic.signing import Decision, sign
from augderm.evidence.scores.reading import RULES
from augderm.reader.network import Network
from augderm.store.models import ChecklistRow
from support.clinic import Case, open_case, somebody
from support.machine import all_work, machine_says

ABCD = {"asymmetry": 2, "border": 3, "colours": 2, "structures": 2}
ABSENT = {item.name: 0 for item in RULES["seven_point"].items}


def _score(values: dict[str, int]) -> dict[str, Any]:
    return {
        "items": {
            name: {"lowest": value, "highest": value, "evidence": f"measured {value}", "measure": None}
            for name, value in values.items()
        }
    }


@pytest.fixture
def opened(platform: Platform, toy_network: Network) -> tuple[Person, Case, str]:
    person = somebody(platform, "reader")
    case = open_case(platform, person)
    all_work(platform, toy_network)
    scores = {
        "abcd": _score(ABCD),
        "seven_point": _score(ABSENT),
        "seven_point_revised": _score(ABSENT),
    }
    machine_says(platform, case.image.id, scores=scores)
    assert case.image.case_id is not None
    return person, case, case.image.case_id


def _one(lists: tuple[Checklist, ...], name: str) -> Checklist:
    return next(each for each in lists if each.name == name)


def test_an_item_that_is_overruled_moves_the_score_and_the_machines_stays(
    platform: Platform, opened: tuple[Person, Case, str]
) -> None:
    person, case, key = opened
    commit_impression(platform, person, key, "nv", "monitor_3")
    before = _one(open_reading(platform, person, key).checklists, "abcd")
    # 1.3 * 2 + 0.1 * 3 + 0.5 * 2 + 0.5 * 2
    assert before.scores[0].machine == before.scores[0].both
    assert (before.scores[0].both.lowest, before.scores[0].both.gravest) == (4.9, "suspicious")
    after = _one(set_items(platform, person, key, case.image.id, {"abcd.colours": "5"}), "abcd")
    assert (after.scores[0].both.lowest, after.scores[0].both.gravest) == (6.4, "melanoma")
    assert after.scores[0].machine == before.scores[0].machine
    item = next(each for each in after.items if each.name == "abcd.colours")
    assert (item.machine_lowest, item.own, item.evidence) == (2, "5", "measured 2")
    back = _one(set_items(platform, person, key, case.image.id, {"abcd.colours": ""}), "abcd")
    assert back == before
    opened_up = _one(set_items(platform, person, key, case.image.id, {"abcd.colours": "?"}), "abcd")
    assert (opened_up.scores[0].both.lowest, opened_up.scores[0].both.highest) == (4.4, 6.9)


def test_both_versions_of_the_seven_point_checklist_share_their_items(
    platform: Platform, opened: tuple[Person, Case, str]
) -> None:
    person, case, key = opened
    commit_impression(platform, person, key, "nv", "monitor_3")
    items = {"seven_point_revised.blue_whitish_veil": "1"}
    found = _one(set_items(platform, person, key, case.image.id, items), "seven_point")
    assert [score.both.lowest for score in found.scores] == [2.0, 1.0]
    assert [score.both.mildest for score in found.scores] == ["not_suspicious", "suspicious"]


def test_who_and_when_is_kept_of_each_change_and_nothing_is_overwritten(
    platform: Platform, opened: tuple[Person, Case, str]
) -> None:
    person, case, key = opened
    for value in ("5", "?", ""):
        set_items(platform, person, key, case.image.id, {"abcd.colours": value})
    with platform.database.reading() as session:
        rows = session.scalars(select(ChecklistRow).order_by(ChecklistRow.number)).all()
    assert [(row.value, row.withdrawn) for row in rows] == [(5, False), (None, False), (None, True)]
    assert {(row.reader_id, row.item) for row in rows} == {(person.user_id, "abcd.colours")}
    assert {row.set_at for row in rows} == {platform.now()}


def test_a_blind_reader_fills_in_and_sees_nothing_of_the_machine_or_of_others(
    platform: Platform, opened: tuple[Person, Case, str]
) -> None:
    person, case, key = opened
    other = somebody(platform, "reader", like=person)
    set_items(platform, person, key, case.image.id, {"abcd.colours": "5"})
    found = _one(set_items(platform, other, key, case.image.id, {"abcd.border": "0"}), "abcd")
    assert [item.own for item in found.items] == ["", "0", "", ""]
    assert not any(item.machine_set or item.evidence for item in found.items)
    assert (found.scores[0].both.lowest, found.scores[0].both.highest) == (1.0, 8.1)


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("abcd.colours", "7"),
        ("abcd.colours", "0"),
        ("abcd.nothing", "1"),
        ("nothing", "1"),
        ("abcd.colours", "-1"),
        ("abcd.colours", "five"),
        ("abcd.colours", "1.5"),
        ("abcd.colours", "9" * 5000),
        ("menzies.pseudopods", "2"),
    ],
)
def test_what_is_none_of_the_choices_is_refused(
    platform: Platform, opened: tuple[Person, Case, str], item: str, value: str
) -> None:
    person, case, key = opened
    with pytest.raises(InvalidEntry):
        set_items(platform, person, key, case.image.id, {item: value})


def test_after_the_signature_items_stay(platform: Platform, opened: tuple[Person, Case, str]) -> None:
    person, case, key = opened
    read = commit_impression(platform, person, key, "nv", "monitor_3")
    decision = Decision(diagnosis="nv", management="monitor_3")
    sign(platform, person, key, decision, read.version, 0)
    with pytest.raises(Conflict):
        set_items(platform, person, key, case.image.id, {"abcd.colours": "5"})
