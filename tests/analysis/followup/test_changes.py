"""A change is called one beyond its limit alone, and absent only where the limit can tell."""

from __future__ import annotations

import math
from dataclasses import replace

from augderm.analysis.followup.changes import MOST_USEFUL_ODDS, _held
from augderm.analysis.followup.repeatability import repeatability
from augderm.domain.followup import Change


def malignancy(before: float, after: float, limit: float) -> Change:
    known = repeatability()
    known = replace(known, limits={**known.limits, "malignancy": limit})
    return _held("malignancy", "probability", "log_odds", "probability", before, after, known, "")


def test_within_too_wide_a_limit_a_probability_is_shown_and_not_called_unchanged() -> None:
    found = malignancy(0.02, 0.6, math.log(75))
    assert (found.verdict, found.change) == ("not_determined", None)
    assert "2% at the baseline, 60% now" in found.reason
    assert (found.baseline, found.follow_up) == (0.02, 0.6)
    assert malignancy(0.02, 0.7, math.log(75)).verdict == "changed"


def test_within_a_useful_limit_it_is_unchanged() -> None:
    assert malignancy(0.1, 0.12, math.log(MOST_USEFUL_ODDS)).verdict == "within_repeatability"
