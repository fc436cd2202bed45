"""Kappa: 1 for the same, 0 for chance, and the published example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.evidence.statistics.agreement import kappa

ONE = np.ones((1, 1))
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60)


def of(one: list[int], other: list[int]) -> float:
    return float(kappa(np.array(one), np.array(other), np.ones((1, len(one))))[0])


@given(pairs)
def test_it_is_symmetric_and_at_most_1(given_: list[tuple[int, int]]) -> None:
    one, other = [a for a, _ in given_], [b for _, b in given_]
    there, back = of(one, other), of(other, one)
    assert np.isnan(there) == np.isnan(back)
    if not np.isnan(there):
        assert there == pytest.approx(back)
        assert -1 <= there <= 1 + 1e-12


@given(st.lists(st.integers(0, 3), min_size=2, max_size=60).filter(lambda row: len(set(row)) > 1))
def test_the_same_answers_agree_wholly(row: list[int]) -> None:
    assert of(row, row) == pytest.approx(1)


@given(pairs)
def test_weighing_a_case_twice_is_counting_it_twice(given_: list[tuple[int, int]]) -> None:
    one, other = np.array(given_).T
    weights = np.ones((1, len(one)))
    weights[0, 0] = 2
    twice = of([*one, one[0]], [*other, other[0]])
    assert float(kappa(one, other, weights)[0]) == pytest.approx(twice, nan_ok=True)


def test_a_table_worked_by_hand() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, expected 0.5, kappa 0.4.
    assert of([1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15) == pytest.approx(0.4)


def test_where_chance_agrees_as_well_there_is_none() -> None:
    assert np.isnan(of([1, 1], [1, 1]))
    assert np.isnan(of([], []))
