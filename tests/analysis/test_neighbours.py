"""Shares of neighbours, and the three ways to contradict the network."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.analysis.neighbours import (
    CLOSE,
    DISTANT,
    MIN_NEIGHBOURS,
    class_shares,
    disagreements,
    likeness,
    sentence,
)
from augderm.domain.similar import OUTSIDE, KnownCase
from augderm.domain.taxonomy import CODES
from support.libraries import case


def cases(codes: str) -> list[KnownCase]:
    """Cases with these diagnoses; "scc" is a malignant one outside of the taxonomy."""
    return [
        case(number, code=code if code in CODES else None, malignant=code in {"mel", "bcc", "scc"})
        for number, code in enumerate(codes.split())
    ]


def likely(code: str) -> dict[str, float]:
    return {name: 0.7 if name == code else 0.05 for name in CODES}


@given(st.lists(st.sampled_from([*CODES, "scc"]), max_size=30))
def test_shares_add_up_to_one_and_name_every_class(codes: Sequence[str]) -> None:
    shares = class_shares(cases(" ".join(codes)), likely("nv"))
    assert sum(share.count for share in shares) == len(codes)
    if codes:
        assert sum(share.share for share in shares) == pytest.approx(1)
        assert {share.code for share in shares} >= set(CODES)
        assert [share.count for share in shares] == sorted((s.count for s in shares), reverse=True)
        outside = [share for share in shares if share.code == OUTSIDE]
        assert bool(outside) == ("scc" in codes)
        assert all(share.probability is None for share in outside)
    else:
        assert shares == ()


def test_a_majority_that_the_network_excludes_is_told() -> None:
    found = disagreements(cases("nv nv nv nv nv bkl bkl bkl bkl bkl"), likely("bkl"), ["bkl"])
    assert tuple(map(sentence, found)) == (
        "5 of 10 similar cases are melanocytic nevus, which the network excludes.",
    )
    assert not disagreements(cases("nv nv nv nv nv bkl bkl bkl bkl bkl"), likely("bkl"), ["bkl", "nv"])
    assert not disagreements(cases("nv nv nv nv df bkl bkl bkl bkl bkl"), likely("bkl"), ["bkl"])


def test_a_likeliest_diagnosis_that_no_neighbour_has_is_told() -> None:
    found = disagreements(cases("nv nv bkl bkl df df"), likely("vasc"), CODES)
    assert tuple(map(sentence, found)) == (
        "None of 6 similar cases is vascular lesion, which the network holds likeliest.",
    )
    assert not disagreements(cases("nv nv bkl bkl df vasc"), likely("vasc"), CODES)


def test_malignant_neighbours_of_what_the_network_calls_benign_are_told() -> None:
    found = disagreements(cases("nv nv nv nv nv nv nv mel bcc scc"), likely("nv"), ["nv", "bkl", "akiec"])
    assert tuple(map(sentence, found)) == (
        "3 of 10 similar cases are malignant, and the network excludes every malignant diagnosis.",
    )
    assert not disagreements(cases("nv nv nv nv nv nv nv mel bcc scc"), likely("nv"), ["nv", "mel"])
    assert not disagreements(cases("nv nv nv nv nv nv nv nv bcc scc"), likely("nv"), ["nv"])


@given(st.sampled_from(CODES), st.integers(1, 20), st.sets(st.sampled_from(CODES)))
def test_neighbours_that_all_share_the_likeliest_diagnosis_never_contradict(
    code: str, count: int, others: set[str]
) -> None:
    assert disagreements(cases(" ".join([code] * count)), likely(code), {code} | others) == ()


def test_too_few_neighbours_say_nothing() -> None:
    few = cases(" ".join(["mel"] * (MIN_NEIGHBOURS - 1)))
    assert disagreements(few, likely("nv"), ["nv"]) == ()
    assert len(disagreements([*few, few[0]], likely("nv"), ["nv"])) == 3


@given(st.floats(0, 2), st.floats(0, 2))
def test_a_farther_case_is_never_called_more_alike(one: float, other: float) -> None:
    order = ("close", "alike", "distant")
    near, far = sorted((one, other))
    assert order.index(likeness(near)) <= order.index(likeness(far))
    assert (likeness(CLOSE), likeness(DISTANT), likeness(DISTANT + 0.01)) == order
