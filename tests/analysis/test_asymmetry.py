"""Asymmetry: none for what mirrors, known for what is drawn, the same for the mirror image."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from augderm.analysis.asymmetry import (
    ASYMMETRIC_COLOUR,
    ASYMMETRIC_SHAPE,
    COLOUR_CELLS,
    PLACEMENTS,
    Asymmetry,
    _placements,
    asymmetric_axes,
    measure_asymmetry,
)
from augderm.analysis.color import to_lab
from augderm.analysis.phantom import PhantomSpec, draw_phantom
from augderm.domain.assessment import LeastAsymmetry

Lab = NDArray[np.float32]
few = settings(max_examples=40)
SHAPE = (150, 200)


def colour_of(found: Asymmetry) -> tuple[float, float]:
    assert found.colour is not None
    return found.colour


def ellipse(angle_deg: float = 0.0, a: float = 70, b: float = 40) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    x, y = columns + 0.5 - SHAPE[1] / 2, rows + 0.5 - SHAPE[0] / 2
    cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    found: NDArray[np.bool_] = np.hypot((x * cos + y * sin) / a, (y * cos - x * sin) / b) <= 1
    return found


def flat(level: float = 50.0) -> Lab:
    return np.full((*SHAPE, 3), [level, 10.0, 10.0], np.float32)


def random_lesion(seed: int) -> tuple[NDArray[np.bool_], Lab]:
    """A bent ellipse, clearly longer than wide, in random smooth colours."""
    rng = np.random.default_rng(seed)
    bend = ndimage.gaussian_filter(rng.normal(size=SHAPE), 12)
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    form = np.hypot((columns + 0.5 - 100) / 75, (rows + 0.5 - 75) / 35) + 0.25 * bend / bend.std()
    labels, _ = ndimage.label(form <= 1)
    mask: NDArray[np.bool_] = labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    lab = np.stack([ndimage.gaussian_filter(rng.normal(size=SHAPE), 9) for _ in range(3)], axis=-1)
    return mask, (50 + 20 * lab / lab.std()).astype(np.float32)


@pytest.mark.parametrize("angle", [0, 20, 45, -70, 90])
def test_a_plain_ellipse_is_symmetric(angle: float) -> None:
    found = measure_asymmetry(ellipse(angle), flat())
    assert max(found.shape) < 0.012
    assert max(colour_of(found)) < 1e-3


def test_a_missing_quarter_is_about_its_known_asymmetry() -> None:
    # A half disc about its straight side's own axis mirrors; a quarter ellipse mirrors about none.
    half = ellipse(a=60, b=60)
    half[:, :100] = False
    found = measure_asymmetry(half, flat())
    assert found.shape[1] < 0.02 or found.shape[0] < 0.02
    assert max(found.shape) > 0.08


@pytest.mark.parametrize("gap", [10.0, 30.0, 80.0])
def test_two_coloured_halves_differ_by_their_colour_distance(gap: float) -> None:
    lab = flat()
    lab[:, 100:, 0] += gap
    found = measure_asymmetry(ellipse(), lab)
    assert colour_of(found)[0] == pytest.approx(0, abs=0.005)  # top and bottom are alike
    assert colour_of(found)[1] == pytest.approx(gap / 100, rel=0.05)
    lab = flat()
    lab[75:, :, 1] -= gap
    found = measure_asymmetry(ellipse(), lab)
    assert colour_of(found)[0] == pytest.approx(gap / 100, rel=0.05)
    assert colour_of(found)[1] == pytest.approx(0, abs=0.005)


def test_the_skin_around_does_not_count() -> None:
    lab = flat()
    lab[:, :, 0] = np.where(ellipse(), 50, np.linspace(0, 100, SHAPE[1])[None])
    # Cells at the border hold the lesion's own colour up to the blur of one patch pixel.
    assert max(colour_of(measure_asymmetry(ellipse(), lab))) < 0.03


@few
@given(st.integers(0, 10**6))
def test_asymmetry_lies_between_none_and_one(seed: int) -> None:
    found = measure_asymmetry(*random_lesion(seed))
    for value in (*found.shape, *colour_of(found)):
        assert 0 <= value <= 1


@few
@given(st.integers(0, 10**6), st.sampled_from(["left-right", "top-bottom", "half turn", "quarter turn"]))
def test_mirroring_and_turning_change_no_asymmetry(seed: int, motion: str) -> None:
    mask, lab = random_lesion(seed)
    one = measure_asymmetry(mask, lab)
    moves = {
        "left-right": (mask[:, ::-1], lab[:, ::-1]),
        "top-bottom": (mask[::-1], lab[::-1]),
        "half turn": (mask[::-1, ::-1], lab[::-1, ::-1]),
        "quarter turn": (np.rot90(mask), np.rot90(lab)),
    }
    other = measure_asymmetry(*moves[motion])
    assert other.shape == pytest.approx(one.shape, abs=0.005)
    assert colour_of(other) == pytest.approx(colour_of(one), abs=0.005)


def test_the_share_of_pixels_counts_where_it_is_given() -> None:
    mask = ellipse(17)
    assert measure_asymmetry(mask, flat()) == measure_asymmetry(mask.astype(np.float32), flat())
    soft = ndimage.gaussian_filter(mask.astype(np.float32), 1.0)
    assert max(measure_asymmetry(soft, flat()).shape) < max(measure_asymmetry(mask, flat()).shape)


def test_a_single_pixel_never_fails() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[20, 30] = True
    found = measure_asymmetry(mask, flat())
    assert all(0 <= value <= 1 for value in (*found.shape, *colour_of(found)))


@pytest.mark.parametrize("dent_deg", [30, 45, 60, 200])
def test_asymmetry_rises_strictly_with_the_planted_dent(dent_deg: float) -> None:
    found = []
    for dent in (0, 0.15, 0.3, 0.45, 0.6):
        drawn = draw_phantom(PhantomSpec(width_px=300, height_px=225, long_axis_px=150, short_axis_px=110,
                                         dent=dent, dent_deg=dent_deg))  # fmt: skip
        found.append(measure_asymmetry(drawn.mask, to_lab(drawn.pixels)).shape)
    for axis in (0, 1):
        values = [pair[axis] for pair in found]
        assert all(later > earlier for earlier, later in itertools.pairwise(values))
    assert max(found[0]) < 0.02 < min(found[-1])


def test_a_dent_on_an_axis_is_asymmetric_about_the_other_alone() -> None:
    drawn = draw_phantom(PhantomSpec(dent=0.5, dent_deg=0))
    found = measure_asymmetry(drawn.mask, to_lab(drawn.pixels))
    assert found.shape[0] < 0.02
    assert found.shape[1] > 0.05


@pytest.mark.parametrize("angle", [0, 20, 45, -70, 90])
def test_least_asymmetry_of_an_ellipse_is_about_its_own_axes(angle: float) -> None:
    least = measure_asymmetry(ellipse(angle), flat()).least
    assert least
    assert max(least.shape) < 0.02
    assert max(least.colour) < 1e-3
    off = (least.angle_deg - angle) % 90
    assert min(off, 90 - off) < 2


@pytest.mark.parametrize("angle", [0, 15, 30, 60, -40])
def test_axes_are_turned_to_where_colours_mirror(angle: float) -> None:
    """A disc has no principal axes of its own; one stripe through it mirrors about one pair alone."""
    disc = ellipse(a=60, b=60)
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    x, y = columns + 0.5 - SHAPE[1] / 2, rows + 0.5 - SHAPE[0] / 2
    across = y * math.cos(math.radians(angle)) - x * math.sin(math.radians(angle))
    lab = flat()
    lab[..., 0] = np.where(np.abs(across) < 15, 20, 70)
    least = measure_asymmetry(disc, lab).least
    assert least
    off = (least.angle_deg - angle) % 90
    assert min(off, 90 - off) < 8
    assert max(least.colour) < 0.1
    assert asymmetric_axes(least) == 0


def test_what_is_hidden_leaves_no_least_asymmetry_where_too_little_is_compared() -> None:
    disc = ellipse(a=60, b=60)
    rows, _ = np.ogrid[: SHAPE[0], : SHAPE[1]]
    assert measure_asymmetry(disc, flat(), hidden=disc & (rows % 2 == 0)).least
    assert measure_asymmetry(disc, flat(), hidden=disc).least is None


@few
@given(st.integers(0, 10_000))
def test_least_asymmetry_is_not_above_that_about_the_principal_axes(seed: int) -> None:
    mask, lab = random_lesion(seed)
    found = measure_asymmetry(mask, lab)
    assert found.least
    assert found.colour
    principal = LeastAsymmetry(0.0, found.shape, found.colour)
    # The search is made on cells, and the fold about the principal axes on finer samples.
    slack = 0.02
    assert asymmetric_axes(found.least) < 2 or sum(found.least.shape) + sum(found.least.colour) <= (
        sum(principal.shape) + sum(principal.colour) + slack
    )
    assert -90 <= found.least.angle_deg <= 90


def test_an_axis_is_asymmetric_in_contour_or_in_colour() -> None:
    for shape, colour, expected in (
        ((0.0, 0.0), (0.0, 0.0), 0),
        ((ASYMMETRIC_SHAPE, 0.0), (ASYMMETRIC_COLOUR, 0.0), 1),
        ((ASYMMETRIC_SHAPE, 0.0), (0.0, ASYMMETRIC_COLOUR), 2),
    ):
        assert asymmetric_axes(LeastAsymmetry(0.0, shape, colour)) == expected


def test_all_turns_in_one_are_those_of_pillow_one_by_one() -> None:
    planes = np.random.default_rng(0).random((5, COLOUR_CELLS, COLOUR_CELLS), np.float32)
    tried = _placements(planes)
    assert len(tried) == PLACEMENTS
    for step, turned in enumerate(tried):
        for plane, found in zip(planes, turned, strict=True):
            wanted = Image.fromarray(plane).rotate(90 * step / PLACEMENTS, Image.Resampling.BILINEAR)
            np.testing.assert_allclose(found, np.asarray(wanted), atol=1e-6)
