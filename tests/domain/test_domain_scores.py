"""A score's own words: one value or none, one verdict or none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from augderm.domain.scores import Score, ScoreItem, ScoreVerdict


def item(lowest: int, highest: int) -> ScoreItem:
    return ScoreItem("colours", "Colours", 1, 6, lowest, highest, Decimal("0.5"), "machine", "seen")


def score(lowest: str, highest: str, mildest: ScoreVerdict, gravest: ScoreVerdict) -> Score:
    items = (item(1, 1),)
    return Score(
        "abcd", "ABCD", "who", "points", "how", items, Decimal(lowest), Decimal(highest), mildest, gravest
    )


def test_an_item_has_a_value_only_where_one_is_possible() -> None:
    assert item(3, 3).value == 3
    assert item(3, 4).value is None


def test_a_score_has_a_total_only_where_one_is_possible() -> None:
    assert score("1.5", "1.5", "benign", "benign").total == Decimal("1.5")
    assert score("1.5", "1.6", "benign", "benign").total is None


def test_a_verdict_that_differs_is_undecided() -> None:
    assert score("1.5", "1.6", "benign", "benign").verdict == "benign"
    assert score("1.5", "5.6", "benign", "melanoma").verdict == "undecided"


def test_an_item_is_found_by_its_name() -> None:
    assert score("1", "1", "benign", "benign").item("colours") == item(1, 1)
    with pytest.raises(KeyError, match="colors"):
        score("1", "1", "benign", "benign").item("colors")
