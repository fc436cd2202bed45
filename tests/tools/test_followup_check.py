"""What the experiment behind the limits of follow-up counts as quiet."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXPERIMENT = runpy.run_path(str(Path(__file__).parents[2] / "tools/experiments/followup.py"))
LIMITS = {"area": 0.1, "mean_colour": 3.0}


def test_what_was_not_determined_counts_neither_as_within_nor_as_beyond() -> None:
    pairs = [
        {"changes": {"area": 0.0, "mean_colour": None}},
        {"changes": {"area": None, "mean_colour": -4.0}},
        {"changes": {"area": 0.096}},  # its logarithm: 0.096 is above ln 1.1 = 0.0953
    ]
    found = EXPERIMENT["tallies"](pairs, LIMITS)
    assert tuple(found["area"]) == (1, 1, 1)
    assert tuple(found["mean_colour"]) == (0, 1, 2)


@pytest.mark.parametrize(
    ("within", "beyond", "at_most"),
    [(27, 0, 0.105), (30, 0, 0.095), (0, 0, 1.0), (0, 3, 1.0), (19, 1, 0.216)],
)
def test_the_bound_is_of_the_determined_pairs_alone(within: int, beyond: int, at_most: float) -> None:
    # 0 of n: 1 - 0.05 ** (1 / n); 1 of 20: 1 - p solves 0.05 = q ** 20 + 20 p q ** 19.
    for undetermined in (0, 9):
        assert EXPERIMENT["Tally"](within, beyond, undetermined).at_most == pytest.approx(at_most, abs=1e-3)
