"""The exact search against comparing each by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from augderm.analysis import nearest as module
from augderm.analysis.nearest import closest_of, nearest, unit
from support.libraries import vectors

Array = NDArray[np.float32]


def by_hand(
    held: Array, query: Array, count: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[list[int], list[float]]:
    """Every allowed row with its distance, sorted by distance and then by row."""
    pairs = sorted(
        (sum((float(a) - float(b)) ** 2 for a, b in zip(vector, query, strict=True)) / 2, row)
        for row, vector in enumerate(held)
        if allowed is None or allowed[row]
    )[:count]
    return [row for _, row in pairs], [distance for distance, _ in pairs]


@st.composite
def searches(draw: st.DrawFn) -> tuple[Array, list[int], Array, int, NDArray[np.bool_]]:
    """Few directions, so that many vectors are equal; cut anywhere; any of them not allowed."""
    directions = vectors(draw(st.integers(1, 6)), 5, seed=draw(st.integers(0, 50)))
    picks = draw(st.lists(st.integers(0, len(directions) - 1), min_size=1, max_size=40))
    cuts = draw(st.lists(st.integers(0, len(picks)), max_size=4))
    allowed = draw(st.lists(st.booleans(), min_size=len(picks), max_size=len(picks)))
    query = draw(st.sampled_from([*directions, *vectors(2, 5, seed=99)]))
    return directions[picks], sorted(cuts), query, draw(st.integers(1, 50)), np.array(allowed)


@given(searches())
def test_it_finds_what_comparing_each_finds_with_ties_duplicates_removals_and_any_cut(
    search: tuple[Array, list[int], Array, int, NDArray[np.bool_]],
) -> None:
    held, cuts, query, count, allowed = search
    found = nearest(np.split(held, cuts), query, count, np.split(allowed, cuts))
    expected_rows, expected = by_hand(held, query, count, allowed)
    assert len(found.rows) == min(count, int(allowed.sum()))
    np.testing.assert_allclose(found.distances, expected, atol=1e-12)
    assert found.rows.tolist() == expected_rows


@pytest.mark.parametrize("count", [1, 10, 299, 300, 1000])
def test_it_finds_the_same_in_small_blocks(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    held = vectors(300, 16)
    query = vectors(1, 16, seed=5)[0]
    whole = nearest([held], query, count)
    monkeypatch.setattr(module, "BLOCK_ROWS", 7)
    cut = nearest([held[:100], held[100:101], held[101:]], query, count)
    assert cut.rows.tolist() == whole.rows.tolist() == by_hand(held, query, count)[0]
    assert cut.distances.tolist() == whole.distances.tolist()


def test_vectors_closer_than_float32_can_tell_are_told_apart() -> None:
    query = unit(np.ones(256))
    near = query.copy()
    near[0] = np.nextafter(near[0], np.float32(1))
    nearer = query.copy()
    nearer[1] = np.nextafter(nearer[1], np.float32(0))
    held = np.stack([near, *vectors(50, 256), nearer, query])
    assert nearest([held], query, 1).rows.tolist() == [52]
    assert set(nearest([held], query, 3).rows.tolist()) == {52, 51, 0}
    assert nearest([held], query, 1).distances.tolist() == [0.0]


def test_rows_that_are_not_allowed_may_hold_nothing() -> None:
    held = np.concatenate([np.zeros((3, 8), np.float32), vectors(2, 8)])
    allowed = [np.array([False, False, False, True, True])]
    assert sorted(nearest([held], vectors(1, 8)[0], 9, allowed).rows.tolist()) == [3, 4]


def test_without_vectors_nothing_is_found() -> None:
    assert nearest([], vectors(1)[0], 3).rows.tolist() == []


def test_candidates_in_any_order_are_put_into_theirs() -> None:
    held = vectors(30)
    query = vectors(1, seed=3)[0]
    whole = nearest([held], query, 30)
    mixed = np.random.default_rng(0).permutation(30)
    assert closest_of([held[:9], held[9:]], mixed, query, 30).rows.tolist() == whole.rows.tolist()


def test_distances_are_cosine_distances() -> None:
    held = np.stack([unit(np.array(v)) for v in ([1.0, 0], [0, 1.0], [-1.0, 0], [1.0, 1.0])])
    found = nearest([held], unit(np.array([2.0, 0])), 4)
    assert found.rows.tolist() == [0, 3, 1, 2]
    np.testing.assert_allclose(found.distances, [0, 1 - 2**-0.5, 1, 2], atol=1e-7)


@pytest.mark.parametrize("vector", [np.zeros(3), np.array([np.nan, 1.0]), np.array([np.inf, 1.0])])
def test_a_vector_without_direction_is_refused(vector: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="no direction"):
        unit(vector)


def test_none_at_all_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="count is 0"):
        nearest([vectors(3)], vectors(1)[0], 0)
