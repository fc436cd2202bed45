"""A person overrules an item, and everything follows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.errors import InvalidOverrule
from augderm.domain.scores import Score
from augderm.evidence.scores import RULES, overruled
from augderm.evidence.scores.rule import score_from
from support.reports import assessment_of

SCORES = assessment_of().scores
ABCD = {"abcd.asymmetry": 2, "abcd.border": 4, "abcd.colours": 5, "abcd.structures": 4}


def test_the_item_is_the_person_s_and_the_score_follows() -> None:
    before = SCORES["abcd"]
    after = overruled(SCORES, {"abcd.colours": 5}, by="person")["abcd"]
    assert (before.item("colours").value, before.item("colours").set_by) == (3, "machine")
    assert (after.item("colours").value, after.item("colours").set_by) == (5, "person")
    assert after.item("colours").evidence == before.item("colours").evidence
    assert after.lowest - before.lowest == after.highest - before.highest == 1
    assert after.verdict == "melanoma"
    assert before.verdict == "undecided"


def test_a_wholly_set_score_has_a_total_and_a_verdict() -> None:
    after = overruled(SCORES, ABCD)["abcd"]
    assert (after.total, after.verdict) == (Decimal("7.5"), "melanoma")
    assert {item.set_by for item in after.items} == {"person"}
    mild = {"abcd.asymmetry": 0, "abcd.border": 0, "abcd.colours": 1, "abcd.structures": 1}
    least = overruled(SCORES, mild)["abcd"]
    assert (least.total, least.verdict) == (Decimal(1), "benign")


def test_the_given_scores_and_other_items_stay_as_they_are() -> None:
    kept = dict(SCORES)
    after = overruled(SCORES, {"abcd.colours": 5})
    assert kept == SCORES
    assert after["abcd"].item("border") == SCORES["abcd"].item("border")
    assert {name: after[name] for name in SCORES if name != "abcd"} == {
        name: score for name, score in SCORES.items() if name != "abcd"
    }
    assert overruled(SCORES, {}) == SCORES


def test_a_person_can_overrule_what_a_person_set() -> None:
    twice = overruled(overruled(SCORES, {"abcd.colours": 5}), {"abcd.colours": 2})
    assert twice == overruled(SCORES, {"abcd.colours": 2})


def test_what_a_person_cannot_tell_is_open_again() -> None:
    opened = overruled(SCORES, {"abcd.colours": None})["abcd"]
    item = opened.item("colours")
    assert (item.value, item.lowest, item.highest, item.set_by) == (None, 1, 6, "person")
    assert opened.verdict == "undecided"


def test_both_versions_of_a_checklist_follow() -> None:
    for name in ("seven_point", "seven_point_revised"):
        after = overruled(SCORES, {f"{name}.blue_whitish_veil": 1})
        assert after["seven_point"].lowest == 2
        assert after["seven_point_revised"].lowest == 1
        assert after["seven_point_revised"].verdict == "suspicious"
        assert after["seven_point"].verdict == "undecided"
    both = {"seven_point.blue_whitish_veil": 1, "seven_point_revised.blue_whitish_veil": 1}
    assert overruled(SCORES, both) == overruled(SCORES, {"seven_point.blue_whitish_veil": 1})
    with pytest.raises(InvalidOverrule, match="two values, 1 and 0; give one"):
        overruled(SCORES, both | {"seven_point_revised.blue_whitish_veil": 0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"abcd.colors": 5}, r"names no item; known are abcd\.asymmetry, abcd\.border"),
        ({"tds.colours": 5}, "names no score; known are abcd, seven_point"),
        ({"colours": 5}, "names no score"),
        ({"abcd": 5}, "names no item"),
        ({"": 5}, "names no score"),
        ({"abcd.colours": 0}, "abcd.colours is 0; give a whole number from 1 to 6"),
        ({"abcd.colours": 7}, "from 1 to 6, or None"),
        ({"abcd.asymmetry": -1}, "from 0 to 2"),
        ({"abcd.border": 9}, "from 0 to 8"),
        ({"abcd.structures": 6}, "from 1 to 5"),
        ({"three_point.asymmetry": 2}, "from 0 to 1"),
        ({"abcd.colours": 2.0}, "whole number"),
        ({"abcd.colours": float("nan")}, "whole number"),
        ({"abcd.colours": "5"}, "'5'; give a whole number"),
        ({"abcd.border": 4, "abcd.colours": 9}, "abcd.colours is 9"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(values: Any, message: str) -> None:
    with pytest.raises(InvalidOverrule, match=message):
        overruled(SCORES, values)


def test_without_scores_there_is_nothing_to_overrule() -> None:
    with pytest.raises(InvalidOverrule, match="the image has no dermoscopic scores"):
        overruled({}, {"abcd.colours": 5})


@given(st.data())
def test_any_items_set_by_a_person_give_the_score_of_those_values(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(list(RULES.values())))
    values = {item.name: data.draw(st.integers(item.least, item.most)) for item in rule.items}
    empty: Mapping[str, Score] = {rule.name: score_from(rule, {})}
    after = overruled(empty, {f"{rule.name}.{name}": value for name, value in values.items()})[rule.name]
    assert after.total == rule.total(values)
    assert after.verdict == rule.judged(values)
