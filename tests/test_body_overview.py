"""What `compare_overviews` says beside its lists: how far sizes can be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from augderm import overview
from augderm.domain.overview import OverviewComparison
from support.overviews import SIDE_PX, cloud_of, scattered

BEFORE, AFTER = np.random.default_rng(0).integers(150, 200, (2, SIDE_PX, SIDE_PX, 3), np.uint8)


def compared(monkeypatch: pytest.MonkeyPatch, count: int, growth: float) -> OverviewComparison:
    """So many lesions, all of them so many times as wide at the follow-up."""
    at = scattered(6, count)
    there = at + np.random.default_rng(0).normal(0, 0.2, at.shape)
    clouds = iter([cloud_of(at, np.full(count, 20.0)), cloud_of(there, np.full(count, 20.0 * growth))])
    monkeypatch.setattr(overview, "find_spots", lambda _: next(clouds))
    return overview.compare_overviews(BEFORE, AFTER)


@pytest.mark.parametrize("count", [8, 9])
def test_few_lesions_that_are_all_wider_are_left_open_and_the_note_says_so(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    found = compared(monkeypatch, count, 1.12)
    assert not found.resized
    assert {pair.size for pair in found.same} == {"not_determined"}
    wider, open_sizes = found.notes
    assert "1.12 times as wide" in wider
    assert f"the size of {count} is left open" in open_sizes


def test_more_lesions_set_their_own_limit_which_no_note_calls_open(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(monkeypatch, 12, 1.12)
    assert {pair.size for pair in found.same} == {"within"}
    (note,) = found.notes
    assert "no change as small as that is called one" in note
    assert all((pair.size_limit or 0) > 1.12 for pair in found.same)


def test_sizes_that_agree_need_no_note(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(monkeypatch, 9, 1.0)
    assert {pair.size for pair in found.same} == {"within"}
    assert found.notes == ()


def test_what_the_limits_of_size_rest_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "our own choice" in compared(monkeypatch, 9, 1.0).repeatability
