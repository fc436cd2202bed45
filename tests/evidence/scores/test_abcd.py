"""The ABCD rule: all 810 inputs against integers, and what the machine claims of each item."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import BorderEighth, ColourShare, LeastAsymmetry, Measures
from augderm.domain.scores import Score
from augderm.evidence.scores.abcd import ABCD, findings
from augderm.evidence.scores.rule import Finding, score_from
from augderm.evidence.scores.seen import Seen
from support.reports import assessment_of

NAMES = ("asymmetry", "border", "colours", "structures")
INPUTS = list(itertools.product(range(3), range(9), range(1, 7), range(1, 6)))


def scored(values: tuple[int, ...]) -> Score:
    return score_from(ABCD, {n: Finding(v, v, "seen") for n, v in zip(NAMES, values, strict=True)})


def hundredths(values: tuple[int, ...]) -> int:
    """The score by itself: whole hundredths, so that no rounding takes part."""
    a, b, c, d = values
    return 130 * a + 10 * b + 50 * c + 50 * d


def test_all_810_inputs_have_the_published_total() -> None:
    assert len(INPUTS) == 810
    totals = [scored(values).total for values in INPUTS]
    assert [total * 100 for total in totals if total is not None] == [hundredths(v) for v in INPUTS]
    # Every tenth from 1.0 to 8.9 comes up. (In floats 93 to 100 values do, by the order of the sum.)
    assert set(totals) == {Decimal(tenths) / 10 for tenths in range(10, 90)}
    assert (f"{scored(INPUTS[0]).total}", f"{scored(INPUTS[-1]).total}") == ("1.0", "8.9")


def test_all_810_verdicts_follow_the_limits() -> None:
    counts = dict.fromkeys(("benign", "suspicious", "melanoma"), 0)
    for values in INPUTS:
        points = hundredths(values)
        expected = "benign" if points < 475 else "melanoma" if points > 545 else "suspicious"
        assert scored(values).verdict == expected, values
        counts[expected] += 1
    assert all(counts.values())


def test_the_totals_beside_the_limits_fall_on_the_right_side() -> None:
    # Totals are tenths: 4.75 and 5.45 themselves cannot come up.
    by_total = {str(scored(values).total): scored(values).verdict for values in INPUTS}
    assert [by_total[total] for total in ("4.7", "4.8", "5.4", "5.5")] == [
        "benign",
        "suspicious",
        "suspicious",
        "melanoma",
    ]
    assert not {"4.75", "5.45"} & by_total.keys()


def measures(spec: PhantomSpec | None = None) -> Measures:
    found = assessment_of(spec=spec or PhantomSpec()).measures
    assert found
    return found


def bounds(finding: Finding) -> tuple[int, int]:
    return finding.lowest, finding.highest


@pytest.mark.parametrize(
    ("shape", "colour", "fewest"),
    [
        ((0.02, 0.03), (0.02, 0.03), 0),
        ((0.12, 0.03), (0.02, 0.03), 1),
        ((0.12, 0.03), (0.2, 0.03), 1),
        ((0.12, 0.03), (0.02, 0.11), 2),
        ((0.1, 0.1), (0.0, 0.0), 2),
        ((0.0999, 0.0), (0.0999, 0.0), 0),
    ],
)
def test_asymmetry_counts_axes_and_is_a_lower_bound(
    shape: tuple[float, float], colour: tuple[float, float], fewest: int
) -> None:
    least = LeastAsymmetry(10.0, shape, colour)
    found = findings(Seen(replace(measures(), least_asymmetry=least)))["asymmetry"]
    assert bounds(found) == (fewest, 2)
    assert "Structures were not compared" in found.evidence


def test_a_lesion_cut_by_the_frame_leaves_open_what_lies_outside() -> None:
    found = findings(Seen(measures(PhantomSpec(center=(0.1, 0.5)))))
    assert bounds(found["asymmetry"]) == (0, 2)
    assert bounds(found["colours"]) == (2, 6)
    assert "cut by the frame" in found["colours"].evidence
    assert found["border"].highest == 8


def test_an_abrupt_eighth_is_counted_and_none_is_denied() -> None:
    eighths = (
        BorderEighth(20.0, 1.0),
        BorderEighth(20.0, 0.6),
        BorderEighth(20.0, 0.59),
        BorderEighth(-20.0, 1.0),  # lighter than the skin: no pigment to cut off
        BorderEighth(1.0, None),
        BorderEighth(None, None),
        BorderEighth(20.0, 0.2),
        BorderEighth(20.0, 0.0),
    )
    found = findings(Seen(replace(measures(), border_eighths=eighths)))["border"]
    assert bounds(found) == (2, 8)
    assert found.evidence.startswith("2 of 8 eighths")
    assert "not exact enough to deny" in found.evidence


def test_a_soft_border_is_not_called_abrupt() -> None:
    assert findings(Seen(measures(PhantomSpec(edge_px=2.0))))["border"].lowest == 8
    assert findings(Seen(measures(PhantomSpec(edge_px=30.0))))["border"].lowest == 0


def test_colours_are_those_that_the_phantom_has() -> None:
    three = (("dark_brown", 0.5), ("light_brown", 0.3), ("blue_grey", 0.2))
    for colours in ((("light_brown", 1.0),), three[:2], three):
        found = findings(Seen(measures(PhantomSpec(colours=colours))))["colours"]
        assert bounds(found) == (len(colours), len(colours))
    # 50 % were drawn; what looks like hair between the rings is left out.
    share = re.match(r"Dark brown (\d+) %, light brown", found.evidence)
    assert share
    assert int(share[1]) == pytest.approx(50, abs=5)


def test_without_any_colour_present_the_item_stays_open() -> None:
    none = {"red": ColourShare(0.02, False)}
    assert "colours" not in findings(Seen(replace(measures(), colours=none)))


@pytest.mark.parametrize(
    ("network", "globules", "streaks", "expected"),
    [
        (0.95, 0.95, 0.95, (2, 5)),  # streaks are there: whether more than two branch is not told
        (0.95, 0.5, 0.05, (1, 4)),
        (0.05, 0.05, 0.05, (1, 1)),
        (0.5, 0.05, 0.5, (1, 3)),
        (0.9, 0.1, 0.1, (1, 2)),
        (0.89, 0.11, None, (1, 5)),
        (None, None, 0.02, (1, 4)),
    ],
)
def test_structures_have_the_bounds_that_the_network_gives(
    network: float | None, globules: float | None, streaks: float | None, expected: tuple[int, int]
) -> None:
    structures = {"pigment_network": network, "globules": globules, "streaks": streaks}
    assert bounds(findings(Seen(None, structures))["structures"]) == expected


def test_without_structures_d_is_not_assessed() -> None:
    assert "structures" not in findings(Seen(measures()))
    assert "structures" not in findings(Seen(measures(), {"pigment_network": None}))
