"""What the scores build on: when a structure counts, and in which words."""

from __future__ import annotations

import pytest

from augderm.analysis.phantom import PhantomSpec
from augderm.evidence.scores.seen import Seen, share_text
from support.reports import assessment_of


@pytest.mark.parametrize(
    ("probability", "present", "words"),
    [
        (1.0, True, "> 0.99 (present)"),
        (0.9, True, "0.90 (present)"),
        (0.88, None, "0.88 (not settled)"),
        (0.12, None, "0.12 (not settled)"),
        (0.1, False, "0.10 (absent)"),
        (0.0, False, "< 0.01 (absent)"),
    ],
)
def test_a_structure_counts_only_where_the_network_is_sure(
    probability: float, present: bool | None, words: str
) -> None:
    seen = Seen(None, {"streaks": probability})
    assert seen.present("streaks") is present
    assert seen.structure_text("streaks") == f"streaks {words}"


def test_what_was_not_calibrated_is_not_known() -> None:
    for seen in (Seen(None), Seen(None, {"streaks": None})):
        assert seen.present("streaks") is None
        assert seen.structure_text("streaks") == ""
        assert seen.without("streaks", unless="of which kind") is None
    assert Seen(None, {"streaks": 0.01}).without("streaks", "globules", unless="which") is None


def test_without_a_lesion_there_is_no_evidence() -> None:
    assert Seen(None).blue_grey("whether") is None
    assert Seen(None).colour_asymmetry("") is None


def test_a_cut_lesion_is_not_whole() -> None:
    assert Seen(assessment_of(spec=PhantomSpec(center=(0.1, 0.5))).measures).whole is None
    assert Seen(assessment_of(spec=PhantomSpec()).measures).whole


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.0 %"), (0.0312, "3.1 %"), (0.0999, "10 %"), (0.456, "46 %"), (1.0, "100 %")]
)
def test_a_share_has_one_decimal_below_ten_per_cent(share: float, text: str) -> None:
    assert share_text(share) == text
