"""Phantoms are what they claim to be: their truth agrees with their own pixels."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from augderm.analysis.color import DERMOSCOPIC_COLOURS, to_lab
from augderm.analysis.phantom import (
    RULER_TICK_PX,
    SKIN_LAB,
    Phantom,
    PhantomSpec,
    draw_phantom,
    phantom_series,
)

SMALL = PhantomSpec(width_px=240, height_px=180, long_axis_px=120, short_axis_px=80)


def changed_pixels(one: Phantom, other: Phantom) -> float:
    return float((one.pixels != other.pixels).any(axis=2).mean())


def test_the_same_spec_gives_the_same_pixels() -> None:
    spec = dataclasses.replace(SMALL, hairs=5, mm_per_px=0.05, dark_corners=True, label=True, dent=0.3)
    one, other = draw_phantom(spec), draw_phantom(spec)
    np.testing.assert_array_equal(one.pixels, other.pixels)
    np.testing.assert_array_equal(one.mask, other.mask)
    assert one.truth == other.truth


def test_another_seed_gives_other_noise_and_hair_but_the_same_truth() -> None:
    one = draw_phantom(dataclasses.replace(SMALL, hairs=5))
    other = draw_phantom(dataclasses.replace(SMALL, hairs=5, seed=1))
    assert changed_pixels(one, other) > 0.5
    assert one.truth == other.truth


def test_shape_and_kind_are_as_stated() -> None:
    drawn = draw_phantom(SMALL)
    assert drawn.pixels.shape == (180, 240, 3)
    assert drawn.pixels.dtype == np.uint8
    assert drawn.mask.shape == (180, 240)
    assert drawn.mask.dtype == np.bool_
    np.testing.assert_allclose(drawn.outline[0], drawn.outline[-1], atol=1e-9)


@pytest.mark.parametrize("angle", [-90, -30, 0, 45, 90])
@pytest.mark.parametrize(("long_axis", "short_axis"), [(150, 150), (180, 90), (60, 40)])
def test_the_truth_of_an_ellipse_is_that_of_the_textbook(
    long_axis: float, short_axis: float, angle: float
) -> None:
    truth = draw_phantom(
        dataclasses.replace(SMALL, long_axis_px=long_axis, short_axis_px=short_axis, angle_deg=angle)
    ).truth
    assert truth.area_px2 == pytest.approx(math.pi * long_axis * short_axis / 4, rel=1e-4)
    assert truth.long_axis_px == pytest.approx(long_axis, rel=1e-4)
    assert truth.short_axis_px == pytest.approx(short_axis, rel=1e-3)
    a, b = long_axis / 2, short_axis / 2
    h = ((a - b) / (a + b)) ** 2  # Ramanujan 1914
    perimeter = math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))
    assert truth.perimeter_px == pytest.approx(perimeter, rel=1e-4)
    if long_axis != short_axis:
        assert abs((truth.orientation_deg - angle + 90) % 180 - 90) < 0.2


@pytest.mark.parametrize("dent", [0.0, 0.3, 0.6])
def test_the_mask_has_the_true_area(dent: float) -> None:
    drawn = draw_phantom(PhantomSpec(dent=dent))
    assert np.count_nonzero(drawn.mask) == pytest.approx(drawn.truth.area_px2, rel=0.005)


def test_a_dent_takes_area_away() -> None:
    areas = [
        draw_phantom(dataclasses.replace(SMALL, dent=dent)).truth.area_px2 for dent in (0, 0.2, 0.4, 0.6)
    ]
    assert areas == sorted(areas, reverse=True)
    assert len(set(areas)) == 4


@pytest.mark.parametrize("name", DERMOSCOPIC_COLOURS)
def test_lesion_and_skin_have_the_colours_asked_for(name: str) -> None:
    drawn = draw_phantom(dataclasses.replace(SMALL, colours=((name, 1.0),), noise=0))
    lab = to_lab(drawn.pixels)
    np.testing.assert_allclose(lab[90, 120], DERMOSCOPIC_COLOURS[name], atol=1.5)
    np.testing.assert_allclose(lab[3, 3], SKIN_LAB, atol=1.5)
    assert drawn.truth.colours == {name: 1.0}


@pytest.mark.parametrize("layout", ["rings", "sectors"])
def test_colour_shares_follow_the_weights_and_sum_to_one(layout: str) -> None:
    spec = PhantomSpec(colours=(("black", 1.0), ("red", 2.0), ("light_brown", 1.0)), layout=layout)  # type: ignore[arg-type]
    colours = draw_phantom(spec).truth.colours
    assert sum(colours.values()) == pytest.approx(1)
    assert colours["red"] == pytest.approx(0.5, abs=0.01)
    assert colours["black"] == pytest.approx(0.25, abs=0.01)


def test_sectors_are_asymmetric_and_rings_or_one_colour_are_not() -> None:
    assert draw_phantom(SMALL).truth.colour_symmetric
    assert not draw_phantom(dataclasses.replace(SMALL, layout="sectors")).truth.colour_symmetric
    one = dataclasses.replace(SMALL, layout="sectors", colours=(("red", 1.0),))
    assert draw_phantom(one).truth.colour_symmetric


def test_each_hindrance_is_drawn() -> None:
    plain = draw_phantom(SMALL)
    assert changed_pixels(draw_phantom(dataclasses.replace(SMALL, hairs=8)), plain) > 0.02
    assert changed_pixels(draw_phantom(dataclasses.replace(SMALL, label=True)), plain) > 0.001
    corners = draw_phantom(dataclasses.replace(SMALL, dark_corners=True)).pixels
    assert corners[0, 0].max() == 0
    np.testing.assert_array_equal(corners[90, 120], plain.pixels[90, 120])


def test_the_ruler_has_a_tick_at_each_millimetre() -> None:
    drawn = draw_phantom(dataclasses.replace(SMALL, mm_per_px=0.05, noise=0))
    dark = drawn.pixels[RULER_TICK_PX[0] // 2].max(axis=1) < 60
    assert np.flatnonzero(dark).tolist() == list(range(0, 240, 20))
    long_ticks = drawn.pixels[RULER_TICK_PX[1] - 2].max(axis=1) < 60
    assert np.flatnonzero(long_ticks).tolist() == [0, 100, 200]


def test_a_wider_edge_is_a_softer_edge() -> None:
    steps = []
    for edge in (2.0, 8.0, 20.0):
        spec = dataclasses.replace(SMALL, edge_px=edge, noise=0, angle_deg=0, colours=(("dark_brown", 1.0),))
        row = to_lab(draw_phantom(spec).pixels)[90, :, 0]
        steps.append(float(np.abs(np.diff(row)).max()))
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > 3 * steps[2]


def test_a_series_is_varied_labelled_and_repeatable() -> None:
    specs = phantom_series(12, seed=3)
    assert specs == phantom_series(12, seed=3)
    assert specs != phantom_series(12, seed=4)
    assert phantom_series(20, seed=3)[:12] == specs
    assert all(spec.label for spec in specs)
    assert len({spec.seed for spec in specs}) == 12
    assert len({spec.colours for spec in specs}) > 3
    assert {spec.layout for spec in specs} == {"rings", "sectors"}
    assert any(spec.mm_per_px for spec in specs)
    assert any(spec.dark_corners for spec in specs)
    assert any(spec.dent for spec in specs)


def test_no_lesion_of_a_series_leaves_the_frame() -> None:
    for spec in phantom_series(10, seed=5):
        mask = draw_phantom(spec).mask
        frame = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert not frame.any()
