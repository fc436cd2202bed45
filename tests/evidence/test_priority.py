"""The order of the worklist: by risk, total, and fair to whoever waits."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augderm.domain.advice import BANDS
from augderm.evidence.priority import Case, account, before_by, days_until_due, headstart_days, worklist
from support.advice import DEFAULT

DAYS = DEFAULT.read_within_days
PROBABILITIES = st.none() | st.floats(0, 1)
WAITED = st.floats(0, 400)


def cases(**fixed: Any) -> st.SearchStrategy[Case]:
    parts: dict[str, Any] = {
        "name": st.text("abc", min_size=1, max_size=6),
        "band": st.sampled_from(BANDS),
        "probability": PROBABILITIES,
        "unread_days": st.floats(0, 60),
        "waited_days": WAITED,
    }
    return st.builds(Case, **parts | {name: st.just(value) for name, value in fixed.items()})


@given(cases(), st.sampled_from(BANDS), PROBABILITIES)
def test_a_case_of_more_risk_is_never_due_later(case: Case, band: Any, probability: float | None) -> None:
    other = replace(case, band=band, probability=probability)

    def risk(of: Case) -> tuple[int, float]:
        return -BANDS.index(of.band), 1.0 if of.probability is None else of.probability

    graver, milder = sorted((case, other), key=risk, reverse=True)
    assert days_until_due(graver, DAYS) <= days_until_due(milder, DAYS) + 1e-12
    if risk(graver)[0] > risk(milder)[0]:
        first = worklist([replace(milder, name="a"), replace(graver, name="b")], DAYS)[0]
        assert first.band == graver.band


@given(cases(), st.floats(0, 100), st.floats(0, 100))
def test_waiting_longer_never_puts_a_case_back(case: Case, unread: float, waited: float) -> None:
    longer = replace(case, unread_days=case.unread_days + unread, waited_days=case.waited_days + waited)
    assert days_until_due(longer, DAYS) <= days_until_due(case, DAYS)


@given(st.lists(cases(), unique_by=lambda case: case.name, max_size=8), st.randoms())
def test_the_order_is_total_and_the_same_however_the_list_comes(found: list[Case], random: Any) -> None:
    ordered = worklist(found, DAYS)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert worklist(shuffled, DAYS) == ordered
    assert sorted(ordered, key=lambda case: case.name) == sorted(found, key=lambda case: case.name)
    due = [days_until_due(case, DAYS) for case in ordered]
    assert all(sooner <= later for sooner, later in pairwise(due))


@given(cases(), cases(unread_days=0.0))
def test_nothing_that_comes_later_passes_a_case_that_has_waited_its_time(case: Case, newcomer: Case) -> None:
    waiting = replace(case, unread_days=headstart_days(DAYS) + 0.01)
    assert worklist([newcomer, waiting], DAYS)[0] is waiting


@given(cases(unread_days=0.0), st.integers(1, 3), st.integers(1, 3))
def test_every_case_reaches_the_top_in_bounded_time_whatever_arrives_after(
    case: Case, arriving: int, read: int
) -> None:
    # Each day the gravest cases there are arrive, perhaps more than are read: the list grows for ever.
    grave = Case(name="x", band="urgent", probability=None, unread_days=0, waited_days=400)
    came: list[tuple[int, Case]] = [(0, replace(case, name="ours"))]
    day = 0
    while any(each.name == "ours" for _, each in came):
        came += [(day, replace(grave, name=f"{day:04d} {number}")) for number in range(arriving)]
        aged = [replace(each, unread_days=float(day - since)) for since, each in came]
        gone = {each.name for each in worklist(aged, DAYS)[:read]}
        came = [(since, each) for since, each in came if each.name not in gone]
        day += 1
        # Whatever arrived within the head start may be read before, and nothing after it.
        passing = arriving * (int(headstart_days(DAYS)) + 2)
        assert day <= passing // read + 2


@given(cases(), cases(), st.floats(0, 100))
def test_two_cases_keep_their_order_while_they_wait(one: Case, other: Case, days: float) -> None:
    before = days_until_due(one, DAYS) - days_until_due(other, DAYS)
    later = [replace(case, unread_days=case.unread_days + days) for case in (one, other)]
    after = days_until_due(later[0], DAYS) - days_until_due(later[1], DAYS)
    assert after == pytest.approx(before, abs=1e-9)


@given(st.lists(cases(), unique_by=lambda case: case.name, min_size=2, max_size=8))
def test_the_reason_for_each_place_is_the_one_that_orders(found: list[Case]) -> None:
    for case, following in pairwise(worklist(found, DAYS)):
        left = [account(each, DAYS).left for each in (case, following)]
        if before_by(case, following, DAYS) == "due":
            assert left[0] < left[1]
        else:
            assert left[0] == left[1]
            assert BANDS.index(case.band) <= BANDS.index(following.band)


@given(cases())
def test_what_is_left_is_what_was_allowed_less_what_is_gone(case: Case) -> None:
    counted = account(case, DAYS)
    assert 0 <= counted.allowed <= DAYS[case.band]
    assert 0 <= counted.credit <= headstart_days(DAYS) - DAYS["reassure"]
    assert counted.left == days_until_due(case, DAYS) == counted.allowed - counted.credit - case.unread_days


@pytest.mark.parametrize(
    "change",
    [
        {"probability": 1.1},
        {"probability": float("nan")},
        {"unread_days": -1.0},
        {"waited_days": float("inf")},
    ],
)
def test_numbers_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="give 0"):
        replace(Case(name="a", band="soon", probability=0.2, unread_days=0), **change)  # type: ignore[arg-type]


def test_days_that_do_not_grow_are_refused() -> None:
    case = Case(name="a", band="soon", probability=0.2, unread_days=0)
    with pytest.raises(ValueError, match="must grow"):
        days_until_due(case, DAYS | {"soon": 100.0})
