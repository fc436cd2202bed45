"""Reads against outcomes: figures by hand, who is counted where, and what verification hides."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.advice import BANDS, Band
from augderm.evidence.performance import WHO, JudgedCase, audit, calibration, performance, verification


def case(
    number: int, behaviour: str | None, reader: Band | None, machine: Band | None, both: Band | None,
    probability: float | None = None,
) -> JudgedCase:  # fmt: skip
    said = {"reader": reader, "machine": machine, "both": both}
    return JudgedCase(
        patient=str(number),
        period=f"2026-Q{1 + number % 4}",
        behaviour=behaviour,
        by_histology=behaviour == "malignant",
        bands={who: said[who] for who in WHO if (said[who]) is not None},  # type: ignore[misc]
        probability=probability,
    )


CASES = [
    case(0, "malignant", "reassure", "urgent", "urgent", 0.9),
    case(1, "malignant", "urgent", "soon", "urgent", 0.6),
    case(2, "benign", "urgent", "reassure", "urgent", 0.1),
    case(3, "benign", "monitor_3", "soon", "monitor_3", 0.4),
    case(4, "indeterminate", "urgent", "urgent", "urgent", 0.5),
    case(5, None, "reassure", "reassure", "reassure", 0.0),
    case(6, "benign", "reassure", None, "reassure"),
]


def test_each_of_the_three_has_its_own_figures() -> None:
    reader, machine, both = (performance(CASES, who) for who in WHO)
    assert (reader.sensitivity.count, reader.sensitivity.total) == (1, 2)
    assert (reader.specificity.count, reader.specificity.total) == (2, 3)
    assert reader.needed.value == 2
    assert (machine.sensitivity.count, machine.specificity.total) == (2, 2), "no read, not counted"
    assert both.sensitivity.share == 1
    assert both.needed.value == pytest.approx(1.5)
    assert both.needed.low >= 1
    assert both.by_band["urgent"].count == 2
    assert all(each.few for each in (reader, machine, both))


def test_how_many_have_an_outcome_is_told_by_what_was_decided() -> None:
    found = verification(CASES)
    assert (found.known.count, found.known.total) == (6, 7)
    assert found.indeterminate == 1
    assert (found.acted.count, found.acted.total) == (4, 4)
    assert (found.left.count, found.left.total) == (2, 3)


def test_calibration_counts_probabilities_with_a_side_alone() -> None:
    found = calibration(CASES)
    assert found.cases == 4
    assert found.brier.value == pytest.approx((0.01 + 0.16 + 0.01 + 0.16) / 4)
    assert sum(each.count for each in found.bins) == 4


def test_without_cases_nothing_is_claimed() -> None:
    found = audit([])
    assert math.isnan(found.agreement.value)
    assert math.isnan(found.calibration.brier.value)
    assert found.periods == ()
    assert all(each.few and math.isnan(each.sensitivity.share) for each in found.performances)


bands = st.sampled_from(BANDS)
drawn = st.lists(
    st.tuples(
        st.sampled_from(["malignant", "benign", "indeterminate", None]), st.none() | bands, st.none() | bands,
        st.none() | bands, st.none() | st.floats(0, 1),
    ),
    max_size=25,
)  # fmt: skip


@given(drawn)
def test_periods_add_up_to_the_whole(rows: list[tuple[str | None, Band, Band, Band, float | None]]) -> None:
    cases = [case(number, *row) for number, row in enumerate(rows)]
    found = audit(cases)
    for place, whole in enumerate(found.performances):
        for name in ("sensitivity", "specificity"):
            parts = [getattr(each[place], name) for _, each in found.periods]
            assert sum(part.count for part in parts) == getattr(whole, name).count
            assert sum(part.total for part in parts) == getattr(whole, name).total
        if not math.isnan(whole.needed.value):
            assert 1 <= whole.needed.low <= whole.needed.value <= whole.needed.high


def test_acting_on_all_finds_all_and_spares_none() -> None:
    cases = [case(n, "malignant" if n % 2 else "benign", "urgent", "urgent", "urgent") for n in range(10)]
    both = performance(cases, "both")
    assert (both.sensitivity.share, both.specificity.share) == (1, 0)
    assert both.sensitivity.low < 0.6, "five of five is no proof of all"
    assert both.kappa.value == 0
