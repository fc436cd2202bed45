"""Planted structures are found where they were planted, and a plain lesion has none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from augderm.analysis.lesion_view import view_lesion
from augderm.analysis.small import Small
from augderm.analysis.structures.find import NEVER_DENIED, VALIDATION, find_structures
from augderm.domain.structures import DESCRIPTIVE, StructureFinding, StructureName
from support.lesions import BROWN, RADIUS, SIDE, SKIN, Lesion
from support.views import view_of

DARK = (28.0, 12.0, 16.0)
GREY = (32.0, 0.0, -3.0)
VEIL = (42.0, -1.0, -10.0)
SCAR = (80.0, 4.0, 6.0)
BLACK = (18.0, 4.0, 5.0)
RED = (50.0, 40.0, 22.0)
BLOOD = (38.0, 26.0, 20.0)
RAW = (50.0, 32.0, 40.0)


def found(lesion: Lesion, covered: NDArray[np.bool_] | None = None) -> dict[str, StructureFinding]:
    view = view_of(lesion.pixels(), lesion.mask, covered)
    return {one.name: one for one in find_structures(view, (SIDE, SIDE))}


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_a_plain_lesion_has_no_structure() -> None:
    everything = found(Lesion())
    assert set(everything) == set(DESCRIPTIVE)
    assert [one.name for one in everything.values() if one.located] == []


GRID = [(x, y) for x in range(-80, 81, 40) for y in range(-80, 81, 40) if math.hypot(x, y) < 100]


def test_dots_are_counted_and_measured() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, DARK)
    dots = found(lesion)["dots_and_globules"]
    assert dots.located
    assert dots.count == len(GRID)
    assert dots.median_size_px == pytest.approx(6, abs=1.5)
    assert dots.regular is True
    assert found(lesion)["peppering"].count == 0


def test_dots_in_one_corner_are_not_regular() -> None:
    lesion = Lesion()
    for x in range(-70, -9, 15):
        for y in range(-70, -9, 15):
            lesion.disc(x, y, 3.0, DARK)
    assert found(lesion)["dots_and_globules"].regular is False


def test_grey_dots_are_peppering_and_no_globules() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, GREY)
    everything = found(lesion)
    assert everything["peppering"].count == len(GRID)
    assert everything["dots_and_globules"].count == 0


def test_dots_under_hair_are_not_claimed() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, DARK)
    covered = np.zeros((SIDE, SIDE), bool)
    covered[:, : SIDE // 2] = True
    dots = found(lesion, covered)["dots_and_globules"]
    # Half of the middle column lies on the line.
    assert dots.count in range(len([x for x, _ in GRID if x > 0]), len([x for x, _ in GRID if x >= 0]) + 1)
    assert not (dots.mask & covered)[:, : SIDE // 2 - 4].any()


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("blue_whitish_veil", VEIL),
        ("scar_like_depigmentation", SCAR),
        ("blotch", BLACK),
        ("red_area", RED),
        ("ulceration", RAW),
    ],
)
def test_an_area_is_found_where_it_is_and_no_other_is(name: str, colour: tuple[float, float, float]) -> None:
    lesion = Lesion()
    lesion.disc(-30, 20, 45, colour)
    ys, xs = np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2
    planted = np.hypot(xs + 30, ys - 20) <= 45
    everything = found(lesion)
    assert everything[name].located
    assert everything[name].share == pytest.approx(planted.sum() / lesion.mask.sum(), rel=0.2)
    assert overlap(everything[name].mask, planted) > 0.8
    assert [one.name for one in everything.values() if one.located] == [name]
    assert everything[name].validation.words.startswith("not validated")


def with_disc(share: float, colour: tuple[float, float, float], rough: float = 0.0) -> Lesion:
    """A lesion with a disc of this share of it, whose L* goes up and down by `rough` (standard deviation)."""
    lesion = Lesion()
    radius = RADIUS * math.sqrt(share)
    lesion.disc(-20, 10, radius, colour)
    ys, xs = np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2
    relief = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(SIDE, SIDE)), 1.5)
    lesion.lab[..., 0] += rough * relief / relief.std() * (np.hypot(xs + 20, ys - 10) <= radius)
    return lesion


def test_a_blotch_is_found_from_the_limits_on_that_are_stated() -> None:
    assert (
        "from 10 % of the lesion and 36 L* down, not where it is rough by 6 L*" in VALIDATION["blotch"].words
    )
    assert found(with_disc(0.10, (36.0, 12.0, 16.0)))["blotch"].located
    assert not found(with_disc(0.05, (18.0, 4.0, 5.0)))["blotch"].located
    assert not found(with_disc(0.10, (40.0, 12.0, 16.0)))["blotch"].located
    assert not found(with_disc(0.15, (28.0, 8.0, 8.0), rough=6.0))["blotch"].located


def test_a_red_area_is_found_from_the_limits_on_that_are_stated() -> None:
    assert "from 5 % of the lesion and 13 a* over the skin" in VALIDATION["red_area"].words
    assert found(with_disc(0.06, (57.4, 25.5, 22.0)))["red_area"].located
    assert not found(with_disc(0.03, (55.0, 40.0, 22.0)))["red_area"].located
    assert not found(with_disc(0.15, (58.0, 23.0, 18.0)))["red_area"].located


@pytest.mark.parametrize("name", ["blue_whitish_veil", "scar_like_depigmentation", "red_area", "ulceration"])
def test_what_is_named_against_the_skin_is_not_claimed_without_skin_in_view(name: str) -> None:
    lesion = Lesion(radius=2 * SIDE)
    lesion.disc(0, 0, 60, {"blue_whitish_veil": VEIL, "red_area": RED, "ulceration": RAW}.get(name, SCAR))
    assert not found(lesion)[name].located


@pytest.mark.parametrize("count", [4, 9])
def test_radial_lines_at_the_border_are_streaks(count: int) -> None:
    lesion = Lesion()
    for turn in range(count):
        angle = 2 * math.pi * turn / count + 0.2
        inner, outer = RADIUS - 28, RADIUS - 4
        lesion.line(
            (inner * math.cos(angle), inner * math.sin(angle)),
            (outer * math.cos(angle), outer * math.sin(angle)),
            4,
            DARK,
        )
    streaks = found(lesion)["streaks"]
    assert streaks.located
    assert streaks.count == count
    assert streaks.median_size_px == pytest.approx(24, rel=0.4)


def test_lines_along_the_border_are_no_streaks() -> None:
    lesion = Lesion()
    for turn in range(8):
        angle = 2 * math.pi * turn / 8
        x, y = (RADIUS - 15) * math.cos(angle), (RADIUS - 15) * math.sin(angle)
        dx, dy = -14 * math.sin(angle), 14 * math.cos(angle)
        lesion.line((x - dx, y - dy), (x + dx, y + dy), 4, DARK)
    assert found(lesion)["streaks"].count == 0


@pytest.mark.parametrize(
    ("name", "colour"), [("linear_vessels", (48.0, 36.0, 24.0)), ("shiny_white_lines", (78.0, 4.0, 6.0))]
)
def test_lines_within_the_lesion_are_named_by_their_colour(
    name: str, colour: tuple[float, float, float]
) -> None:
    lesion = Lesion()
    for turn in range(5):
        angle = 0.3 + turn * 0.6
        x, y = 50 * math.cos(turn * 1.3), 50 * math.sin(turn * 1.3)
        dx, dy = 15 * math.cos(angle), 15 * math.sin(angle)
        lesion.line((x - dx, y - dy), (x + dx, y + dy), 3, colour)
    everything = found(lesion)
    assert everything[name].count == 5
    assert [other for other in ("linear_vessels", "shiny_white_lines") if everything[other].located] == [name]


def test_masks_have_the_image_s_size_and_lengths_are_of_the_unreduced_image() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, DARK)
    once = found(lesion)["dots_and_globules"]
    large = np.kron(lesion.pixels(), np.ones((2, 2, 1), np.uint8))
    view = view_of(large, np.kron(lesion.mask, np.ones((2, 2), bool)))
    twice = find_structures(view, (2 * SIDE, 2 * SIDE), reduction=3.0)[0]
    assert twice.mask.shape == (2 * SIDE, 2 * SIDE)
    assert once.median_size_px
    assert twice.median_size_px == pytest.approx(6 * once.median_size_px)


def test_red_dots_are_dotted_vessels_and_no_globules() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, BLOOD)
    everything = found(lesion)
    assert everything["dotted_vessels"].count == len(GRID)
    assert everything["dotted_vessels"].validation.words.startswith("not validated")
    assert [one.name for one in everything.values() if one.located] == ["dotted_vessels"]


def test_what_is_never_denied_is_told_to_be_unknown_where_it_is_not_located() -> None:
    plain = found(Lesion())
    for name in NEVER_DENIED:
        assert (plain[name].located, plain[name].share, plain[name].count) == (None, None, None)


def test_dotted_vessels_are_found_within_the_limits_that_are_stated() -> None:
    words = VALIDATION["dotted_vessels"].words
    assert "dots of 3 to 8 pixels of 400 that are 10 a* redder than what is around" in words
    assert "none that lose twice as much L*" in words

    def dotted(diameter: float, rise: float, fall: float) -> bool | None:
        lesion = Lesion()
        for x, y in GRID:
            lesion.disc(x, y, diameter / 2, (BROWN[0] - fall, BROWN[1] + rise, BROWN[2]))
        return found(lesion)["dotted_vessels"].located

    assert dotted(3.2, 16, 16)
    assert dotted(8, 16, 16)
    assert dotted(5, 11, 11)
    assert not dotted(5, 5, 5)
    assert not dotted(14, 16, 16)
    assert not dotted(5, 11, 22)


def test_every_detector_says_how_well_it_was_measured_to_work() -> None:
    assert set(VALIDATION) == set(DESCRIPTIVE)
    for validation in VALIDATION.values():
        assert (validation.auc is None) is validation.words.startswith("not validated")
        # Presence and area were measured on other images: each figure has its own number.
        assert (validation.area_images is None) is (validation.area_correlation is None)
    assert (VALIDATION["streaks"].positive, VALIDATION["streaks"].area_images) == (9, 63)


def test_what_is_skipped_says_nothing_and_changes_nothing_else() -> None:
    lesion = Lesion()
    for x, y in GRID:
        lesion.disc(x, y, 3.0, GREY if x < 0 else DARK)
    whole = found(lesion)
    view = view_of(lesion.pixels(), lesion.mask)
    skip: tuple[StructureName, ...] = ("dots_and_globules", "streaks")
    rest = {one.name: one for one in find_structures(view, (SIDE, SIDE), skip=skip)}
    assert list(rest) == list(DESCRIPTIVE)
    for name in skip:
        assert (rest[name].located, rest[name].share, rest[name].count, rest[name].box) == (None,) * 4
        assert whole[name].located is not None
    assert whole["peppering"].located
    assert {name: one for name, one in rest.items() if name not in skip} == {
        name: one for name, one in whole.items() if name not in skip
    }


@settings(max_examples=15)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 100))
def test_any_mask_gives_a_finding_of_every_kind(width: int, height: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)
    mask = np.zeros((64, 80), bool)
    mask[2 : 2 + height, 3 : 3 + width] = True
    findings = find_structures(view_lesion(Small.of(pixels), mask), (80, 64))
    assert len(findings) == len(DESCRIPTIVE)
    for one in findings:
        if one.located is None:  # not looked for: then nothing is said of it
            assert (one.share, one.count) == (None, None)
            continue
        assert one.mask is not None
        assert one.mask.shape == mask.shape
        assert one.share is not None
        assert 0 <= one.share <= 1.0
        assert one.count is None or one.count >= 0


def test_where_no_skin_is_in_view_what_is_named_against_it_is_not_said_to_be_absent() -> None:
    pixels = np.full((120, 120, 3), BROWN, np.uint8)
    whole = {
        one.name: one.located
        for one in find_structures(view_lesion(Small.of(pixels), np.ones((120, 120), bool)), (120, 120))
    }
    against_skin = {
        *("blue_whitish_veil", "scar_like_depigmentation", "red_area", "ulceration"),
        *("linear_vessels", "dotted_vessels"),
    }
    assert {name for name, located in whole.items() if located is None} >= against_skin
    assert whole["blotch"] is False


def test_in_a_lesion_too_narrow_to_look_in_nothing_is_said() -> None:
    pixels = np.full((120, 120, 3), SKIN, np.uint8)
    mask = np.zeros((120, 120), bool)
    mask[60, 20:100] = True
    assert {one.located for one in find_structures(view_lesion(Small.of(pixels), mask), (120, 120))} == {None}


def test_the_drawn_colours_differ_from_skin_and_lesion() -> None:
    """Else the tests above would find what was never planted."""
    assert len({SKIN, BROWN, DARK, GREY, VEIL, SCAR, BLACK, RED, BLOOD, RAW}) == 10
