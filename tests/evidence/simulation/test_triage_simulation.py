"""The simulated clinic, against queueing theory and against itself."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from augderm.domain.errors import InvalidConfig
from augderm.evidence.simulation.clinic import days_to_first_read, draw_lesions
from augderm.evidence.simulation.setting import MACHINE, REFERRER, WAYS, Setting
from augderm.evidence.simulation.triage import TriageResult, assumptions, simulate_triage
from support.advice import DEFAULT

DAYS = DEFAULT.read_within_days
STEADY = Setting(
    arrivals_per_day=12, readers=2, reads_per_day=10, backlog=0, warm_up_days=10, days=60, replications=40
)
SMALL = Setting(arrivals_per_day=10, readers=1, reads_per_day=11, backlog=60, days=30, replications=4)


def erlang_c(setting: Setting) -> float:
    """Probability of having to wait in M/M/c (Erlang 1917)."""
    load, count = setting.arrivals_per_day / setting.reads_per_day, setting.readers
    last = load**count / math.factorial(count) / (1 - setting.utilisation)
    return last / (sum(load**k / math.factorial(k) for k in range(count)) + last)


def waits_in_lanes(setting: Setting, way: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean wait of each replication, (R,) in the fast and (R,) in the slow lane."""
    means = []
    for replication in range(setting.replications):
        lesions = draw_lesions(setting, replication)
        days = days_to_first_read(setting, lesions, way, DAYS)  # type: ignore[arg-type]
        counted = (lesions.came >= setting.warm_up_days) & (
            lesions.came < setting.warm_up_days + setting.days
        )
        fast = np.isin(lesions.machine, ("urgent", "soon"))
        means.append((days[counted & fast].mean(), days[counted & ~fast].mean()))
    return tuple(np.array(means).T)


def agrees(values: np.ndarray, expected: float) -> bool:
    """Whether theory lies within the 99 % interval of the simulation."""
    half = stats.t.ppf(0.995, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    # An interval so wide that it holds anything would test nothing.
    assert half < 0.5 * expected
    return bool(abs(values.mean() - expected) < half)


def test_first_come_waits_as_long_as_queueing_theory_says() -> None:
    spare = STEADY.readers * STEADY.reads_per_day - STEADY.arrivals_per_day
    for lane in waits_in_lanes(STEADY, "first_come"):
        assert agrees(lane, erlang_c(STEADY) / spare)


def test_two_lanes_wait_as_long_as_queueing_theory_says() -> None:
    """M/M/c with non-preemptive priorities (Cobham 1954)."""
    shares = [MACHINE.shares(kind) for kind in (False, True)]
    fast_share = [share[0] + share[1] + share[-1] for share in shares]
    fast = (1 - STEADY.malignant_share) * fast_share[0] + STEADY.malignant_share * fast_share[1]
    residual = erlang_c(STEADY) / (STEADY.readers * STEADY.reads_per_day)
    in_fast, in_slow = waits_in_lanes(STEADY, "first_come_presorted")
    taken = fast * STEADY.utilisation
    assert agrees(in_fast, residual / (1 - taken))
    assert agrees(in_slow, residual / (1 - taken) / (1 - STEADY.utilisation))


@pytest.fixture(scope="module")
def small() -> TriageResult:
    return simulate_triage(SMALL, DAYS)


def test_the_same_seed_gives_the_same_and_another_does_not(small: TriageResult) -> None:
    assert simulate_triage(SMALL, DAYS) == small
    assert simulate_triage(replace(SMALL, seed=2), DAYS).waiting != small.waiting


def test_sorting_only_moves_the_waiting_about(small: TriageResult) -> None:
    # Reads are alike, so no order of them can shorten the sum of all waiting (conservation law).
    lesions = draw_lesions(SMALL, 0)
    totals = {way: days_to_first_read(SMALL, lesions, way, DAYS).mean() for way in WAYS}
    assert max(totals.values()) < 1.1 * min(totals.values())
    gains = {kind: waiting.gain for kind, waiting in small.waiting["priority_presorted"].items()}
    assert gains["malignant"].low > 0
    assert gains["benign"].mean < gains["malignant"].low
    assert small.waiting["first_come"]["malignant"].gain.mean == 0


def test_every_lesion_is_read_and_first_come_never_passes() -> None:
    lesions = draw_lesions(SMALL, 0)
    for way in WAYS:
        days = days_to_first_read(SMALL, lesions, way, DAYS)
        assert np.isfinite(days).all()
        assert (days >= 0).all()
    began = lesions.came + days_to_first_read(SMALL, lesions, "first_come", DAYS)
    assert (np.diff(began) >= -1e-9).all()


@pytest.mark.parametrize("sorter", [MACHINE, REFERRER])
@pytest.mark.parametrize("malignant", [False, True])
def test_a_sorter_has_its_operating_points(sorter: object, malignant: bool) -> None:
    assert sorter in (MACHINE, REFERRER)
    known = MACHINE if sorter is MACHINE else REFERRER
    shares = known.shares(malignant)
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= 0
    called = np.cumsum(shares[:-1]) / (1 - known.abstains)
    for share, (sensitivity, specificity) in zip(called, known.points, strict=False):
        assert share == pytest.approx(sensitivity if malignant else 1 - specificity)


def test_lesions_fall_into_bands_as_often_as_the_sorter_says() -> None:
    lesions = draw_lesions(replace(SMALL, malignant_share=0.5, days=700, replications=2), 0)
    for kind in (False, True):
        found = (lesions.machine[lesions.malignant == kind] == "urgent").mean()
        assert found == pytest.approx(MACHINE.shares(kind)[0], abs=0.03)


def test_the_assumptions_name_every_number() -> None:
    text = " ".join(assumptions(SMALL, DAYS))
    for number in ("10 lesions", "60 lesions", "90.1 % / 69.0 %", "79.9 %", "4.7 %", "seed 1", "30 days"):
        assert number in text


def test_no_malignant_lesion_leaves_its_figures_undefined() -> None:
    found = simulate_triage(replace(SMALL, malignant_share=0.0, days=5, replications=2), DAYS)
    assert math.isnan(found.waiting["priority"]["malignant"].mean.mean)
    assert found.counted["malignant"] == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"arrivals_per_day": 22.0}, "without end"),
        ({"readers": 0}, "readers"),
        ({"malignant_share": 1.5}, "malignant_share"),
        ({"days": math.nan}, "days"),
        ({"replications": 1}, "replications"),
        ({"days": 9000.0}, "reads would be simulated"),
    ],
)
def test_an_impossible_clinic_is_refused_by_name(change: dict[str, float], named: str) -> None:
    with pytest.raises(InvalidConfig, match=named):
        Setting(**change)  # type: ignore[arg-type]


def test_the_operating_points_are_those_of_the_model_card(request: pytest.FixtureRequest) -> None:
    card = (request.config.rootpath / "docs/model-cards/dermoscopic-lite0.md").read_text(encoding="utf-8")
    for sensitivity, specificity in MACHINE.points:
        assert re.search(
            rf"\| malignancy, \d+ % \| [\d.]+ \| {sensitivity:.3f} \| {specificity:.3f} \(", card
        )
    assert f"(share of the dermoscopic images: {100 * MACHINE.abstains:.1f} %)" in card
