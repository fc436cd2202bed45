"""A ruler's scale within 5 %, and none where there is no ruler: false scales are worse than none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augderm.analysis.phantom import Phantom, PhantomSpec, draw_phantom
from augderm.analysis.ruler import FIELDS_MM, RulerScale, find_ruler
from support.hindrances import (
    Pixels,
    RulerSpec,
    as_jpeg,
    blurred,
    noisy,
    with_dots,
    with_network,
    with_ruler,
    with_stripes,
)

LESION = PhantomSpec(long_axis_px=200, short_axis_px=150)
KINDS = {"plate": (0.02, 0.03, 0.05), "half": (0.015, 0.03, 0.05), "overlay": (0.012, 0.02, 0.03)}
TICKS_MM = {"plate": {1.0}, "half": {0.5}, "overlay": {0.1, 0.5}}
"""The finest ticks of an overlay run together where they are fewer than about 4 pixels apart."""
CASES = [(kind, mm) for kind, scales in KINDS.items() for mm in scales]


@pytest.fixture(scope="module")
def plain() -> Pixels:
    return draw_phantom(LESION).pixels


@pytest.fixture(scope="module")
def large() -> Phantom:
    return draw_phantom(PhantomSpec(long_axis_px=420, short_axis_px=330))


def within_five_percent(found: RulerScale | None, mm_per_px: float) -> bool:
    return found is not None and abs(found.mm_per_px / mm_per_px - 1) < 0.05


@pytest.mark.parametrize(("kind", "mm_per_px"), CASES)
@pytest.mark.parametrize("angle_deg", [0, 171])
def test_the_scale_of_a_ruler_is_within_five_percent_at_any_angle(
    plain: Pixels, kind: str, mm_per_px: float, angle_deg: float
) -> None:
    spec = RulerSpec(kind=kind, mm_per_px=mm_per_px, angle_deg=angle_deg)  # type: ignore[arg-type]
    found = find_ruler(with_ruler(plain, spec))
    assert found
    assert within_five_percent(found, mm_per_px)
    assert found.tick_mm in TICKS_MM[kind]
    assert abs(found.mm_per_px - mm_per_px) < 4 * found.uncertainty_mm_per_px
    (x0, y0), (x1, y1) = found.line
    length_mm = np.hypot(x1 - x0, y1 - y0) * found.mm_per_px
    assert length_mm == pytest.approx((found.ticks - 1) * found.tick_mm, abs=2.1 * found.tick_mm)


SPOILT = {
    "light ticks": RulerSpec(mm_per_px=0.03, angle_deg=-70, colour=(242, 242, 242)),
    "pale ticks": RulerSpec(mm_per_px=0.03, angle_deg=20, colour=(120, 105, 100)),
    "an arc": RulerSpec(mm_per_px=0.03, angle_deg=95, bend_px=25, length_mm=12, away=0.6),
}


@pytest.mark.parametrize("case", SPOILT)
def test_other_rulers_are_read_too(plain: Pixels, case: str) -> None:
    spec = SPOILT[case]
    assert within_five_percent(find_ruler(with_ruler(plain, spec)), spec.mm_per_px)


@pytest.mark.parametrize("angle_deg", [10, 100])
def test_blur_noise_and_compression_leave_the_scale(plain: Pixels, angle_deg: float) -> None:
    ruled = with_ruler(plain, RulerSpec(mm_per_px=0.03, angle_deg=angle_deg))
    for spoilt in (blurred(ruled, 1.2), noisy(ruled, 6), as_jpeg(ruled, 50)):
        assert within_five_percent(find_ruler(spoilt), 0.03)


def test_hair_over_a_ruler_never_gives_a_wrong_scale_and_seldom_hides_it() -> None:
    found = []
    for seed in range(4):
        hairy = draw_phantom(PhantomSpec(long_axis_px=200, short_axis_px=150, hairs=10, seed=seed)).pixels
        found.append(find_ruler(with_ruler(hairy, RulerSpec(mm_per_px=0.025, angle_deg=8))))
    claimed = [scale for scale in found if scale]
    assert all(within_five_percent(scale, 0.025) for scale in claimed)
    assert len(claimed) >= 3


def test_the_phantoms_own_ruler_is_read() -> None:
    found = find_ruler(draw_phantom(PhantomSpec(mm_per_px=0.04, hairs=6)).pixels)
    assert within_five_percent(found, 0.04)


def test_a_larger_photograph_has_a_finer_scale(plain: Pixels) -> None:
    ruled = with_ruler(plain, RulerSpec(mm_per_px=0.03))
    found = find_ruler(np.asarray(Image.fromarray(ruled).resize((800, 600), Image.Resampling.BICUBIC)))
    assert within_five_percent(found, 0.03 * 600 / 800)


@settings(max_examples=15)
@given(
    st.sampled_from(["plate", "half", "overlay"]),
    st.floats(0.012, 0.07),
    st.floats(-90, 90),
    st.floats(0.4, 0.95),
    st.floats(0, 1.5),
)
def test_a_scale_that_is_claimed_is_right(
    plain: Pixels, kind: str, mm_per_px: float, angle_deg: float, away: float, blur: float
) -> None:
    spec = RulerSpec(kind=kind, mm_per_px=mm_per_px, angle_deg=angle_deg, away=away)  # type: ignore[arg-type]
    found = find_ruler(blurred(with_ruler(plain, spec), blur))
    assert found is None or within_five_percent(found, mm_per_px)


def test_ticks_that_are_all_alike_are_refused(plain: Pixels) -> None:
    for angle_deg in (0, 35):
        spec = RulerSpec(mm_per_px=0.03, kind="alike", angle_deg=angle_deg)
        assert find_ruler(with_ruler(plain, spec)) is None


def test_a_view_that_no_dermatoscope_has_is_refused(plain: Pixels) -> None:
    # Ticks of half a millimetre, in a view of 600 * 0.09 = 54 mm.
    assert FIELDS_MM[1] < 600 * 0.09
    assert find_ruler(with_ruler(plain, RulerSpec(mm_per_px=0.09, kind="half"))) is None
    assert FIELDS_MM[1] / FIELDS_MM[0] < 10


def test_a_row_through_the_middle_is_no_ruler(plain: Pixels) -> None:
    assert find_ruler(with_ruler(plain, RulerSpec(mm_per_px=0.03, away=0.0))) is None


@pytest.mark.parametrize("hairs", [0, 8, 60])
def test_hair_dark_corners_and_a_label_are_no_ruler(hairs: int) -> None:
    for seed in range(3):
        spec = PhantomSpec(hairs=hairs, dark_corners=seed % 2 == 0, label=True, seed=seed)
        assert find_ruler(draw_phantom(spec).pixels) is None


@pytest.mark.parametrize("period_px", [8, 12, 20, 35])
def test_even_textures_are_no_ruler(large: Phantom, period_px: float) -> None:
    everywhere = np.ones_like(large.mask)
    for textured in (
        with_network(large.pixels, large.mask, period_px),
        with_network(large.pixels, everywhere, period_px),
        with_stripes(large.pixels, period_px),
        with_dots(large.pixels, period_px, 2),
    ):
        assert find_ruler(textured) is None


@settings(max_examples=20)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 10**6))
def test_no_image_of_any_size_fails(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert find_ruler(pixels) is None
