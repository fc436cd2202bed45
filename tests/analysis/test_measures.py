"""The measures against phantoms, as a physicist tests a scanner."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image

from augderm.analysis.border import outline
from augderm.analysis.measures import measure_lesion
from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom, phantom_series
from augderm.domain.assessment import ColourShare, Measures

SIZES = [(300, 300), (600, 450), (800, 600)]
ANGLES = [0, 17, 45, 90, -63]
DIAMETERS = [48, 90, 160, 250]


def measured(drawn: Phantom, **options: Any) -> Measures:
    return measure_lesion(drawn.pixels, drawn.mask, outline(drawn.mask), **options)


def measured_spec(**options: object) -> Measures:
    return measured(draw_phantom(dataclasses.replace(PhantomSpec(), **options)))  # type: ignore[arg-type]


def colours_of(found: Measures) -> Mapping[str, ColourShare]:
    assert found.colours is not None
    return found.colours


def colour_asymmetry(found: Measures) -> tuple[float, float]:
    assert found.colour_asymmetry is not None
    return found.colour_asymmetry


def cases() -> list[PhantomSpec]:
    """Sizes of image and lesion, with angle, form and dent dealt out in turn."""
    forms = itertools.cycle([(0.5, 0.0), (0.7, 0.3), (0.85, 0.0), (1.0, 0.0), (0.7, 0.6), (0.6, 0.15)])
    angles = itertools.cycle(ANGLES)
    specs = []
    for (width, height), short in itertools.product(SIZES, DIAMETERS):
        for _ in range(3):
            ratio, dent = next(forms)
            if short / ratio < min(width, height) * 0.95:
                specs.append(
                    PhantomSpec(width_px=width, height_px=height, long_axis_px=short / ratio,
                                short_axis_px=short, angle_deg=next(angles), dent=dent)
                )  # fmt: skip
    return specs


@pytest.fixture(scope="module")
def gauged() -> list[tuple[Phantom, Measures]]:
    """Each phantom with its measures: drawing them is the slow part."""
    return [(drawn, measured(drawn)) for drawn in map(draw_phantom, cases())]


@pytest.mark.parametrize("figure", ["area_px2", "perimeter_px", "long_axis_px", "short_axis_px"])
def test_each_size_of_a_phantom_is_within_two_percent(
    gauged: list[tuple[Phantom, Measures]], figure: str
) -> None:
    assert len(gauged) > 25
    for drawn, found in gauged:
        assert getattr(found, figure) == pytest.approx(getattr(drawn.truth, figure), rel=0.02), drawn.spec


def test_the_orientation_of_a_phantom_is_within_three_degrees(gauged: list[tuple[Phantom, Measures]]) -> None:
    for drawn, found in gauged:
        spec = drawn.spec
        if spec.dent == 0 and spec.short_axis_px <= 0.7 * spec.long_axis_px:
            assert abs((found.orientation_deg - spec.angle_deg + 90) % 180 - 90) < 3, spec


def test_a_tiny_lesion_is_within_a_pixel() -> None:
    for diameter in (16, 20, 30):
        drawn = draw_phantom(PhantomSpec(long_axis_px=diameter * 1.3, short_axis_px=diameter))
        found = measured(drawn)
        assert abs(found.long_axis_px - diameter * 1.3) < 1
        assert abs(found.short_axis_px - diameter) < 1


def test_symmetric_lesions_have_next_to_no_asymmetry(gauged: list[tuple[Phantom, Measures]]) -> None:
    symmetric = [(drawn, found) for drawn, found in gauged if drawn.spec.dent == 0]
    assert len(symmetric) > 10
    for drawn, found in symmetric:
        assert max(found.shape_asymmetry) < 0.02, drawn.spec
        assert max(colour_asymmetry(found)) < 0.02, drawn.spec


def test_asymmetry_rises_strictly_with_the_planted_dent() -> None:
    pairs = [measured_spec(dent=dent).shape_asymmetry for dent in (0, 0.15, 0.3, 0.45, 0.6)]
    for axis in (0, 1):
        values = [pair[axis] for pair in pairs]
        assert all(later > earlier for earlier, later in itertools.pairwise(values))


@pytest.mark.parametrize(
    "colours",
    [
        (("dark_brown", 0.4), ("light_brown", 0.6)),
        (("black", 0.2), ("dark_brown", 0.4), ("light_brown", 0.4)),
    ],
)
def test_colour_asymmetry_rises_when_sectors_replace_rings(colours: tuple[tuple[str, float], ...]) -> None:
    rings = measured_spec(colours=colours, layout="rings")
    sectors = measured_spec(colours=colours, layout="sectors")
    assert max(colour_asymmetry(rings)) < 0.02
    assert max(colour_asymmetry(sectors)) > 0.1
    assert max(sectors.shape_asymmetry) < 0.02  # the shape is the same


def test_colour_shares_are_within_three_percent_of_truth_without_hair() -> None:
    for spec in phantom_series(12, seed=8):
        drawn = draw_phantom(dataclasses.replace(spec, hairs=0, mm_per_px=None, edge_px=3.0))
        found = measured(drawn)
        for name, share in colours_of(found).items():
            true = drawn.truth.colours.get(name, 0.0)
            assert share.share == pytest.approx(true, abs=0.03), (name, spec)
            if abs(true - 0.03) > 0.03:
                assert share.present == (true > 0.03), (name, spec)


def test_mean_and_spread_of_a_single_colour_are_its_own() -> None:
    found = measured_spec(colours=(("red", 1.0),), noise=0, edge_px=1)
    assert found.lab_mean == pytest.approx((52, 42, 22), abs=1)
    assert max(found.lab_spread or (99.0,)) < 3


def test_border_sharpness_falls_with_the_width_of_the_edge() -> None:
    medians = []
    for edge in (3, 12, 20, 30, 40):
        eighths = measured_spec(edge_px=edge).border_eighths
        assert len(eighths) == 8
        medians.append(np.median([eighth.sharpness for eighth in eighths if eighth.sharpness is not None]))
    assert all(later < earlier for earlier, later in itertools.pairwise(medians))
    assert medians[0] > 0.95


def test_millimetres_follow_the_scale() -> None:
    drawn = draw_phantom(PhantomSpec())
    unscaled, found = measured(drawn), measured(drawn, mm_per_px=0.03)
    assert (unscaled.area_mm2, unscaled.perimeter_mm) == (None, None)
    assert (unscaled.long_axis_mm, unscaled.short_axis_mm) == (None, None)
    assert found.area_mm2 == pytest.approx(drawn.truth.area_px2 * 0.03**2, rel=0.02)
    assert found.long_axis_mm == pytest.approx(drawn.truth.long_axis_px * 0.03, rel=0.02)
    assert found.short_axis_mm == pytest.approx(drawn.truth.short_axis_px * 0.03, rel=0.02)
    assert found.perimeter_mm == pytest.approx(drawn.truth.perimeter_px * 0.03, rel=0.02)


def test_lengths_follow_the_reduction_and_shares_do_not() -> None:
    drawn = draw_phantom(PhantomSpec())
    one, other = measured(drawn), measured(drawn, reduction=4.0)
    assert other.area_px2 == pytest.approx(16 * one.area_px2)
    for name in ("perimeter_px", "long_axis_px", "short_axis_px"):
        assert getattr(other, name) == pytest.approx(4 * getattr(one, name))
    for name in ("orientation_deg", "circularity", "shape_asymmetry", "colours", "border_eighths"):
        assert getattr(other, name) == getattr(one, name)
    assert measured(drawn, reduction=4.0, mm_per_px=0.01).long_axis_mm == pytest.approx(
        measured(drawn, mm_per_px=0.04).long_axis_mm
    )


def test_a_photograph_and_its_reduction_measure_the_same() -> None:
    drawn = draw_phantom(
        PhantomSpec(width_px=800, height_px=600, long_axis_px=360, short_axis_px=240, edge_px=8)
    )
    half = (400, 300)
    pixels = np.asarray(Image.fromarray(drawn.pixels).resize(half, Image.Resampling.BOX))
    mask = np.asarray(Image.fromarray(drawn.mask).convert("L").resize(half, Image.Resampling.BOX)) >= 128
    one, other = measured(drawn), measure_lesion(pixels, mask, outline(mask), reduction=2.0)
    assert other.area_px2 == pytest.approx(one.area_px2, rel=0.01)
    assert other.long_axis_px == pytest.approx(one.long_axis_px, rel=0.01)
    assert other.shape_asymmetry == pytest.approx(one.shape_asymmetry, abs=0.01)
    for name, share in colours_of(one).items():
        assert colours_of(other)[name].share == pytest.approx(share.share, abs=0.02)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photograph_measures_the_same(turns: int) -> None:
    drawn = draw_phantom(PhantomSpec(dent=0.4, layout="sectors"))
    one = measured(drawn)
    mask = np.ascontiguousarray(np.rot90(drawn.mask, turns))
    other = measure_lesion(np.ascontiguousarray(np.rot90(drawn.pixels, turns)), mask, outline(mask))
    assert other.area_px2 == pytest.approx(one.area_px2, rel=1e-3)
    assert other.shape_asymmetry == pytest.approx(one.shape_asymmetry, abs=0.005)
    assert other.colour_asymmetry == pytest.approx(one.colour_asymmetry, abs=0.005)
    turned = (other.orientation_deg + 90 * turns - one.orientation_deg + 90) % 180 - 90
    assert abs(turned) < 1


def test_a_lesion_within_the_frame_does_not_touch_it() -> None:
    assert measured_spec().touches_frame == 0


@pytest.mark.parametrize("center", [(0.05, 0.5), (0.95, 0.5), (0.5, 0.02), (0.5, 0.98), (0.0, 0.0)])
def test_a_lesion_cut_by_the_frame_is_flagged(center: tuple[float, float]) -> None:
    assert measured_spec(center=center).touches_frame > 0.1


def test_dark_corners_are_not_taken_for_skin() -> None:
    colours = (("white", 0.3), ("red", 0.7))
    plain, cornered = measured_spec(colours=colours), measured_spec(colours=colours, dark_corners=True)
    assert colours_of(cornered)["white"].share == pytest.approx(colours_of(plain)["white"].share, abs=0.01)
    assert colours_of(plain)["white"].present


def test_white_is_not_claimed_without_skin_in_view() -> None:
    drawn = draw_phantom(PhantomSpec(long_axis_px=2000, short_axis_px=2000, colours=(("white", 1.0),)))
    assert drawn.mask.all()
    found = measured(drawn)
    assert not colours_of(found)["white"].present
    assert found.touches_frame > 0.9


@pytest.mark.parametrize("size", [(800, 1), (1, 800), (800, 3), (20, 700)])
def test_a_sliver_of_an_image_never_fails(size: tuple[int, int]) -> None:
    width, height = size
    pixels = np.full((height, width, 3), 120, np.uint8)
    mask = np.ones((height, width), bool)
    square = np.array([[0, 0], [width, 0], [width, height], [0, height], [0, 0]], float)
    found = measure_lesion(pixels, mask, square)
    assert found.area_px2 == width * height


def test_a_lesion_of_few_pixels_survives_the_reduction() -> None:
    pixels = np.full((600, 800, 3), 180, np.uint8)
    mask = np.zeros((600, 800), bool)
    mask[301, 401] = True
    square = np.array([[401, 301], [402, 301], [402, 302], [401, 302], [401, 301]], float)
    assert (measure_lesion(pixels, mask, square).lab_mean or (0.0,))[0] > 0
