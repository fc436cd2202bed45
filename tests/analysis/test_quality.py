"""Each quality gate opens for a good photograph and closes for a deliberately spoilt one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from augderm.analysis.phantom import PhantomSpec, draw_phantom, phantom_series
from augderm.analysis.quality import GATES, check_quality, sharpness
from augderm.domain.assessment import Quality, QualityCheck
from support.images import textured

Pixels = NDArray[np.uint8]
ORDER = ("good", "poor", "unfit")


def judged(pixels: Pixels, short_side: int = 600, touches_frame: float | None = 0.0) -> Quality:
    return check_quality(pixels, short_side, touches_frame=touches_frame, notes=())


def check_of(quality: Quality, name: str) -> QualityCheck:
    return next(check for check in quality.checks if check.name == name)


def blurred(pixels: Pixels, radius: float) -> Pixels:
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def as_levels(values: NDArray[np.float64]) -> Pixels:
    levels: Pixels = np.clip(values, 0, 255).astype(np.uint8)
    return levels


def at_level(mean: float) -> Pixels:
    pixels = textured(0).astype(float)
    return as_levels(pixels * 0.2 + mean - pixels.mean() * 0.2)


def with_glare(share: float) -> Pixels:
    pixels = textured(0)
    pixels[: round(share * len(pixels))] = 255
    return pixels


def through_a_tube(share: float) -> Pixels:
    """Only a central disc of this share of the frame is lit."""
    pixels = textured(0)
    height, width = pixels.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(columns - width / 2, rows - height / 2)
    pixels[distance > np.sqrt(share * height * width / np.pi)] = 5
    return pixels


def of_colour(chroma: float) -> Pixels:
    pixels = textured(0).astype(float)
    grey = pixels.mean(axis=2, keepdims=True)
    return as_levels(grey + chroma * (pixels - grey))


SPOILT: dict[str, dict[str, Quality]] = {
    "sharpness": {
        "good": judged(textured(0)),
        "poor": judged(blurred(textured(0), 2.3)),
        "unfit": judged(blurred(textured(0), 6)),
    },
    "brightness": {
        "good": judged(at_level(150)),
        "poor": judged(at_level(55)),
        "unfit": judged(at_level(15)),
    },
    "overexposure": {
        "good": judged(at_level(180)),
        "poor": judged(at_level(235)),
        "unfit": judged(at_level(253)),
    },
    "glare": {"good": judged(textured(0)), "poor": judged(with_glare(0.1)), "unfit": judged(with_glare(0.5))},
    "field_of_view": {
        "good": judged(textured(0)),
        "poor": judged(through_a_tube(0.5)),
        "unfit": judged(through_a_tube(0.15)),
    },
    "resolution": {
        "good": judged(textured(0), 224),
        "poor": judged(textured(0), 150),
        "unfit": judged(textured(0), 100),
    },
    "colour": {"good": judged(textured(0)), "poor": judged(of_colour(0.0))},
    "lesion_in_frame": {
        "good": judged(textured(0), touches_frame=0.01),
        "poor": judged(textured(0), touches_frame=0.3),
    },
}


@pytest.mark.parametrize(("name", "verdict"), [(n, v) for n, verdicts in SPOILT.items() for v in verdicts])
def test_each_gate_gives_each_verdict(name: str, verdict: str) -> None:
    quality = SPOILT[name][verdict]
    check = check_of(quality, name)
    assert check.verdict == verdict, check
    assert check.sentence == getattr(GATES[name], verdict)
    assert ORDER.index(quality.verdict) >= ORDER.index(verdict)


def test_every_gate_is_tried_in_every_verdict_that_it_knows() -> None:
    assert set(SPOILT) == set(GATES)
    for name, gate in GATES.items():
        assert ("unfit" in SPOILT[name]) == (gate.unfit_at is not None)


@pytest.mark.parametrize("name", GATES)
def test_every_possible_verdict_has_a_sentence_and_the_thresholds_their_order(name: str) -> None:
    gate = GATES[name]
    assert gate.unit
    assert gate.good.endswith(".")
    assert gate.poor.endswith(".")
    if gate.unfit_at is None:
        assert gate.unfit == ""
    else:
        assert gate.unfit.endswith(".")
        assert (gate.poor_at > gate.unfit_at) == gate.higher_is_better
    assert len({gate.good, gate.poor, gate.unfit}) == 3


def test_the_sentence_of_an_unfit_image_names_a_remedy() -> None:
    for gate in GATES.values():
        if gate.unfit:
            assert any(word in gate.unfit for word in ("again", "closer", "original")), gate.unfit


def test_a_sharp_textured_image_is_good() -> None:
    for seed in range(5):
        assert judged(textured(seed)).verdict == "good"


@pytest.mark.parametrize("seed", range(5))
def test_a_sharp_small_image_is_still_readable(seed: int) -> None:
    quality = judged(textured(seed, 224, 224), 224)
    assert quality.verdict == "good"
    # A photograph that somebody reduced to 224 pixels is as sharp as such an image can be.
    large = Image.fromarray(textured(seed, 900, 900)).resize((224, 224), Image.Resampling.BILINEAR)
    assert judged(np.asarray(large), 224).verdict != "unfit"


def test_a_grey_image_is_poor_and_not_unfit() -> None:
    assert SPOILT["colour"]["poor"].verdict == "poor"


def test_the_worst_check_is_the_verdict() -> None:
    for verdicts in SPOILT.values():
        for quality in verdicts.values():
            worst = max(ORDER.index(check.verdict) for check in quality.checks)
            assert quality.verdict == ORDER[worst]


def test_phantoms_are_fit_to_be_read() -> None:
    for spec in phantom_series(8, seed=1):
        assert judged(draw_phantom(spec).pixels, 450).verdict != "unfit", spec
    plain = draw_phantom(PhantomSpec())
    assert judged(plain.pixels, 450).verdict == "good"


def test_a_lesion_that_was_not_found_cannot_be_judged() -> None:
    check = check_of(judged(textured(0), touches_frame=None), "lesion_in_frame")
    assert check.value is None
    assert check.verdict == "good"
    assert "could not be determined" in check.sentence


def test_sharpness_of_an_image_without_detail_cannot_be_judged() -> None:
    check = check_of(judged(np.full((60, 80, 3), 120, np.uint8)), "sharpness")
    assert check.value is None
    assert "could not be determined" in check.sentence


def test_notes_are_handed_through() -> None:
    assert check_quality(textured(0), 600, touches_frame=None, notes=("a", "b")).notes == ("a", "b")


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_sharpness_falls_with_blur_for_any_seed(seed: int) -> None:
    pixels = textured(seed)
    found = [sharpness(pixels.mean(axis=2, dtype=np.float32))]
    found += [sharpness(blurred(pixels, r).mean(axis=2, dtype=np.float32)) for r in (0.7, 1.5, 3, 5)]
    assert all(later < earlier for earlier, later in itertools.pairwise(found))
    assert 0.85 < found[0] < 1.1  # each octave has the same contrast


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.2, 4), st.floats(-50, 50))
def test_sharpness_does_not_depend_on_contrast_or_brightness(seed: int, gain: float, shift: float) -> None:
    level = textured(seed, 200, 150).mean(axis=2, dtype=np.float32)
    moved = (gain * level + shift).astype(np.float32)
    assert sharpness(moved) == pytest.approx(sharpness(level), rel=0.01)


def test_quality_is_measured_alike_at_any_size_of_photograph() -> None:
    large = textured(3, 800, 600)
    small = np.asarray(Image.fromarray(large).resize((400, 300), Image.Resampling.BILINEAR))
    for one, other in zip(judged(large).checks, judged(small).checks, strict=True):
        assert one.value == pytest.approx(other.value, rel=0.02, abs=1e-4)


@settings(max_examples=80)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3))))
def test_any_pixels_get_a_verdict_and_sentences(pixels: Pixels) -> None:
    quality = judged(pixels)
    assert quality.verdict in ORDER
    assert [check.name for check in quality.checks] == list(GATES)
    for check in quality.checks:
        assert check.sentence
        assert check.value is None or np.isfinite(check.value)


@pytest.mark.parametrize("sigma", [8, 12])
def test_the_lens_s_edge_does_not_make_a_blurred_image_sharp(sigma: float) -> None:
    spec = PhantomSpec(dark_corners=True)
    light = draw_phantom(replace(spec, colours=(("white", 1.0),), noise=0)).pixels.max(axis=2) / 255
    corners = light < 0.15
    plain = Image.fromarray(draw_phantom(replace(spec, dark_corners=False)).pixels)
    blurred = np.asarray(plain.filter(ImageFilter.GaussianBlur(sigma))).copy()
    blurred[corners] = 0
    quality = check_quality(blurred, 450, touches_frame=0.0, notes=())
    assert {check.name: check.verdict for check in quality.checks}["sharpness"] == "unfit"


def test_a_sharp_image_with_dark_corners_stays_sharp() -> None:
    pixels = draw_phantom(PhantomSpec(dark_corners=True, hairs=8)).pixels
    quality = check_quality(pixels, 450, touches_frame=0.0, notes=())
    assert {check.name: check.verdict for check in quality.checks}["sharpness"] == "good"
