"""Registration: right to 2 pixels over its whole range, and refused where it cannot be."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from augderm.analysis.followup.features import Features
from augderm.analysis.followup.phantom import SkinSpec, VisitSpec, any_visit, draw_skin, photograph
from augderm.analysis.followup.register import register
from augderm.analysis.phantom import Phantom, PhantomSpec
from support.visits import miss_px, sight_of

LESION = PhantomSpec(hairs=5)


@pytest.fixture(scope="module")
def skin() -> Phantom:
    return draw_skin(SkinSpec(lesion=LESION))


@pytest.fixture(scope="module")
def larger() -> Phantom:
    """The same skin with a lesion whose area is a third larger."""
    return draw_skin(SkinSpec(lesion=replace(LESION, long_axis_px=300, short_axis_px=220)))


TURNS = (-180, -135, -90, -45, 10, 60, 120, 175)
SCALES = (0.7, 0.85, 1.0, 1.2, 1.4, 0.7, 1.4, 0.95)


@pytest.mark.parametrize(("turn", "scale"), list(zip(TURNS, SCALES, strict=True)))
def test_any_turn_and_scale_is_found_to_two_pixels_in_other_light(
    skin: Phantom, turn: float, scale: float
) -> None:
    first = photograph(skin, VisitSpec(noise=3))
    rng = np.random.default_rng(int(turn) + 500)
    visit = photograph(skin, replace(any_visit(rng), turn_deg=turn, scale=scale))
    found = register(sight_of(first), sight_of(visit))
    assert miss_px(found, first, visit) <= 2.0
    assert found.on_skin
    assert found.scale * scale == pytest.approx(1, abs=0.08)  # a tilt scales too
    assert math.cos(math.radians(found.turn_deg + turn)) > 0.99


def test_a_lamp_whose_light_turns_skin_green_leaves_the_skin_to_hold_on_to(skin: Phantom) -> None:
    first = photograph(skin, VisitSpec(noise=3))
    # The skin's a* is below that of any ink on skin in white light; once it was masked as ink.
    visit = photograph(skin, VisitSpec(turn_deg=40, scale=1.4, light=(0.75, 1.1, 0.8), noise=3, seed=4))
    found = register(sight_of(first), sight_of(visit))
    assert miss_px(found, first, visit) <= 2.0
    assert found.on_skin


def test_growth_does_not_get_into_the_scale(skin: Phantom, larger: Phantom) -> None:
    first = photograph(skin, VisitSpec())
    for turn in (0, 100):
        visit = photograph(larger, VisitSpec(turn_deg=turn, scale=1.1, seed=1))
        found = register(sight_of(first), sight_of(visit))
        assert miss_px(found, first, visit) <= 2.0
        assert found.on_skin
        assert found.scale * 1.1 == pytest.approx(1, abs=0.01)


def test_the_estimated_error_is_about_the_true_one(skin: Phantom) -> None:
    first = photograph(skin, VisitSpec())
    visit = photograph(skin, VisitSpec(turn_deg=33, scale=0.8, noise=4, seed=2))
    found = register(sight_of(first), sight_of(visit))
    assert miss_px(found, first, visit) < 4 * found.error_px + 0.2


def test_another_piece_of_skin_is_refused(skin: Phantom) -> None:
    other = draw_skin(SkinSpec(lesion=LESION, seed=77))
    for turn in (0, 90):
        found = register(
            sight_of(photograph(skin, VisitSpec())), sight_of(photograph(other, VisitSpec(turn_deg=turn)))
        )
        assert found.matrix is None
        assert "too few points in common" in found.reason


def test_skin_without_anything_on_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # The phantom's mottling alone gives points enough.
    monkeypatch.setattr("augderm.analysis.followup.phantom.MOTTLE_DEPTH", 0.0)
    bare = draw_skin(SkinSpec(lesion=PhantomSpec(), spots=0))
    sights = [
        sight_of(photograph(bare, VisitSpec(turn_deg=turn, noise=3, seed=seed)))
        for turn, seed in ((0, 1), (90, 2))
    ]
    assert register(*sights).matrix is None


def test_a_scale_out_of_range_is_refused_with_the_scale(skin: Phantom) -> None:
    first, far = (sight_of(photograph(skin, VisitSpec(scale=scale))) for scale in (1.0, 0.42))
    found = register(first, far)
    assert found.matrix is None
    assert "times as large" in found.reason or "too few points" in found.reason


def test_without_skin_in_view_the_scale_is_not_the_skins(skin: Phantom) -> None:
    first, visit = photograph(skin, VisitSpec()), photograph(skin, VisitSpec(turn_deg=20, seed=3))
    sights = []
    for each in (first, visit):
        sight = sight_of(each)
        column, row = np.floor(sight.features.points).astype(int).T
        on = sight.mask[np.clip(row, 0, 449), np.clip(column, 0, 599)]
        sights.append(
            replace(sight, features=Features(sight.features.points[on], sight.features.descriptors[on]))
        )
    found = register(*sights)
    assert found.matrix is None or not found.on_skin
