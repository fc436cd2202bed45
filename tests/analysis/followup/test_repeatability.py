"""The limits of change."""

from __future__ import annotations

import pytest

from augderm.analysis.followup.repeatability import effect, repeatability


def test_every_limit_is_above_zero_and_names_the_model_that_it_was_measured_with() -> None:
    known = repeatability()
    assert min(known.limits.values()) > 0
    assert len(bytes.fromhex(known.model)) == 32
    assert known.limits["area"] < 0.15  # wider, and growth would go unseen


def test_growth_and_the_shrinking_that_undoes_it_are_equally_large() -> None:
    assert effect("ratio", 0.25) == pytest.approx(-effect("ratio", 1 / 1.25 - 1))
    assert effect("difference", -0.3) == -0.3
