"""The Menzies method: all 2,048 inputs, and what colours say of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from augderm.analysis.phantom import PhantomSpec
from augderm.domain.assessment import ColourShare, LeastAsymmetry, Measures
from augderm.evidence.scores.menzies import MENZIES, findings
from augderm.evidence.scores.rule import Finding, score_from
from augderm.evidence.scores.seen import Seen
from support.reports import assessment_of

NAMES = [item.name for item in MENZIES.items]


def test_all_2048_inputs_have_their_verdict() -> None:
    assert NAMES[:2] == ["symmetry_of_pattern", "single_colour"]
    assert len(NAMES) == 2 + 9
    melanomas = 0
    for values in itertools.product((0, 1), repeat=11):
        score = score_from(MENZIES, {n: Finding(v, v, "seen") for n, v in zip(NAMES, values, strict=True)})
        expected = values[:2] == (0, 0) and any(values[2:])
        assert score.verdict == ("melanoma" if expected else "not_melanoma")
        assert score.total == sum(values[2:])
        melanomas += expected
    assert melanomas == 2**9 - 1


def test_one_negative_feature_decides_whatever_is_open() -> None:
    score = score_from(MENZIES, {"single_colour": Finding(1, 1, "seen")})
    assert (score.total, score.verdict) == (None, "not_melanoma")


def test_all_positive_features_absent_decide() -> None:
    score = score_from(MENZIES, {name: Finding(0, 0, "seen") for name in NAMES[2:]})
    assert (score.total, score.verdict) == (Decimal(0), "not_melanoma")


def coloured(*present: str, least: LeastAsymmetry | None = None, touches_frame: float = 0.0) -> Measures:
    measures = assessment_of(spec=PhantomSpec()).measures
    assert measures
    assert measures.colours
    shares = {name: ColourShare(0.16 * (name in present), name in present) for name in measures.colours}
    return replace(
        measures,
        colours=shares,
        least_asymmetry=least or measures.least_asymmetry,
        touches_frame=touches_frame,
    )


@pytest.mark.parametrize(
    ("present", "single", "many"),
    [
        (("light_brown",), (1, 1), (0, 0)),
        (("light_brown", "white"), (1, 1), (0, 0)),
        (("blue_grey",), (0, 1), (0, 0)),
        (("light_brown", "red"), (0, 0), (0, 0)),
        (("light_brown", "red", "black", "dark_brown"), (0, 0), (0, 0)),
        (("light_brown", "red", "black", "blue_grey"), (0, 0), (0, 1)),
        (("light_brown", "red", "black", "blue_grey", "dark_brown"), (0, 0), (1, 1)),
    ],
)
def test_blue_grey_counts_as_one_or_two_and_white_not(
    present: tuple[str, ...], single: tuple[int, int], many: tuple[int, int]
) -> None:
    found = findings(Seen(coloured(*present)))
    assert (found["single_colour"].lowest, found["single_colour"].highest) == single
    assert (found["many_colours"].lowest, found["many_colours"].highest) == many


def test_a_lesion_cut_by_the_frame_may_have_more_colours() -> None:
    found = findings(Seen(coloured("light_brown", touches_frame=0.2)))
    assert (found["single_colour"].lowest, found["single_colour"].highest) == (0, 1)
    assert (found["many_colours"].lowest, found["many_colours"].highest) == (0, 1)
    assert "symmetry_of_pattern" not in found


def test_white_alone_says_nothing() -> None:
    assert "single_colour" not in findings(Seen(coloured("white")))


def test_symmetry_is_denied_by_colour_and_never_claimed() -> None:
    for colour, highest in (((0.02, 0.02), 1), ((0.02, 0.12), 0)):
        least = LeastAsymmetry(0.0, (0.0, 0.0), colour)
        found = findings(Seen(coloured("light_brown", least=least)))["symmetry_of_pattern"]
        assert (found.lowest, found.highest) == (0, highest)


def test_structures_only_ever_exclude() -> None:
    every = {"pigment_network": 0.99, "globules": 0.99, "streaks": 0.99}
    assert {finding.lowest for finding in findings(Seen(None, every)).values()} == {0}
    gone = findings(Seen(None, dict.fromkeys(every, 0.01)))
    assert {name for name, finding in gone.items() if finding.highest == 0} == {
        "multiple_brown_dots",
        "pseudopods",
        "radial_streaming",
        "peripheral_black_dots_globules",
        "broadened_network",
    }
