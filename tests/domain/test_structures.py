"""What is found of structures says where it is, and what was not looked for says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.structures import (
    ANSWERED_BY,
    DESCRIPTIVE,
    NETWORK_DESCRIPTIVE,
    NOT_VALIDATED,
    StructureFinding,
    not_looked_for,
)
from augderm.domain.taxonomy import STRUCTURES


def test_every_structure_has_a_descriptive_term() -> None:
    assert tuple(NETWORK_DESCRIPTIVE) == STRUCTURES
    assert set(ANSWERED_BY) <= set(DESCRIPTIVE)
    assert set(ANSWERED_BY.values()) <= set(STRUCTURES)


@given(st.integers(0, 30), st.integers(0, 20), st.integers(1, 9), st.integers(1, 9))
def test_a_rectangle_is_where_it_was_put(left: int, top: int, width: int, height: int) -> None:
    mask = np.zeros((40, 50), bool)
    mask[top : top + height, left : left + width] = True
    found = StructureFinding("blotch", "image analysis", True, 0.1, NOT_VALIDATED, mask=mask)
    assert found.box == pytest.approx((left / 50, top / 40, (left + width) / 50, (top + height) / 40))
    assert found.centroid == pytest.approx(((left + width / 2) / 50, (top + height / 2) / 40))


@pytest.mark.parametrize("located", [False, None])
def test_what_is_not_located_has_no_place(located: bool | None) -> None:
    found = StructureFinding(
        "blotch", "image analysis", located, 0.01, NOT_VALIDATED, mask=np.ones((4, 4), bool)
    )
    assert (found.centroid, found.box) == (None, None)


def test_what_was_not_looked_for_is_neither_there_nor_absent() -> None:
    silent = not_looked_for("streaks", "network", NOT_VALIDATED)
    assert (silent.located, silent.share, silent.count, silent.regular) == (None,) * 4
    assert silent.mask.size == 0
